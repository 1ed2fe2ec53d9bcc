"""Claiming where leads are in many places: only those that are open are walked."""

from datetime import timedelta

import pytest

from dialerd.domain.order import Order
from dialerd.store import buckets
from harness.world import CAMPAIGN, NOW, lead, phones

MINUTE = timedelta(minutes=1)


def numbers(claimed):
    return [lead.phone for lead in claimed]


def test_leads_of_a_closed_zone_are_passed_over_and_keep_their_due_time(world):
    zones = ["Europe/Berlin@DE", "America/New_York@US-FL", ""]
    world.add_list([lead(f"+1202555000{place}", zone=zone) for place, zone in enumerate(zones)])
    asked = []
    claimed = world.claim(open_among=lambda keys: asked.append(sorted(keys)) or [zones[1]])
    assert numbers(claimed) == ["+12025550001"]
    assert asked == [sorted(zones)]
    assert [found.due_at for found in world.leads()] == [NOW, None, NOW]


def test_a_campaign_without_an_open_zone_claims_nothing(world):
    world.add_list([lead("+12025550001", zone="Europe/Berlin@DE")])
    assert world.claim(open_among=lambda _keys: []) == []
    assert world.leads()[0].due_at == NOW


def test_buckets_are_named_by_campaign_and_say_when_each_key_is_next_due(world):
    world.campaign("autumn")
    world.add_list([lead("+12025550001", zone="A"), lead("+12025550002", zone="B", priority=3)])
    world.add_list([lead("+12025550003", zone="A")], name="second", due=NOW - MINUTE)
    world.add_list([lead("+12025550004", zone="C")], name="third", campaign="autumn")
    assert sorted(world.read(lambda conn: buckets.keys(conn, CAMPAIGN))) == ["A", "B"]
    assert world.read(lambda conn: buckets.heads(conn, CAMPAIGN)) == {"A": NOW - MINUTE, "B": NOW}
    assert world.read(lambda conn: buckets.count(conn, CAMPAIGN, ["A"])) == 2
    world.claim(1)
    assert world.read(lambda conn: buckets.heads(conn, CAMPAIGN)) == {"A": NOW - MINUTE}
    assert world.read(lambda conn: buckets.count(conn, CAMPAIGN, ["A", "B"])) == 2


@pytest.mark.parametrize("order", list(Order))
def test_in_every_order_closed_zones_are_passed_over(world, order):
    world.add_list([lead(phone, zone="AB"[place % 2]) for place, phone in enumerate(phones(60))])
    claimed = world.claim(10, order=order, open_among=lambda _keys: ["B"])
    assert len(claimed) == 10
    assert set(numbers(claimed)) <= set(phones(60)[1::2])
