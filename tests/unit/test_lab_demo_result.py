"""When the demo has passed, and that each thing that can be wrong makes it fail."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from rich.console import Console

from dialerd.domain.dispositions import Disposition
from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.demo.result import Course, show, summary
from dialerd.lab.fates import Fate
from dialerd.store.attempts import AttemptRecord
from harness.ledgers import attempt, call

KEYS = {
    "asterisk_version",
    "rows",
    "imported",
    "duplicates",
    "rejected",
    "attempts",
    "carrier_calls",
    "disagreements",
    "double_dialed",
    "dispositions",
    "kills",
    "pace_target",
    "pace_max_in_any_second",
    "seconds",
}
"""What programs may rely on."""

KILLED_UNDER = attempt(3, Disposition.UNKNOWN, after=0.1).attempt_id
COURSE = Course(kills=1, open_at_kills=frozenset({KILLED_UNDER}), pace_target=20.0, seconds=25.04, completed=True)


@dataclass
class Demo:
    """A demo of three leads: one is answered, one does not answer three times, under one the engine is killed."""

    attempts: list[AttemptRecord] = field(
        default_factory=lambda: [
            attempt(1, Disposition.ANSWERED),
            attempt(2, Disposition.NO_ANSWER, after=0.05),
            attempt(3, Disposition.UNKNOWN, after=0.1),
            attempt(2, Disposition.NO_ANSWER, number=2, after=10),
            attempt(2, Disposition.NO_ANSWER, number=3, after=20),
        ]
    )
    calls: list[CarrierCall] = field(
        default_factory=lambda: [
            call(1, Fate.ANSWERED),
            call(2, Fate.NO_ANSWER, after=0.05),
            call(2, Fate.NO_ANSWER, after=10),
            call(2, Fate.NO_ANSWER, after=20),
        ]
    )
    rows: dict[str, int] = field(default_factory=lambda: {"rows": 5, "imported": 3, "duplicate": 1, "rejected": 1})
    course: Course = COURSE

    def found(self):
        return summary("22.1.0", self.rows, self.attempts, self.calls, self.course)

    def faults(self):
        return self.found()["faults"]


@pytest.fixture
def demo():
    return Demo()


def test_a_demo_on_which_both_agree_has_no_fault_and_says_what_it_counted(demo):
    found = demo.found()
    assert found["faults"] == []
    assert found.keys() >= KEYS
    assert found | {"attempts": 5, "carrier_calls": 4, "without_a_call": 1, "kills": 1, "seconds": 25.0} == found
    assert found["dispositions"] == {"answered": 1, "no_answer": 3, "unknown": 1}
    assert found["attempts_by_lead"] == {"1": 2, "3": 1}
    assert (found["pace_mean"], found["pace_max_in_any_second"]) == (20.0, 2)


def test_without_a_kill_it_fails(demo):
    demo.course = replace(demo.course, kills=0)
    assert demo.faults() == ["the engine was not killed"]


def test_without_a_second_round_of_recycling_it_fails(demo):
    del demo.attempts[-1], demo.calls[-1]
    assert demo.faults() == ["no lead came back 2 times: the most attempts of one lead are 2"]


def test_with_everything_unknown_it_fails_although_the_carrier_saw_each_call(demo):
    demo.attempts = [replace(made, disposition=Disposition.UNKNOWN) for made in demo.attempts]
    assert demo.faults() == [
        "4 attempts were not what the carrier saw",
        "5 attempts are unknown, and 1 were open when the engine was killed",
    ]


def test_with_an_unknown_attempt_that_was_not_open_at_the_kill_it_fails(demo):
    demo.course = replace(demo.course, open_at_kills=frozenset({demo.attempts[0].attempt_id}))
    assert demo.faults() == ["1 attempts were not what the carrier saw"]


def test_with_an_attempt_that_ended_otherwise_it_fails(demo):
    demo.attempts[0] = replace(demo.attempts[0], disposition=Disposition.BUSY)
    assert demo.faults() == ["1 attempts were not what the carrier saw"]


def test_with_a_number_dialed_twice_it_fails(demo):
    demo.calls.append(call(1, Fate.ANSWERED, after=3))
    assert "1 numbers were dialed twice" in demo.faults()


def test_with_a_call_that_nobody_attempted_it_fails(demo):
    demo.calls.append(call(9, Fate.ANSWERED))
    assert "5 attempts and 5 calls of the carrier do not pair" in demo.faults()


def test_with_an_attempt_that_reached_no_carrier_it_fails_whatever_it_is_called(demo):
    del demo.calls[0]
    demo.attempts[0] = replace(demo.attempts[0], disposition=Disposition.FAILED)
    assert demo.faults() == ["2 attempts reached no carrier, and 1 are unknown"]


def test_what_was_cancelled_before_it_left_needs_no_call_and_is_no_attempt(demo):
    demo.attempts.insert(0, attempt(1, Disposition.CANCELLED, number=0, after=-1))
    assert demo.faults() == []
    assert (demo.found()["attempts"], demo.found()["cancelled"]) == (5, 1)


def test_with_a_lead_that_was_never_dialed_it_fails(demo):
    demo.rows |= {"rows": 6, "imported": 4}
    assert demo.faults() == ["3 of 4 leads were dialed"]


def test_with_rows_unaccounted_for_it_fails(demo):
    demo.rows["rows"] = 6
    assert demo.faults() == ["the rows of the file are not all accounted for"]


def test_when_it_was_not_over_in_time_it_fails(demo):
    demo.course = replace(demo.course, completed=False)
    assert demo.faults() == ["the campaign did not come to its end in time"]


def test_when_nothing_was_dialed_it_fails():
    empty = Demo([], [], {"rows": 0, "imported": 0, "duplicate": 0, "rejected": 0})
    assert "0 of 0 leads were dialed" in empty.faults()


def test_the_report_shows_the_pace_beside_its_target_and_each_fault(demo):
    demo.course = replace(demo.course, kills=0)
    console = Console(record=True, width=200)
    show(console, demo.found())
    text = console.export_text()
    assert "20.0 calls a second in the first round, target 20; 2 in the busiest second" in text
    assert "5 attempts against 4 calls in the carrier's log: 0 disagreements, 0 numbers dialed twice" in text
    assert "the engine was not killed" in text
