"""The CSV file that people start from."""

from __future__ import annotations

EXAMPLE = """\
phone_number,first_name,last_name
+14155551234,John,Doe
+14155555678,Jane,Smith
+14155559001,Robert,Johnson
"""
"""Headers, sample rows, numbers in E.164."""
