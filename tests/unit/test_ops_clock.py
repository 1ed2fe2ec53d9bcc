"""The clock: instants in UTC, and seconds that go on while the machine is suspended."""

import time
from datetime import UTC, timedelta

from dialerd.ops.clock import SystemClock


def test_the_seconds_go_on_while_the_machine_is_suspended():
    # Linux stops one of the two then; a machine that was never suspended shows the same on both.
    shown = {time.CLOCK_MONOTONIC: 1000.0, time.CLOCK_BOOTTIME: 4600.0}
    assert SystemClock(lambda clock: shown[clock]).monotonic() == 4600.0


def test_seconds_never_run_backwards_and_instants_are_utc():
    clock = SystemClock()
    first, second = clock.monotonic(), clock.monotonic()
    assert first <= second
    assert clock.now().utcoffset() == timedelta()
    assert clock.now().tzinfo is UTC
