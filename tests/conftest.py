"""Fixtures for every test are in harness/fixtures.py and harness/databases.py."""

import signal

from hypothesis import HealthCheck, settings

from harness.program import Program

pytest_plugins = ["harness.fixtures", "harness.databases"]

# No example database: nothing is left behind. No deadline: the machine may be busy with other tests.
settings.register_profile("dialerd", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dialerd")

# Who starts the tests in the background has them ignore these, and so would every program that they start and signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

Program.preforked = True
