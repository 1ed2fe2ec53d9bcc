"""Whether a list takes the numbers it has is asked anew by the claim, and again before a call leaves."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from dialerd.domain.allowed import Allowed, NumberKind
from dialerd.domain.eligibility import CampaignRules, judge
from dialerd.domain.phone import NumberRules
from dialerd.service import lists as list_service
from dialerd.settings.values import zone
from dialerd.store import claims, kept_out, lists, numbers
from dialerd.store.tables import leads, list_versions
from harness.waiting import wait_for
from harness.world import NOW, claim_request, phones, waiting_for_locks

HOUR = timedelta(hours=1)
US, TOLL_FREE, CANADA = "+14155551234", "+18005550123", "+14165550199"
RULES = CampaignRules(max_attempts=3, zone=zone("UTC"))
TAKEN = NumberRules(allowed=Allowed(frozenset({NumberKind.TOLL_FREE}), frozenset({"US", "CA"})))
NOT_FREE = "phone number: a toll-free number: not dialed unless the list allows toll_free"
NOT_CANADA = "phone number: a number of CA, and the list takes only those of US"


def by_the_gates(lead):
    return judge(lead, RULES, NOW)


def take(world, list_id, kinds=(), countries=()):
    rules = NumberRules(allowed=Allowed(frozenset(kinds), frozenset(countries)))
    world.write(lambda conn: lists.change(conn, list_id, NOW, description="", rules=rules))


def closed(world):
    return {lead.phone: lead.closed for lead in world.leads()}


@pytest.fixture
def mixed(world):
    """A list that takes all of its numbers."""
    list_id = world.add_list([US, TOLL_FREE, CANADA], due=NOW - HOUR)
    take(world, list_id, TAKEN.allowed.kinds, TAKEN.allowed.countries)
    return list_id


def test_a_claim_takes_only_numbers_that_the_list_takes_now_and_closes_the_others(world, mixed):
    take(world, mixed, countries=["US"])
    assert [lead.phone for lead in world.claim(judge=by_the_gates)] == [US]
    assert closed(world) == {US: None, TOLL_FREE: NOT_FREE, CANADA: NOT_CANADA}


def test_what_the_list_takes_no_more_when_its_call_is_to_leave_is_not_sent(world, mixed):
    claimed = world.claim(judge=by_the_gates)
    assert {lead.phone for lead in claimed} == {US, TOLL_FREE, CANADA}
    take(world, mixed, countries=["US"])
    commitment = world.commit(*claimed, judge=by_the_gates)
    assert len(commitment.won) == 1
    assert set(commitment.refused.values()) == {NOT_FREE, NOT_CANADA}
    assert world.claim(judge=by_the_gates) == []
    assert closed(world) == {US: None, TOLL_FREE: NOT_FREE, CANADA: NOT_CANADA}
    assert {lead.dials for lead in world.leads() if lead.closed} == {0}


def test_each_list_has_rules_of_its_own(world, mixed):
    strict = world.add_list([TOLL_FREE.replace("0123", "0124")], name="second")
    assert {lead.list_id for lead in world.claim(judge=by_the_gates)} == {mixed}
    assert world.claim(judge=by_the_gates) == []
    assert [lead.closed for lead in world.leads() if lead.list_id == strict] == [NOT_FREE]


@pytest.mark.parametrize(
    "options",
    [
        {"reading": {"kinds": ["toll_free"], "countries": ["US", "CA"]}},
        {"reading": {"kinds": []}, numbers.FILES: [{"kinds": ["toll_free"], "countries": ["any"]}]},
    ],
    ids=["its file", "a file of the list it was copied from"],
)
def test_what_its_file_was_allowed_stays_allowed_for_a_lead(world, mixed, options):
    take(world, mixed, countries=["US"])
    world.write(lambda conn: conn.execute(update(list_versions).values(options=options)))
    world.add_version(mixed, [CANADA.replace("0199", "0198")])
    assert {lead.phone for lead in world.claim(judge=by_the_gates)} == {US, TOLL_FREE, CANADA}


def test_who_was_kept_out_is_let_in_as_before_when_the_list_takes_the_number_again(world, mixed):
    take(world, mixed, countries=["US"])
    world.claim(judge=by_the_gates)
    take(world, mixed, countries=["US", "CA"])
    ids = {lead.phone: lead.lead_id for lead in world.leads()}
    assert world.read(lambda conn: kept_out.has_any(conn, mixed))
    assert world.write(lambda conn: kept_out.let_in(conn, list(ids.values()), NOW)) == 1
    assert closed(world) == {US: None, TOLL_FREE: NOT_FREE, CANADA: None}
    assert world.lead(ids[CANADA]).due_at == NOW - HOUR
    kept = select(leads.c.resume_at).where(leads.c.phone == CANADA)
    assert world.read(lambda conn: conn.scalar(kept)) is None


def test_who_was_kept_out_and_is_in_the_current_version_no_more_is_withdrawn(world, mixed):
    take(world, mixed, countries=["US"])
    world.claim(judge=by_the_gates)
    world.write(lambda conn: conn.exec_driver_sql("UPDATE lead_rows SET to_version = 2"))
    world.write(lambda conn: conn.exec_driver_sql("UPDATE lists SET current_version = 2"))
    take(world, mixed, TAKEN.allowed.kinds, TAKEN.allowed.countries)
    ids = [lead.lead_id for lead in world.leads()]
    assert world.write(lambda conn: kept_out.let_in(conn, ids, NOW)) == 0
    assert closed(world)[CANADA] == "withdrawn"


def test_who_is_closed_for_another_reason_is_not_let_in(world):
    list_id = world.add_list(phones(1))
    (lead,) = world.leads()
    world.recycle(lead.lead_id, closed="closed by hand")
    assert not world.read(lambda conn: kept_out.has_any(conn, list_id))
    assert world.write(lambda conn: kept_out.let_in(conn, [lead.lead_id], NOW)) == 0
    assert closed(world) == {lead.phone: "closed by hand"}


def test_who_a_claim_keeps_out_by_rules_that_change_at_that_moment_is_let_in_by_the_change(postgresql_world):
    """The claim looked first: the change waits for it, and then finds whom it closed."""
    world = postgresql_world
    list_id = world.add_list([US, TOLL_FREE], due=NOW - HOUR)
    with ThreadPoolExecutor(1) as other, world.database.write() as conn:
        assert [lead.phone for lead in claims.claim(conn, claim_request(), by_the_gates, NOW)] == [US]
        made = other.submit(change_rules, world)
        wait_for(lambda: made.done() or waiting_for_locks(world), "the change has begun")
        assert not made.done()
        conn.commit()
        assert made.result(10).let_in == 1
    assert closed(world)[TOLL_FREE] is None
    assert list_id


def test_a_claim_waits_for_no_change_of_rules_and_says_nothing_of_leads_whose_list_is_changed(postgresql_world):
    """The change looked first: the claim leaves its leads as they are, and takes them afterwards."""
    world = postgresql_world
    list_id = world.add_list([TOLL_FREE, US], due=NOW - HOUR)
    with world.database.write() as conn:
        lists.change(conn, list_id, NOW, description="", rules=TAKEN)
        assert [lead.phone for lead in world.claim(judge=by_the_gates)] == [US]
        conn.commit()
    assert closed(world) == {TOLL_FREE: None, US: None}
    assert [lead.phone for lead in world.claim(judge=by_the_gates)] == [TOLL_FREE]


def change_rules(world):
    change = lambda rules: replace(rules, allowed=TAKEN.allowed)  # noqa: E731 - a name for the change
    return list_service.edit(world.database, "first", change=change, actor="ann", now=NOW)
