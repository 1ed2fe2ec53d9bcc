"""Single leads: added, changed, closed and made fresh, and every refusal."""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, Refused
from dialerd.domain.facts import EndFacts
from dialerd.service import lead_changes, leads
from dialerd.store import attempts, versions
from dialerd.store import lists as stored
from harness.world import NOW, lead, phones

BUSY = Disposition.BUSY
HOUR = timedelta(hours=1)
JANE, SIAN, BOB = phones(3)


@pytest.fixture
def add(desk):
    def run(number, list_name="first", **more):
        return lead_changes.add(desk.database, list_name, number, now=NOW, **desk.words, **more)

    return run


def test_a_lead_that_is_added_is_dialed_as_the_lists_newest_and_has_its_own_version(people, add):
    made = add("+33199001234", fields={"First Name": "Zoé", "shoe size": "42"}, priority=9)
    assert (made.disposition, made.due_at, made.zone) == ("new", NOW, "Europe/Paris@FR")
    assert leads.show(people.database, str(made.lead_id)).fields == {"first_name": "Zoé", "shoe_size": "42"}
    assert people.world.claim(1)[0].phone == "+33199001234"
    (newest, *_) = people.world.read(lambda conn: versions.of_list(conn, made.list_id))
    assert (newest.number, newest.mode, newest.state, newest.buckets.imported) == (2, "add", "armed", 1)
    assert [entry.actor for entry in people.audit("lead.add")] == ["the tests"]


def test_a_lead_may_be_added_to_a_draft(desk, add):
    desk.world.write(lambda conn: stored.create(conn, name="draft", now=NOW))
    add("+12025550100", "draft")
    assert desk.world.read(lambda conn: stored.get(conn, "draft")).status == "ready"


def test_a_timezone_that_is_given_is_the_leads_zone(people, add):
    assert add("+33199001234", fields={"timezone": "america/new_york"}).zone == "America/New_York@FR"
    edited = lead_changes.edit(people.database, JANE, fields={"tz": "Asia/Tokyo"}, now=NOW, **people.words)
    assert edited.zone.startswith("Asia/Tokyo@")


def test_a_state_that_is_given_moves_the_lead_there(people, add):
    made = add("+12125550123", fields={"first_name": "Al"})
    assert made.zone == "America/New_York@US-NY"
    edited = lead_changes.edit(people.database, str(made.lead_id), fields={"state": "tx"}, now=NOW, **people.words)
    assert edited.zone == "America/Chicago|America/Denver@US-NY/US-TX"


@pytest.mark.parametrize(
    ("number", "more", "message"),
    [
        ("2025550100", {}, "not in E.164"),
        ("+12025550100", {"priority": 10}, "priority 10"),
        ("+12025550100", {"fields": {"phone_number": "1"}}, "phone_number is not a field"),
        ("+12025550100", {"fields": {"prio": "1"}}, "priority is not a field: it is given with --priority"),
        ("+12025550100", {"fields": {"--": "1"}}, "cannot be the name of a field"),
        ("+12025550100", {"fields": {"rejected_line": "1"}}, "cannot be the name of a field"),
        ("+12025550100", {"fields": {"note": "x" * 5000}}, "at most 4,096 characters"),
        ("+12025550100", {"fields": {"note": "a\0b"}}, "none of them NUL"),
        ("+12025550100", {"fields": {"note": "\udcff"}}, "must be text"),
        ("+12025550100", {"fields": {"timezone": "Mars"}}, "timezone 'Mars' is not an IANA zone"),
    ],
)
def test_a_lead_that_cannot_be_is_not_added(people, add, number, more, message):
    before = len(people.world.leads())
    with pytest.raises(BadInput, match=message):
        add(number, **more)
    assert len(people.world.leads()) == before
    assert people.audit("lead.add") == []


def test_a_number_is_in_a_list_once(people, add):
    with pytest.raises(Refused, match=r"list first has \+12025550000 already, as lead 1.*dialerd lead edit 1"):
        add(JANE)


def test_nothing_is_added_or_changed_while_an_import_runs(people, add):
    desk, list_id = people, people.world.leads()[0].list_id
    desk.world.write(lambda conn: versions.begin(conn, list_id, file_name="x", sha256="", created_by="tests", now=NOW))
    for change in (
        lambda: add("+12025550100"),
        lambda: lead_changes.edit(desk.database, JANE, fields={"city": "Rome"}, now=NOW, **desk.words),
    ):
        with pytest.raises(Refused, match="still being imported"):
            change()
    assert leads.show(desk.database, JANE).fields["city"] == "São Paulo"


def test_an_edit_keeps_the_history_of_the_fields_and_the_standing(people):
    (jane,) = people.called(BUSY)
    before = people.world.lead(jane)
    changed = lead_changes.edit(people.database, JANE, fields={"city": "Rome"}, priority=3, now=NOW, **people.words)
    assert (changed.priority, changed.disposition, changed.due_at) == (3, "busy", before.due_at)
    story = leads.show(people.database, JANE)
    assert story.fields == {"first_name": "Jane", "last_name": "Smith", "city": "Rome"}
    assert [said.fields.get("city") for said in story.versions] == ["São Paulo", "Rome"]
    assert people.world.claim(1, now=NOW + 2 * HOUR)[0].lead_id == jane


def test_an_edit_that_changes_nothing_is_refused_and_makes_no_version(people):
    with pytest.raises(Refused, match="says so already"):
        lead_changes.edit(people.database, JANE, fields={"city": "São Paulo"}, priority=0, now=NOW, **people.words)
    assert len(leads.show(people.database, JANE).versions) == 1


@pytest.fixture
def close(desk):
    return lambda which: lead_changes.close(desk.database, which, reason="asked by mail", now=NOW, **desk.words)


def test_a_lead_closed_by_hand_is_not_dialed_and_says_why(people, close):
    closed = close(JANE)
    assert (closed.closed, closed.due_at) == ("closed by hand", None)
    assert JANE not in [claimed.phone for claimed in people.world.claim()]
    (deed,) = leads.show(people.database, JANE).deeds
    assert (deed.action, deed.actor, deed.detail["reason"]) == ("lead.close", "the tests", "asked by mail")


def test_a_lead_closed_during_its_call_stays_closed_when_the_call_has_ended(people, close):
    (call,) = people.world.claim(1)
    people.world.send(call)
    close(str(call.lead_id))
    people.world.end(call.attempt_id, BUSY, facts=EndFacts())
    people.world.recycle(call.lead_id, due=NOW + HOUR)
    after = people.world.lead(call.lead_id)
    assert (after.disposition, after.closed, after.due_at) == ("busy", "closed by hand", None)


def test_a_lead_is_closed_once(people, close):
    close(JANE)
    with pytest.raises(Refused, match="is closed by hand already"):
        close(JANE)


@pytest.mark.parametrize("reason", ["", "x" * 201, "a\nb"])
def test_a_lead_is_not_closed_without_a_reason(people, reason):
    with pytest.raises(BadInput, match="reason"):
        lead_changes.close(people.database, JANE, reason=reason, now=NOW, **people.words)
    assert people.world.lead(1).closed is None


@pytest.fixture
def reset(desk):
    return lambda which, **more: lead_changes.reset(desk.database, which, now=desk.now, **desk.words, **more)


def test_a_lead_that_is_reset_is_due_now_also_when_it_was_closed_by_hand(people, close, reset):
    (jane,) = people.called(BUSY)
    close(JANE)
    people.now += 5 * HOUR
    fresh = reset(JANE)
    assert (fresh.disposition, fresh.attempts, fresh.due_at, fresh.closed) == ("new", 0, people.now, None)
    assert len(leads.show(people.database, str(jane)).calls) == 1
    assert [entry.detail["was"] for entry in people.audit("lead.reset")] == ["busy"]


def test_a_lead_called_within_the_minimum_gap_is_not_reset_unless_forced(people, reset):
    people.called(BUSY)
    people.now += HOUR
    with pytest.raises(Refused, match=r"called within the minimum gap of 4 h; wait until 2026-03-02 19:30 UTC"):
        reset(JANE)
    assert people.world.lead(1).disposition == "busy"
    assert reset(JANE, force=True).disposition == "new"


def test_a_lead_in_a_call_is_not_reset(people, reset):
    people.world.claim(1)
    with pytest.raises(Refused, match="is in a call: it can be reset when the call has ended"):
        reset(JANE, force=True)


def test_a_fresh_lead_is_not_reset(people, reset):
    with pytest.raises(Refused, match="is fresh already"):
        reset(JANE)


@pytest.mark.parametrize("said", ["do_not_call", "opted_out", "invalid_number"])
def test_who_said_never_again_is_not_reset_unless_forced(people, reset, said):
    people.called(Disposition(said))
    people.now += 9 * HOUR
    with pytest.raises(Refused, match=f"is {said}: such a lead is not dialed again by a reset.*--force"):
        reset(JANE)
    assert reset(JANE, force=True).disposition == "new"


def test_a_withdrawn_lead_is_neither_closed_nor_changed_nor_reset(people, close, reset):
    from dialerd.service import moves

    people.world.add_list([lead(JANE)], name="third", campaign=None)
    wish = moves.MoveWish("third", "first", update=True)
    moves.move(people.database, wish, clock=people.clock, **people.words)
    (gone,) = [found for found in people.world.leads() if found.list_name == "third"]
    for change in (
        lambda: close(str(gone.lead_id)),
        lambda: reset(str(gone.lead_id), force=True),
        lambda: lead_changes.edit(people.database, str(gone.lead_id), fields={"a": "b"}, now=NOW, **people.words),
    ):
        with pytest.raises(Refused, match="is withdrawn: the current version of list third does not have it"):
            change()
    assert people.world.lead(gone.lead_id) == gone


def test_an_unknown_end_that_is_settled_after_a_reset_does_not_touch_the_fresh_lead(people, reset):
    from dialerd.domain.facts import Witness
    from dialerd.service.attempts import Ending, end

    (jane,) = people.called(Disposition.UNKNOWN)
    people.now += 30 * HOUR
    fresh = reset(JANE)
    (call,) = people.world.read(lambda conn: attempts.page(conn, lead_id=jane))
    late = Ending(call.attempt_id, EndFacts(sip_code=486), Witness.AGI)
    result = people.world.write(lambda conn: end(conn, late, {}, people.now))
    assert (result.disposition, result.applied) == (BUSY, True)
    assert people.world.lead(jane) == fresh
