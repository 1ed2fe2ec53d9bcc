"""A whole dialer on a real Asterisk, to be started, broken, looked at and judged."""
