"""Files over HTTP: previewed, tried, imported, undone, and given back."""
