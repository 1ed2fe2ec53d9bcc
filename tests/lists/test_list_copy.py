"""Copying lists: what the new list has, what is refused, and what an interrupted copy leaves."""

import pytest
from sqlalchemy import text

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, Refused
from dialerd.domain.lifecycle import ListStatus
from dialerd.service import campaigns, import_run, list_life, lists
from dialerd.store import by_hand, leads, staging, versions
from dialerd.store import lists as stored
from dialerd.store.selection import live, page
from harness.world import CAMPAIGN, NOW, lead, phones

BUSY = Disposition.BUSY
TABLES = (
    "leads",
    "lead_rows",
    "list_versions",
    "rejects",
    "list_buckets",
    "resets",
    "reset_leads",
    "originals",
    "lists",
)


def rows(desk):
    def look(conn):
        return {table: conn.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES}

    return desk.world.read(look)


def names(desk):
    return [view.name for view in lists.overview(desk.database, now=NOW)]


def record(desk, name):
    return desk.world.read(lambda conn: stored.get(conn, name))


def copy(desk, name="first", new="second"):
    return list_life.copy(desk.database, name, new, clock=desk.clock, **desk.words)


def test_a_copy_has_the_leads_and_fields_of_the_current_version_and_none_was_dialed(desk):
    desk.world.add_list([lead(phones(1)[0], first_name="Jane", priority=4, zone="Europe/Paris"), lead(phones(2)[1])])
    (jane,) = desk.called(BUSY)
    made = copy(desk)
    assert (made.leads, made.kept, made.version) == (2, 0, 1)
    assert record(desk, "second").status is ListStatus.READY
    assert desk.phones("second") == phones(2)
    copied = [found for found in desk.world.leads() if found.list_name == "second"]
    assert [(found.disposition, found.attempts, found.dials, found.due_at <= NOW) for found in copied] == [
        ("new", 0, 0, True)
    ] * 2
    assert (copied[0].priority, copied[0].zone) == (4, "Europe/Paris")
    assert desk.world.read(lambda conn: leads.lead_fields(conn, copied[0].lead_id)).values == {"first_name": "Jane"}
    assert desk.world.lead(jane).disposition == "busy"


def test_a_copy_is_dialed_when_it_is_assigned(desk):
    desk.world.add_list(phones(2), campaign=None)
    copy(desk)
    campaigns.assign(desk.database, CAMPAIGN, "second", configured=[CAMPAIGN], actor="tests", now=NOW)
    assert [claimed.phone for claimed in desk.world.claim()] == phones(2)


@pytest.mark.parametrize("said", ["do_not_call", "opted_out", "invalid_number"])
def test_who_said_never_again_says_so_in_the_copy_too(desk, said):
    desk.world.add_list(phones(2))
    desk.called(Disposition(said))
    assert copy(desk).kept == 1
    (first, second) = [found for found in desk.world.leads() if found.list_name == "second"]
    assert (first.disposition, first.due_at, first.closed) == (said, None, f"{said} is final")
    assert second.due_at is not None


def test_who_was_closed_by_hand_is_so_in_the_copy_too(desk):
    desk.world.add_list(phones(2))
    (jane,) = desk.called(BUSY)
    desk.world.write(lambda conn: by_hand.close(conn, jane))
    assert copy(desk).kept == 1
    (first, second) = [found for found in desk.world.leads() if found.list_name == "second"]
    assert (first.disposition, first.due_at, first.closed) == ("new", None, "closed by hand")
    assert second.due_at is not None


def test_a_copy_needs_a_name_that_is_free_and_can_be(desk):
    desk.world.add_list(phones(1), campaign=None)
    with pytest.raises(Refused, match="list first exists already"):
        copy(desk, new="first")
    with pytest.raises(BadInput, match="name "):
        copy(desk, new="x\ny")
    assert names(desk) == ["first"]


def test_a_list_without_leads_is_not_copied(desk):
    desk.world.write(lambda conn: stored.create(conn, name="draft", now=NOW))
    with pytest.raises(Refused, match="list draft is Draft: there is nothing to copy"):
        copy(desk, "draft")
    assert names(desk) == ["draft"]


def test_a_copy_that_fails_leaves_no_list(desk):
    desk.world.add_list(phones(600), campaign=None)
    before = rows(desk)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list_life.copy(desk.database, "first", "second", clock=desk.clock, progress=stop, **desk.words)
    assert names(desk) == ["first"]
    assert rows(desk) == before


def test_a_copy_that_was_killed_is_a_failed_list_and_not_half_a_list(desk):
    source = desk.world.add_list(phones(3), campaign=None)

    def half(conn):
        target = stored.create(conn, name="second", now=NOW)
        number = versions.begin(
            conn, target, file_name="copy of first", sha256="", created_by="t", now=NOW, worker="x@nowhere:1"
        )
        staging.stage(conn, target, number, [lead(phones(1)[0])], NOW)
        return target, number

    target, number = desk.world.write(half)
    with pytest.raises(BadInput, match="interrupted"):
        import_run.run(desk.database, target, number, "x@nowhere:1", "next@here:1", clock=desk.clock)
    assert record(desk, "second").status is ListStatus.FAILED
    assert desk.world.read(lambda conn: page(conn, live(target), 0, 10)) == []
    assert desk.world.read(lambda conn: len(page(conn, live(source), 0, 10))) == 3
