"""The judge: our attempts against the carrier's log."""

from __future__ import annotations

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.lab.fates import Fate
from dialerd.lab.judge import AGREES, busiest_second, judge, mean_pace, steady_pace
from harness.ledgers import attempt, call


def test_an_attempt_that_ended_as_the_carrier_ended_it_is_agreed_on():
    judgement = judge([attempt(1, Disposition.BUSY)], [call(1, Fate.BUSY)])
    assert (judgement.disagreements, judgement.strangers, judgement.double_dialed) == ((), (), ())


@pytest.mark.parametrize("fate", Fate)
def test_every_fate_agrees_with_its_own_dispositions_and_with_no_other(fate):
    agreed = {end for end in Disposition if not judge([attempt(1, end)], [call(1, fate)]).disagreements}
    assert agreed == AGREES[fate]
    assert agreed
    assert Disposition.UNKNOWN not in agreed


@pytest.mark.parametrize("calls", [[], [call(1, Fate.ANSWERED)]], ids=["no call", "a call"])
def test_unknown_is_accepted_of_the_attempts_that_were_open_at_a_kill_and_of_no_other(calls):
    made = attempt(1, Disposition.UNKNOWN)
    [fault] = judge([made], calls).disagreements
    assert "written down as unknown" in fault
    assert judge([made], calls, may_be_unknown={"another"}).disagreements
    assert judge([made], calls, may_be_unknown={made.attempt_id}).disagreements == ()


@pytest.mark.parametrize("end", Disposition)
def test_without_a_call_only_what_says_so_is_believed(end):
    believed = judge([attempt(1, end)], []).disagreements == ()
    assert believed == (end in {Disposition.CANCELLED, Disposition.FAILED})


def test_an_attempt_that_has_not_ended_is_a_disagreement():
    [fault] = judge([attempt(1, None, state=AttemptState.RINGING)], [call(1, Fate.BUSY)]).disagreements
    assert "has not ended, it is ringing" in fault


def test_a_second_call_of_one_attempt_is_dialed_twice():
    judgement = judge([attempt(1, Disposition.BUSY)], [call(1, Fate.BUSY), call(1, Fate.BUSY, after=2)])
    assert "dialed 2 times" in judgement.disagreements[0]
    assert judgement.double_dialed == (attempt(1, None).phone,)


def test_a_call_that_is_no_attempt_of_ours_is_a_stranger():
    judgement = judge([attempt(1, Disposition.BUSY)], [call(1, Fate.BUSY), call(2, Fate.BUSY)])
    assert [stranger.number for stranger in judgement.strangers] == [call(2, Fate.BUSY).number]
    assert "no attempt of ours" in judgement.disagreements[0]
    assert judgement.double_dialed == (call(2, Fate.BUSY).number,)


def test_each_call_is_given_to_the_attempt_that_was_under_way():
    tries = [attempt(1, Disposition.BUSY), attempt(1, Disposition.NO_ANSWER, number=2, after=10)]
    calls = [call(1, Fate.BUSY), call(1, Fate.NO_ANSWER, after=10)]
    assert judge(tries, calls).disagreements == ()
    assert len(judge(tries, calls[::-1][:1]).disagreements) == 1


def test_a_claim_that_was_not_sent_is_no_attempt_to_the_judge():
    assert judge([attempt(1, None, state=AttemptState.CLAIMED, sent=False)], []).pairs == ()


def test_the_busiest_second_is_a_half_open_window():
    assert busiest_second([]) == 0
    assert busiest_second([0.0, 0.5, 1.0]) == 2
    assert busiest_second([3.2, 0.0, 0.999, 3.1, 3.0]) == 3


def test_the_mean_pace_counts_intervals_and_the_steady_one_leaves_pauses_out():
    even = [number / 10 for number in range(11)]
    assert mean_pace(even) == pytest.approx(10)
    paused = even + [10 + time for time in even]
    assert mean_pace(paused) == pytest.approx(21 / 11)
    assert steady_pace(paused) == pytest.approx(10)
    assert steady_pace([1.0]) == steady_pace([]) == mean_pace([1.0]) == 0
