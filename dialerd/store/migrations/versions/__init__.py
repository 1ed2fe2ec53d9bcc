"""One file per step of the schema, oldest first. A released one is never edited."""
