"""Fixtures for every test are in harness/fixtures.py and harness/databases.py."""

pytest_plugins = ["harness.fixtures", "harness.databases"]
