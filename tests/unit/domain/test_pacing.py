from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.pacing import (
    CATCH_UP,
    JITTER,
    LEAST_AHEAD,
    MOST_AHEAD,
    MOST_JITTER,
    SPREAD,
    WAKING,
    Gcra,
    Pace,
    after,
    claim_size,
    commit_ahead,
    earliest,
    interval,
    left,
    next_send,
)

# What a send may be late without any that follows being late.
LATENESS = SPREAD - MOST_JITTER

paces = st.sampled_from([0.1, 0.5, 0.99, 1, 1.5, 2.5, 3, 7, 20, 50, 199, 1000]) | st.floats(0.05, 1000)
# How late the sender wakes up: on time, a little late as an event loop is, stopped for a while, idle for long.
lateness = st.sampled_from([0.0, LATENESS / 2, LATENESS, 0.0061, 0.03, CATCH_UP, 0.999, 1.0, 5.0]) | st.floats(0, 2)
# How long calls take to the carrier's eyes; the difference between two of them stays below JITTER.
delays = st.floats(0, JITTER * 0.999)


def sends(pace: Pace, late: list[float], begin: float) -> list[float]:
    state, sent, now = Gcra(), [], begin
    for seconds in late:
        now = max(now, earliest(state)) + seconds
        sent.append(now)
        state = after(pace, state, now)
    return sent


@given(paces, st.lists(st.tuples(lateness, delays), min_size=2, max_size=300), st.floats(0, 1e6))
def test_no_second_that_the_carrier_sees_holds_more_calls_than_the_pace(rate, pattern, begin):
    sent = sends(Pace(rate), [late for late, _ in pattern], begin)
    seen = sorted(at + delay for at, (_, delay) in zip(sent, pattern, strict=True))
    cap = math.ceil(rate)
    for first, one_too_many in zip(seen, seen[cap:], strict=False):
        assert one_too_many - first >= 1


@given(paces, st.lists(st.tuples(lateness, st.floats(0, 0.9)), min_size=2, max_size=300))
def test_calls_that_leave_late_are_counted_from_when_they_left_as_soon_as_that_is_known(rate, pattern):
    pace, state, now, departed = Pace(rate), Gcra(), 0.0, []
    under_way: list[tuple[float, float]] = []
    for late, taken in pattern:
        now = max(now, earliest(state)) + late
        while (known := sorted((at, sent) for sent, at in under_way if at <= now)) or now < earliest(state):
            for at, sent in known:
                under_way.remove((sent, at))
                state = left(pace, state, sent, at)
            now = max(now, earliest(state))
        departed.append(now + taken)
        under_way.append((now, now + taken))
        state = after(pace, state, now)
    departed.sort()
    cap = math.ceil(rate)
    for first, one_too_many in zip(departed, departed[cap:], strict=False):
        assert one_too_many - first >= 1


def test_a_call_that_leaves_after_those_sent_behind_it_is_counted_as_the_later_one():
    pace, state = Pace(2), Gcra()
    for at in (0.0, 0.6):
        state = after(pace, state, at)
    state = left(pace, state, 0.0, 0.9)
    assert state.recent == (0.6, 0.9)
    assert earliest(state) >= 1.6


def test_a_departure_that_is_no_news_changes_nothing():
    pace = Pace(2)
    state = after(pace, Gcra(), 1.0)
    assert left(pace, state, 1.0, 1.0) is state
    assert left(pace, state, 0.5, 2.0) is state
    assert left(pace, Gcra(), 0.5, 2.0) == Gcra()


@given(st.floats(0.05, 1, exclude_max=True), st.lists(st.tuples(lateness, delays), min_size=2, max_size=50))
def test_calls_rarer_than_one_a_second_keep_their_distance(rate, pattern):
    sent = sends(Pace(rate), [late for late, _ in pattern], 0.0)
    seen = [at + delay for at, (_, delay) in zip(sent, pattern, strict=True)]
    for first, second in itertools.pairwise(seen):
        assert second - first >= 1 / rate - 1e-9


@given(paces, st.lists(st.floats(0, LATENESS), min_size=1, max_size=20))
def test_the_mean_stays_within_one_percent_although_every_send_is_a_little_late(rate, late):
    pace, calls, last = Pace(rate), 300, 0.0
    state = first = after(pace, Gcra(), last)
    for number in range(calls):
        last = max(last, earliest(state) + late[number % len(late)])
        state = after(pace, state, last)
    mean = calls / (earliest(state) - earliest(first))
    assert 0.99 * rate <= mean <= rate


@given(paces)
def test_sends_on_time_are_evenly_spread(rate):
    sent = sends(Pace(rate), [0.0] * 20, 0.0)
    for first, second in itertools.pairwise(sent):
        assert second - first == pytest.approx(interval(Pace(rate)))


def test_a_pause_is_made_up_for_and_an_idle_time_is_not():
    sent = sends(Pace(50), [0.0, CATCH_UP * 0.9, *[0.0] * 98], 0.0)
    assert sent[99] == pytest.approx(99 * interval(Pace(50)))
    sent = sends(Pace(50), [0.0, CATCH_UP * 1.1, *[0.0] * 98], 0.0)
    assert sent[99] == pytest.approx(99 * interval(Pace(50)) + CATCH_UP * 1.1)


def test_what_is_made_up_for_leaves_at_twice_the_pace_and_not_in_a_row():
    sent = sends(Pace(20), [0.0, CATCH_UP, *[0.0] * 18], 0.0)
    gaps = [second - first for first, second in itertools.pairwise(sent[1:])]
    assert min(gaps) == pytest.approx(interval(Pace(20)) / 2 - WAKING)
    assert max(gaps) == pytest.approx(interval(Pace(20)))


def test_a_send_that_is_always_a_little_later_falls_behind_only_so_far():
    pace, state, last = Pace(20), Gcra(), 0.0
    for _ in range(2000):
        last = max(last, earliest(state)) + SPREAD - JITTER - 0.001
        state = after(pace, state, last)
    assert last < 2000 * interval(pace) + 0.03


def test_an_idle_hour_saves_up_nothing():
    pace = Pace(10)
    state = after(pace, after(pace, Gcra(), 0.0), 3600.0)
    assert earliest(state) == 3600.0 + interval(pace)


def test_the_first_call_may_leave_at_once():
    assert next_send(Gcra(), Gcra()) == -math.inf
    assert next_send() == -math.inf


def test_campaign_and_trunk_must_both_allow_a_call():
    campaign, trunk = after(Pace(10), Gcra(), 5.0), after(Pace(2), Gcra(), 5.0)
    assert next_send(campaign, trunk) == earliest(trunk)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_pace_that_is_no_pace_is_refused(rate):
    with pytest.raises(ValueError, match="above 0"):
        Pace(rate)


@given(st.floats(0.05, 1000), st.floats(0.1, 60), st.integers(0, 5000), st.integers(1, 5000), st.integers(0, 6000))
def test_a_claim_overfills_neither_the_hopper_nor_the_lines(rate, seconds, in_hopper, max_calls, open_attempts):
    size = claim_size(
        calls_per_second=rate,
        hopper_seconds=seconds,
        in_hopper=in_hopper,
        max_calls=max_calls,
        open_attempts=open_attempts,
    )
    assert size >= 0
    if size:
        assert in_hopper + size < rate * seconds + 1
        assert open_attempts + size <= max_calls
    else:
        assert in_hopper >= rate * seconds or open_attempts >= max_calls


def test_a_slow_campaign_still_claims_one_lead():
    assert claim_size(calls_per_second=0.01, hopper_seconds=3, in_hopper=0, max_calls=5, open_attempts=0) == 1


@given(st.floats(LEAST_AHEAD, MOST_AHEAD), st.floats(0, 10))
def test_a_call_is_committed_twice_as_early_as_a_commit_takes_within_bounds(before, took):
    ahead = commit_ahead(before, took)
    assert min(2 * took, MOST_AHEAD) <= ahead <= MOST_AHEAD
    assert ahead >= LEAST_AHEAD


def test_after_a_slow_commit_calls_are_committed_later_again_little_by_little():
    steps = [slow := commit_ahead(LEAST_AHEAD, 0.1)]
    for _ in range(400):
        steps.append(commit_ahead(steps[-1], 0.005))
    assert slow == 0.2
    assert steps == sorted(steps, reverse=True)
    assert steps[10] > 0.15
    assert steps[-1] == LEAST_AHEAD
