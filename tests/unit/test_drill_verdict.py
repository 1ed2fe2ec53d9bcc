"""The judge of the drills: each thing that must not happen is seen when it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.lab.carrier_log import CarrierCall
from dialerd.store.records import AttemptRecord
from drill.hours import Opening
from drill.verdict import Broken, Era, Terms, at_true_time, figures, sent_outside

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
TERMS = Terms(pace=2)
NOBODY = CarrierCall(0.0, "", "", "busy", None, None, "")


def attempt(turn: int = 0, **changes) -> AttemptRecord:
    """One that was sent `turn` seconds after the start and ended as BUSY a second later."""
    at = START + timedelta(seconds=turn)
    names = dict.fromkeys(AttemptRecord.__dataclass_fields__)
    made = AttemptRecord(**{**names, "place": None, "rules": "", "lead_zone": None})
    return replace(
        made,
        attempt_id=f"attempt-{turn:04d}",
        campaign="calls",
        phone=f"+1202555{turn:04d}",
        number=1,
        state=AttemptState.ENDED,
        disposition=Disposition.BUSY,
        claimed_at=at,
        sending_at=at,
        ended_at=at + timedelta(seconds=1),
        detail="",
        **changes,
    )


def call(turn: int = 0, late: float = 0.1, fate: str = "busy") -> CarrierCall:
    """What the carrier saw of it."""
    time = START.timestamp() + turn + late
    return replace(NOBODY, time=time, number=f"+1202555{turn:04d}", sip_call_id=f"{turn}-{late}", fate=fate, ended=time)


def judged(attempts, calls, broken=(), terms=TERMS, outside=(), stuck=()):
    return figures(attempts, calls, broken, terms, outside=outside, stuck=stuck, cycles=1, recovery_seconds=1.0)


def test_a_call_for_each_attempt_is_good():
    found = judged([attempt(0), attempt(5)], [call(0), call(5)])
    assert (found.calls, found.good, found.faults) == (2, True, ())


def test_two_calls_of_one_attempt_are_a_person_dialed_twice():
    found = judged([attempt()], [call(), call(late=0.6)])
    assert (found.double_dialed, found.good) == (1, False)


def test_a_call_before_its_attempt_was_committed_is_one_too_many():
    assert judged([attempt()], [call(late=-1.0)]).double_dialed == 1


def test_a_disposition_that_is_not_what_the_carrier_did_is_lost():
    found = judged([attempt()], [call(fate="answered")])
    assert (found.lost_dispositions, found.good) == (1, False)


def test_unknown_is_lost_unless_something_was_broken_under_the_call():
    unknown = replace(attempt(), disposition=Disposition.UNKNOWN)
    at = START.timestamp()
    assert judged([unknown], [call()]).lost_dispositions == 1
    assert judged([unknown], [call()], [Broken(at + 30, at + 31)]).lost_dispositions == 1
    assert judged([unknown], [call()], [Broken(at + 0.5, at + 3)]).good
    assert judged([unknown], [call()], [Broken(at + 0.5, at + 3)], Terms(2, unknown=False)).lost_dispositions == 1


def test_where_only_what_was_not_made_may_be_unknown_a_call_that_was_is_lost():
    unknown, terms = replace(attempt(), disposition=Disposition.UNKNOWN), Terms(2, unknown=False, unmade=True)
    at = START.timestamp()
    assert judged([unknown], [call()], [Broken(at - 1, at + 3)], terms).lost_dispositions == 1
    assert judged([unknown], [], [Broken(at - 1, at + 3)], terms).lost_dispositions == 0


def test_more_calls_in_a_second_than_the_pace_are_counted():
    turns = [attempt(turn) for turn in range(4)]
    close = [replace(call(turn), time=START.timestamp() + 4 + turn / 10) for turn in range(4)]
    found = judged(turns, close)
    assert (found.over_pace, found.good) == (2, False)


def test_what_waits_for_nothing_and_what_is_called_outside_its_hours_is_no_good():
    assert judged([attempt()], [call()], stuck=["a lead"]).stuck_leads == 1
    assert judged([attempt()], [call()], outside={"attempt-0000"}).outside_hours == 1


def test_nothing_dialed_and_no_recovery_are_no_good():
    assert not judged([], []).good
    late = figures([attempt()], [call()], (), TERMS, outside=(), stuck=(), cycles=1, recovery_seconds=None)
    assert not late.good


def test_hours_are_read_on_the_clocks_of_their_zone_on_the_day_they_change():
    opening = Opening(["daily 00:30-02:00", "daily 03:01-04:00"], "America/New_York")
    edge = datetime(2028, 3, 12, 7, 0, tzinfo=UTC)
    sent = {"before": -1, "at": 0, "within": 59, "after": 60}
    made = [
        replace(attempt(turn), attempt_id=name, sending_at=edge + timedelta(seconds=seconds))
        for turn, (name, seconds) in enumerate(sent.items())
    ]
    assert sent_outside(made, {"calls": opening}) == {"at", "within"}


def test_attempts_of_a_clock_that_was_set_are_judged_at_the_carriers_time():
    at = START.timestamp()
    eras = [Era(at - 60, at, 0.0), Era(at, at + 60, 7200.0), Era(at + 60, float("inf"), 0.0)]
    ahead = replace(attempt(), claimed_at=START + timedelta(hours=2), sending_at=START + timedelta(hours=2))
    found = at_true_time([ahead, attempt(90)], eras, at)
    assert [one.sending_at for one in found] == [START, START + timedelta(seconds=90)]
    assert judged(found, [call(0), call(90)]).double_dialed == 0
