from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.sharing import Turns, begins, served, share, whose

WEIGHTS = {"a": 3.0, "b": 1.0}
weights = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 20), min_size=1)


def turns(given, calls, *, begin=Turns(), waiting=None):  # noqa: B008 - frozen
    """Who has the next so many turns, and the state after them."""
    state, had = begin, Counter()
    for _ in range(calls):
        name = whose(state, waiting or given)
        state = served(state, name, given[name])
        had[name] += 1
    return had, state


def test_weights_of_three_to_one_share_turns_three_to_one():
    had, _ = turns(WEIGHTS, 400)
    assert had == {"a": 300, "b": 100}


def test_they_do_so_in_every_short_stretch_too():
    state = Turns()
    for _ in range(50):
        had, state = turns(WEIGHTS, 4, begin=state)
        assert had == {"a": 3, "b": 1}


@given(weights, st.integers(1, 400))
def test_nobody_is_ever_more_than_a_turn_or_two_away_from_its_share(given, calls):
    had, _ = turns(given, calls)
    total = sum(given.values())
    for name, weight in given.items():
        # The bound of start-time fair queueing: one call of one's own and one of the others.
        assert abs(had[name] / weight - calls / total) <= 1 / weight + max(1 / other for other in given.values())


def test_who_waits_alone_has_every_turn():
    had, _ = turns(WEIGHTS, 10, waiting=["b"])
    assert had == {"b": 10}


def test_who_comes_back_has_its_share_from_then_on_and_nothing_for_the_time_before():
    _, state = turns(WEIGHTS, 1000, waiting=["b"])
    had, _ = turns(WEIGHTS, 40, begin=state)
    assert abs(had["a"] - 30) <= 1


def test_who_had_many_turns_while_alone_does_not_pay_for_them():
    _, state = turns(WEIGHTS, 1000, waiting=["a"])
    had, _ = turns(WEIGHTS, 40, begin=state)
    assert abs(had["b"] - 10) <= 1


def test_turns_never_begin_before_the_clock():
    _, state = turns(WEIGHTS, 100)
    assert begins(state, "new") == state.clock


@pytest.mark.parametrize(("name", "slots"), [("a", 75), ("b", 25)])
def test_slots_are_shared_by_weight_among_those_that_want_more(name, slots):
    assert share(100, {"a": 90, "b": 10}, WEIGHTS, name) == slots


def test_what_a_content_campaign_holds_is_its_own():
    assert share(100, {"a": 50, "b": 10, "c": 40}, WEIGHTS, "a") == 45


def test_alone_a_campaign_may_hold_all():
    assert share(100, {"a": 90}, {"a": 3.0}, "a") == 100
    assert share(100, {"a": 50, "c": 20}, {"a": 3.0}, "a") == 80


def test_the_lightest_has_one_slot_at_least():
    assert share(2, {"a": 2}, {"a": 100.0, "b": 1.0}, "b") == 1


@given(weights, st.integers(1, 1000))
def test_shares_leave_no_slot_unused(given, total):
    parts = [share(total, {}, given, name) for name in given]
    assert total <= sum(parts) <= total + len(given)
