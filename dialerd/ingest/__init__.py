"""Files to list versions: read, map, validate, load, account for every row."""
