"""Which of several destinations gets the next call."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.balance import choose, ticket_of
from dialerd.store.ids import new_attempt_id
from harness.world import NOW

shares = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 50)), min_size=1, max_size=6)
tickets = st.floats(0, 1, exclude_max=True)


@given(shares, tickets)
def test_the_one_with_the_fewest_calls_for_its_weight_is_chosen(found, ticket):
    weights, loads = [weight for weight, _ in found], [load for _, load in found]
    chosen = choose(weights, loads, ticket)
    assert loads[chosen] / weights[chosen] == min(load / weight for weight, load in found)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.lists(tickets, min_size=1, max_size=60))
def test_while_no_call_ends_each_has_its_share_to_within_one_call(weights, drawn):
    loads = [0] * len(weights)
    for ticket in drawn:
        loads[choose(weights, loads, ticket)] += 1
    for load, weight in zip(loads, weights, strict=True):
        assert abs(load - len(drawn) * weight / sum(weights)) <= len(weights)


def test_of_idle_ones_chance_chooses_in_proportion_to_the_weights():
    sent = Counter(choose([3, 1], [0, 0], number / 1000) for number in range(1000))
    assert sent == {0: 750, 1: 250}


def test_an_attempts_chance_is_its_own_and_spread_evenly():
    ids = [new_attempt_id(NOW) for _ in range(2000)]
    drawn = [ticket_of(attempt_id) for attempt_id in ids]
    assert drawn == [ticket_of(attempt_id) for attempt_id in ids]
    assert all(0 <= ticket < 1 for ticket in drawn)
    assert 0.45 < sum(drawn) / len(drawn) < 0.55
    assert ticket_of(str(UUID(int=2**128 - 1))) < 1
