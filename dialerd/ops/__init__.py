"""Logging, metrics, systemd."""
