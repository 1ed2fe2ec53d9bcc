"""What became of a number before, over all campaigns, found by its index and no further back than asked."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from dialerd.domain.compliance import Cap, Compliance, Rule
from dialerd.domain.dispositions import Disposition
from dialerd.domain.eligibility import CampaignRules, judge
from dialerd.store import past
from dialerd.store.past import LookBack
from harness.world import NOW, phones

DAY = timedelta(days=1)
(JANE,) = phones(1)


def dialed(world, back=DAY, **more):
    return world.read(lambda conn: past.dialed(conn, [JANE], LookBack(back), NOW, **more))


@pytest.fixture
def called(world):
    """Calls Jane, from one of two campaigns, and ends the call."""
    world.campaign("autumn")
    world.add_list([JANE])
    world.add_list([JANE], name="second", campaign="autumn")

    def run(at=NOW, disposition=Disposition.BUSY, campaign="spring"):
        (claimed,) = world.claim(1, campaign=campaign, now=at)
        world.send(claimed, now=at)
        if disposition is not None:
            world.end(claimed.attempt_id, disposition, now=at)
            world.recycle(claimed.lead_id, due=NOW, now=at)
        return claimed

    return run


def test_attempts_of_all_campaigns_are_found_by_number(world, called):
    second = NOW + timedelta(seconds=1)
    called(NOW)
    called(second, Disposition.ANSWERED, campaign="autumn")
    found = dialed(world)[JANE]
    assert [(dial.campaign, dial.outcome, dial.at) for dial in found] == [
        ("spring", "busy", NOW),
        ("autumn", "answered", second),
    ]
    assert [dial.contacted for dial in found] == [False, True]
    assert all(dial.rang for dial in found)


def test_a_call_that_cannot_have_rung_is_told_apart_and_one_that_goes_on_is_not(world, called):
    called(NOW, Disposition.CONGESTION)
    assert not dialed(world)[JANE][0].rang
    called(NOW + timedelta(seconds=1), None)
    assert dialed(world)[JANE][1].rang
    assert dialed(world)[JANE][1].outcome is None


def test_what_is_long_ago_or_named_is_left_out(world, called):
    claimed = called(NOW)
    assert dialed(world, but_not={claimed.attempt_id}) == {}
    later = world.read(lambda conn: past.dialed(conn, [JANE], LookBack(DAY), NOW + 30 * DAY))
    assert later == {}
    assert dialed(world, timedelta()) == {}


def test_a_claim_puts_off_a_lead_whose_number_has_been_called_too_often(world, called):
    rules = CampaignRules(9, NOW.tzinfo, compliance=Compliance(own=Rule(caps=(Cap(1, DAY),))))
    called(NOW)
    claimed = world.claim(campaign="autumn", judge=lambda lead: judge(lead, rules, NOW), back=LookBack(DAY))
    assert claimed == []
    put_off = next(lead for lead in world.leads() if lead.list_name == "second")
    assert put_off.due_at == NOW + DAY


def test_the_question_walks_the_index_of_numbers(sqlite_world):
    caught = []
    with sqlite_world.database.read() as conn:

        @event.listens_for(conn, "before_cursor_execute")
        def note(_conn, _cursor, statement, parameters, _context, _many):
            caught.append((statement, parameters))

        past.dialed(conn, [JANE], LookBack(DAY), NOW)
        statement, parameters = caught[0]
        steps = [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert steps == ["SEARCH attempts USING INDEX attempts_of_phone (phone=? AND id>?)"]
