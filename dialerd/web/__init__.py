"""The HTTP API and the console. Needs the extra `web`."""
