"""The clock: instants in UTC, and seconds that go on while the machine is suspended."""

import time
from datetime import UTC, datetime, timedelta

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


def test_a_clock_that_is_told_so_is_ahead_by_what_its_file_says_at_that_moment(tmp_path, monkeypatch):
    file = tmp_path / "ahead"
    file.write_text("7200")
    monkeypatch.setenv("DIALERD_CLOCK_AHEAD", str(file))
    clock = SystemClock.from_environment()
    assert timedelta(hours=1, minutes=59) < clock.now() - datetime.now(UTC) <= timedelta(hours=2)
    file.write_text("-0.5")
    assert clock.now() < datetime.now(UTC)


def test_without_being_told_the_clock_is_the_machines(monkeypatch):
    monkeypatch.delenv("DIALERD_CLOCK_AHEAD", raising=False)
    before = datetime.now(UTC)
    assert before <= SystemClock.from_environment().now() <= datetime.now(UTC)
