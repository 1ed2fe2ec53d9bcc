from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.breaker import (
    PATIENCE,
    Breaker,
    Leave,
    Limits,
    Phase,
    Word,
    begin_probe,
    carries,
    convicted,
    describe,
    ended,
    leave,
    next_leave,
    probe_unsent,
    rang,
    retry,
)
from dialerd.domain.signs import FAULTS, Sign

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
LIMITS = Limits(faults=3, window=10, share=0.6, wait=timedelta(seconds=5), longest_wait=timedelta(seconds=60))
SECOND = timedelta(seconds=1)


class Trunk:
    """A breaker and the calls it lives through."""

    def __init__(self) -> None:
        self.breaker = Breaker()
        self.now = NOW
        self.ids = map(str, count(1))
        self.convicts: list[str] = []

    def call(self, sign: Sign, *, rings: bool = False, attempt: str | None = None) -> str:
        attempt = attempt or next(self.ids)
        word = Word(attempt, sign, f"said {sign}")
        before = rang(self.breaker, attempt) if rings else self.breaker
        self.breaker = ended(before, LIMITS, word, self.now, rang=rings)
        self.convicts += convicted(before, self.breaker, word)
        return attempt

    def calls(self, *signs: Sign) -> list[str]:
        return [self.call(sign) for sign in signs]

    def probe(self, sign: Sign | None, *, rings: bool = False) -> str:
        assert leave(self.breaker, self.now) is Leave.ONE
        attempt = next(self.ids)
        self.breaker = begin_probe(self.breaker, attempt, self.now)
        if sign is not None:
            self.call(sign, rings=rings, attempt=attempt)
        return attempt

    def wait_for_probe(self) -> timedelta:
        waited = next_leave(self.breaker) - self.now
        self.now += waited
        return waited


@pytest.fixture
def trunk():
    return Trunk()


@pytest.mark.parametrize("sign", sorted(FAULTS))
def test_as_many_faults_in_a_row_as_are_allowed_open_it_and_say_why(trunk, sign):
    trunk.calls(sign, sign)
    assert leave(trunk.breaker, NOW) is Leave.ALL
    trunk.call(sign)
    assert leave(trunk.breaker, NOW) is Leave.NONE
    assert trunk.breaker.blame is sign
    assert trunk.breaker.reason == f"said {sign}: 3 calls in a row failed"


def test_one_call_that_got_through_begins_the_count_again(trunk):
    trunk.calls(Sign.TROUBLE, Sign.TROUBLE, Sign.WORKS, Sign.TROUBLE, Sign.TROUBLE)
    assert trunk.breaker.phase is Phase.CLOSED


def test_a_call_that_rings_begins_the_count_again_at_once(trunk):
    trunk.calls(Sign.TROUBLE, Sign.TROUBLE)
    trunk.breaker = rang(trunk.breaker, "9")
    trunk.call(Sign.TROUBLE)
    assert trunk.breaker.phase is Phase.CLOSED


def test_long_calls_that_end_meanwhile_do_not_hide_that_new_ones_fail(trunk):
    trunk.call(Sign.TROUBLE)
    trunk.breaker = ended(trunk.breaker, LIMITS, Word("old", Sign.WORKS), NOW, rang=True)
    trunk.call(Sign.TROUBLE)
    trunk.breaker = ended(trunk.breaker, LIMITS, Word("older", Sign.WORKS), NOW, rang=True)
    trunk.call(Sign.TROUBLE)
    assert trunk.breaker.phase is Phase.OPEN


def test_a_trunk_of_which_most_calls_fail_is_opened_without_a_row(trunk):
    pattern = (Sign.TROUBLE, Sign.TROUBLE, Sign.WORKS)
    trunk.calls(*pattern * 3)
    assert trunk.breaker.phase is Phase.CLOSED
    trunk.calls(Sign.TROUBLE)
    assert trunk.breaker.phase is Phase.OPEN


def test_numbers_that_do_not_exist_open_it_only_when_almost_all_are_said_not_to(trunk):
    trunk.calls(*[Sign.INVALID] * 6)
    assert trunk.breaker.phase is Phase.CLOSED
    trunk.call(Sign.INVALID)
    assert (trunk.breaker.phase, trunk.breaker.blame) == (Phase.OPEN, Sign.INVALID)
    assert trunk.breaker.reason == "said invalid: 7 of the last 7 calls were told that there is no such number"


@given(st.lists(st.sampled_from([Sign.INVALID, Sign.WORKS]), max_size=200))
def test_a_list_with_fewer_bad_numbers_than_the_share_never_opens_it(signs):
    trunk = Trunk()
    for place, sign in enumerate(signs):
        trunk.call(Sign.WORKS if place % 5 in (0, 2) else sign)
    assert trunk.breaker.phase is Phase.CLOSED


def test_after_the_wait_one_call_probes_and_the_others_wait_for_it(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    assert trunk.wait_for_probe() == LIMITS.wait
    probe = trunk.probe(None)
    assert leave(trunk.breaker, trunk.now) is Leave.NONE
    assert carries(trunk.breaker, probe)
    assert not carries(trunk.breaker, "another")


def test_a_probe_that_gets_through_closes_it(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    trunk.wait_for_probe()
    trunk.probe(Sign.WORKS)
    assert trunk.breaker == Breaker()


def test_a_probe_that_rings_closes_it_before_its_end(trunk):
    trunk.calls(*[Sign.INVALID] * 7)
    trunk.wait_for_probe()
    probe = trunk.probe(None)
    trunk.breaker = rang(trunk.breaker, probe)
    assert trunk.breaker == Breaker()


def test_probes_that_fail_come_at_doubled_waits_up_to_the_longest(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    waits = []
    for _ in range(7):
        waits.append(trunk.wait_for_probe().total_seconds())
        trunk.probe(Sign.TROUBLE)
    assert waits == [5, 10, 20, 40, 60, 60, 60]


def test_what_earlier_calls_still_say_does_not_decide_while_it_is_open_or_probing(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    opened = trunk.breaker
    trunk.calls(Sign.WORKS, Sign.TROUBLE)
    trunk.breaker = rang(trunk.breaker, "late")
    assert trunk.breaker == opened
    trunk.wait_for_probe()
    trunk.probe(None)
    probing = trunk.breaker
    trunk.calls(Sign.WORKS, Sign.TROUBLE)
    assert trunk.breaker == probing


def test_a_probe_that_never_left_is_followed_by_another_at_once(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    trunk.wait_for_probe()
    probe = trunk.probe(None)
    trunk.breaker = probe_unsent(trunk.breaker, "another", trunk.now)
    assert leave(trunk.breaker, trunk.now) is Leave.NONE
    trunk.breaker = probe_unsent(trunk.breaker, probe, trunk.now)
    assert leave(trunk.breaker, trunk.now) is Leave.ONE


def test_a_probe_of_which_nothing_is_heard_is_given_up(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    trunk.wait_for_probe()
    trunk.probe(None)
    assert leave(trunk.breaker, trunk.now + PATIENCE - SECOND) is Leave.NONE
    assert leave(trunk.breaker, trunk.now + PATIENCE) is Leave.ONE


def test_a_wrong_configuration_stops_it_and_it_is_tried_seldom(trunk):
    trunk.calls(*[Sign.MISCONFIGURED] * 3)
    assert trunk.breaker.phase is Phase.STOPPED
    assert trunk.wait_for_probe() == LIMITS.longest_wait
    trunk.probe(Sign.MISCONFIGURED)
    assert trunk.wait_for_probe() == LIMITS.longest_wait


def test_an_endpoint_without_a_contact_stops_it_and_is_tried_soon_since_no_call_leaves(trunk):
    trunk.calls(*[Sign.NO_CHANNEL] * 3)
    assert trunk.breaker.phase is Phase.STOPPED
    assert trunk.wait_for_probe() == LIMITS.wait


def test_one_probe_that_is_not_acceptable_does_not_stop_a_trunk_in_trouble_and_two_do_not_either(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    trunk.wait_for_probe()
    trunk.probe(Sign.MISCONFIGURED)
    assert trunk.breaker.phase is Phase.OPEN


def test_a_trunk_that_was_put_right_is_tried_at_once(trunk):
    trunk.calls(*[Sign.MISCONFIGURED] * 3)
    trunk.breaker = retry(trunk.breaker, trunk.now)
    assert leave(trunk.breaker, trunk.now) is Leave.ONE


@pytest.mark.parametrize(("sign", "times"), [(Sign.INVALID, 7), (Sign.SILENT, 3)])
def test_what_opened_it_was_not_the_numbers_fault(trunk, sign, times):
    calls = trunk.calls(Sign.WORKS, *[sign] * times)
    assert trunk.convicts == calls[1:]
    late = trunk.call(sign)
    trunk.call(Sign.WORKS)
    assert trunk.convicts == [*calls[1:], late]


def test_failures_that_are_held_against_nobody_need_not_be_put_right(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    assert trunk.convicts == []


def test_a_probe_that_meets_silence_is_not_its_numbers_fault_either(trunk):
    trunk.calls(*[Sign.TROUBLE] * 3)
    trunk.wait_for_probe()
    assert trunk.probe(Sign.SILENT) == trunk.convicts[0]


def test_people_read_the_reason_and_the_next_try(trunk):
    assert describe(trunk.breaker, "carrier") == ""
    trunk.calls(*[Sign.TROUBLE] * 3)
    said = describe(trunk.breaker, "carrier")
    assert said == ("trunk carrier is open: said trouble: 3 calls in a row failed; next try 2026-03-02 15:30:05 UTC")
    trunk.wait_for_probe()
    trunk.probe(None)
    assert describe(trunk.breaker, "carrier").startswith("trunk carrier failed and is being tried with one call")
