"""Leads: what an attempt makes of them, what their list says of them, and how they are counted."""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.store import leads, lists, versions
from dialerd.store.leads import CLOSED_BY_HAND, WITHDRAWN
from harness.world import CAMPAIGN, NOW, lead, phones

MINUTE = timedelta(minutes=1)


def dial(world):
    """The first due lead, called and ended; what becomes of it is for the test to say."""
    (claimed,) = world.claim(1)
    world.send(claimed)
    world.end(claimed.attempt_id)
    return claimed.lead_id


def close(world, lead_id, reason):
    with world.database.write() as conn:
        table = leads.leads
        conn.execute(table.update().where(table.c.id == lead_id).values(due_at=None, closed=reason))


def test_after_an_attempt_the_lead_is_due_again(world):
    world.add_list(phones(1))
    lead_id = dial(world)
    world.recycle(lead_id, due=NOW + MINUTE, disposition=Disposition.NO_ANSWER, counted=1, now=NOW)
    after = world.lead(lead_id)
    assert (after.disposition, after.attempts, after.dials) == ("no_answer", 1, 1)
    assert (after.due_at, after.closed, after.last_attempt_at, after.in_call) == (NOW + MINUTE, None, NOW, False)


def test_after_an_attempt_the_lead_is_closed_with_a_reason(world):
    world.add_list(phones(1))
    lead_id = dial(world)
    world.recycle(lead_id, closed="answered is final", disposition=Disposition.ANSWERED)
    assert (world.lead(lead_id).due_at, world.lead(lead_id).closed) == (None, "answered is final")


def test_what_the_dialer_closed_it_may_open_again(world):
    world.add_list(phones(1))
    lead_id = dial(world)
    world.recycle(lead_id, closed="all attempts used: 1 of 1", disposition=Disposition.UNKNOWN)
    world.recycle(lead_id, due=NOW + MINUTE, disposition=Disposition.CONGESTION, counted=0)
    assert (world.lead(lead_id).due_at, world.lead(lead_id).closed) == (NOW + MINUTE, None)


@pytest.mark.parametrize("reason", [WITHDRAWN, CLOSED_BY_HAND])
def test_a_lead_withdrawn_or_closed_by_a_person_in_mid_call_stays_so(world, reason):
    world.add_list(phones(1))
    lead_id = dial(world)
    close(world, lead_id, reason)
    world.recycle(lead_id, due=NOW + MINUTE, disposition=Disposition.BUSY)
    after = world.lead(lead_id)
    assert (after.due_at, after.closed, after.disposition) == (None, reason, "busy")


def test_a_lead_in_another_call_becomes_due_by_that_calls_end_only(world):
    world.add_list(phones(1))
    lead_id = dial(world)
    world.recycle(lead_id, due=NOW, disposition=Disposition.UNKNOWN)
    world.claim(1)
    world.recycle(lead_id, due=NOW, disposition=Disposition.BUSY)
    assert world.lead(lead_id).due_at is None
    assert world.claim(1) == []


def test_only_the_count_of_attempts_can_be_corrected(world):
    world.add_list(phones(1))
    (before,) = world.leads()
    world.write(lambda conn: leads.set_attempts(conn, before.lead_id, 4))
    assert world.lead(before.lead_id).attempts == 4
    world.write(lambda conn: leads.set_attempts(conn, before.lead_id, 0))
    assert world.lead(before.lead_id) == before


def test_a_lead_nobody_has_is_none(world):
    assert world.lead(4711) is None
    assert world.read(lambda conn: leads.lead_fields(conn, 4711)) is None


def test_the_fields_of_a_lead_come_back_byte_for_byte(world):
    hostile = {
        "first_name": 'Zoë "the" O\'Neil\\',
        "note": "${SHELL(id)}\r\n200 result=-1\u202e",
        "empty": "",
        "=cmd": "x",
    }
    world.add_list([lead("+12025550001", **hostile)])
    fields = world.read(lambda conn: leads.lead_fields(conn, world.leads()[0].lead_id))
    assert (fields.phone, dict(fields.values)) == ("+12025550001", hostile)


def test_the_fields_are_those_of_the_lists_current_version(world):
    list_id = world.add_list([lead("+12025550001", name="old")])
    (found,) = world.leads()
    with world.database.write() as conn:
        rows = leads.lead_rows
        new = {"lead_id": found.lead_id, "list_id": list_id, "from_version": 2, "line": 2, "fields": {"name": "new"}}
        conn.execute(rows.insert().values(new))

    def name():
        return world.read(lambda conn: leads.lead_fields(conn, found.lead_id)).values["name"]

    assert name() == "old"
    with world.database.write() as conn:
        conn.execute(lists.lists.update().values(current_version=2))
    assert name() == "new"


def test_pages_of_leads_go_in_the_order_of_rows_and_miss_nothing(world):
    list_id = world.add_list(phones(5))
    world.add_list(phones(3, 10), name="second", campaign=None)

    def page(**filters):
        return [found.phone for found in world.read(lambda conn: leads.page(conn, **filters))]

    first = world.read(lambda conn: leads.page(conn, list_id=list_id, limit=3))
    rest = page(list_id=list_id, limit=3, after=first[-1].lead_id)
    assert [found.phone for found in first] + rest == phones(5)
    assert page(campaign=CAMPAIGN) == phones(5)
    assert page(phone=phones(1, 11)[0]) == phones(1, 11)
    assert page(disposition=Disposition.BUSY) == []


def test_every_lead_of_a_list_is_counted_in_one_place(world):
    list_id = world.add_list(phones(10))
    world.recycle(dial(world), due=NOW + MINUTE, disposition=Disposition.BUSY)
    world.recycle(dial(world), closed="busy twice", disposition=Disposition.BUSY)
    world.recycle(dial(world), closed="answered is final", disposition=Disposition.ANSWERED)
    world.claim(2)
    counts = world.read(lambda conn: leads.counts(conn, list_id, NOW))
    assert (counts.total, counts.dialable, counts.waiting, counts.in_call, counts.closed) == (10, 5, 1, 2, 2)
    assert counts.staged == 0
    assert counts.by_disposition == {"new": 7, "busy": 2, "answered": 1}
    assert counts.by_closing == {"busy twice": 1, "answered is final": 1}
    later = world.read(lambda conn: leads.counts(conn, list_id, NOW + MINUTE))
    assert (later.dialable, later.waiting) == (6, 0)


def test_calls_of_other_lists_are_not_counted(world):
    list_id = world.add_list(phones(2))
    world.add_list(phones(5, 10), name="second", due=NOW - MINUTE)
    world.claim(3)
    counts = world.read(lambda conn: leads.counts(conn, list_id, NOW))
    assert (counts.total, counts.dialable, counts.in_call) == (2, 2, 0)


def test_leads_that_are_still_being_imported_are_counted_apart(world):
    list_id = world.add_list(phones(2))
    with world.database.write() as conn:
        version = versions.begin(conn, list_id, file_name="b.csv", sha256="1", created_by="tests", now=NOW)
        leads.stage(conn, list_id, version, [lead(phone) for phone in phones(3, 10)], NOW)
    counts = world.read(lambda conn: leads.counts(conn, list_id, NOW))
    assert (counts.total, counts.dialable, counts.staged, counts.by_disposition) == (2, 2, 3, {"new": 2})


def test_an_empty_list_counts_nothing(world):
    list_id = world.add_list([])
    counts = world.read(lambda conn: leads.counts(conn, list_id, NOW))
    assert (counts.total, counts.by_disposition, counts.by_closing) == (0, {}, {})


def test_the_next_due_lead_of_a_campaign_is_the_earliest_of_all_its_lists(world):
    assert world.read(lambda conn: leads.next_due(conn, CAMPAIGN)) is None
    world.add_list([lead(phone, zone=phone) for phone in phones(3)], due=NOW + 2 * MINUTE)
    world.add_list(phones(1, 10), name="second", due=NOW + MINUTE)
    archived = world.add_list(phones(1, 20), name="archived", due=NOW)
    world.write(lambda conn: lists.archive(conn, archived, NOW))
    assert world.read(lambda conn: leads.next_due(conn, CAMPAIGN)) == NOW + MINUTE
    assert world.read(lambda conn: leads.next_due(conn, "autumn")) is None


def test_what_remains_of_a_campaign_is_due_some_time_or_in_a_call(world):
    def remaining():
        return world.read(lambda conn: leads.remaining(conn, CAMPAIGN))

    assert remaining() == 0
    world.add_list(phones(3))
    assert remaining() == 3
    lead_id = dial(world)
    assert remaining() == 2
    world.recycle(lead_id, due=NOW + MINUTE)
    assert remaining() == 3
    world.claim(1)
    assert remaining() == 3
    close(world, world.leads()[2].lead_id, CLOSED_BY_HAND)
    assert remaining() == 2


def test_leads_of_a_published_version_remain_until_they_are_armed(world):
    list_id = world.add_list([])
    with world.database.write() as conn:
        version = versions.begin(conn, list_id, file_name="b.csv", sha256="1", created_by="tests", now=NOW)
        leads.stage(conn, list_id, version, [lead(phone) for phone in phones(5)], NOW)
    assert world.read(lambda conn: leads.remaining(conn, CAMPAIGN)) == 0
    world.write(lambda conn: versions.publish(conn, list_id, version, versions.Buckets(), NOW))
    assert world.read(lambda conn: leads.remaining(conn, CAMPAIGN)) == 5
    with world.database.write() as conn:
        last = leads.arm(conn, list_id, version, NOW, 0, 3)
        versions.note_step(conn, versions.get(conn, list_id, version), NOW, armed_up_to=last)
    assert world.read(lambda conn: leads.remaining(conn, CAMPAIGN)) == 5
