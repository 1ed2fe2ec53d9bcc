"""Fixtures for every test are in harness/fixtures.py and harness/databases.py."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["harness.fixtures", "harness.databases"]

# No example database: nothing is left behind. No deadline: the machine may be busy with other tests.
settings.register_profile("dialerd", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dialerd")
