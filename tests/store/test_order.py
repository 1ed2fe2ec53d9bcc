"""The order in which leads are claimed, and that each order is a short walk."""

from datetime import timedelta
from itertools import pairwise

import pytest

from dialerd.domain.order import Order
from harness.world import NOW, World, lead, phones

MINUTE = timedelta(minutes=1)
MANY = 400


@pytest.fixture
def world(database):
    return World(database)


def claimed(world, order, *, limit=10, times=1):
    return [got.phone for _ in range(times) for got in world.claim(limit, order=order)]


@pytest.mark.parametrize("order", [Order.LIST, Order.PRIORITY])
def test_lists_come_as_they_came_and_their_rows_in_order(world, order):
    world.add_list(phones(5), name="old", due=NOW - MINUTE)
    world.add_list(phones(5, 5), name="new")
    assert claimed(world, order, limit=4, times=3) == phones(10)


def test_newest_first_is_the_other_way_round(world):
    zones = ["", "Europe/Berlin", "America/New_York"]
    world.add_list([lead(phone, zone=zones[turn % 3]) for turn, phone in enumerate(phones(5))], name="old")
    world.add_list(phones(5, 5), name="new")
    assert claimed(world, Order.NEWEST_FIRST, limit=4, times=3) == phones(10)[::-1]


@pytest.mark.parametrize("order", list(Order))
def test_priority_comes_first_in_every_order(world, order):
    rows = [lead(phone, priority=turn % 3) for turn, phone in enumerate(phones(30))]
    world.add_list(rows)
    priorities = {row.phone: row.priority for row in rows}
    got = [priorities[phone] for phone in claimed(world, order, limit=7, times=5)]
    assert got == [2] * 10 + [1] * 10 + [0] * 10


def test_a_lead_whose_retry_is_due_comes_behind_the_fresh_ones_but_before_them_when_the_newest_come_first(world):
    world.add_list(phones(3))
    (first,) = world.claim(1)
    world.send(first)
    world.end(first.attempt_id)
    world.recycle(first.lead_id, due=NOW + MINUTE)
    later = NOW + 2 * MINUTE
    newest = [got.phone for got in world.claim(1, order=Order.NEWEST_FIRST, now=later)]
    assert newest == [first.phone]
    rest = [got.phone for got in world.claim(2, now=later)]
    assert rest == phones(2, 1)


@pytest.mark.parametrize("zones", [1, 3, 40])
def test_random_claims_every_lead_once_and_in_no_order(world, zones):
    rows = [lead(phone, zone=f"zone{turn * 7 % zones}") for turn, phone in enumerate(phones(MANY))]
    world.add_list(rows)
    got = claimed(world, Order.RANDOM, limit=20, times=MANY // 20 + 1)
    assert sorted(got) == phones(MANY)
    # In order all of them would stand behind the one before; in no order about half.
    behind = sum(after > before for before, after in pairwise(got))
    assert MANY * 0.35 < behind < MANY * 0.65


def test_random_takes_from_all_over_the_list_from_the_first_claim_on(world):
    world.add_list(phones(MANY))
    got = claimed(world, Order.RANDOM, limit=40)
    assert len(set(got)) == 40
    for quarter in range(4):
        assert set(got) & set(phones(MANY // 4, quarter * MANY // 4))


def test_random_calls_lists_in_the_order_they_came_and_retries_at_their_time(world):
    world.add_list(phones(50), name="old", due=NOW - MINUTE)
    world.add_list(phones(50, 50), name="new")
    got = claimed(world, Order.RANDOM, limit=10, times=10)
    assert sorted(got[:50]) == phones(50)
    assert sorted(got[50:]) == phones(50, 50)
    assert got[:50] != phones(50)


@pytest.mark.parametrize("order", list(Order))
def test_a_claim_that_brings_less_than_it_was_asked_for_has_found_the_end(world, order):
    world.add_list(phones(25))
    assert [len(world.claim(10, order=order)) for _ in range(4)] == [10, 10, 5, 0]
