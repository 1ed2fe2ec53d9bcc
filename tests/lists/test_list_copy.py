"""Copying lists: what the new list has, what is refused, and what an interrupted copy leaves."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.domain.lifecycle import CampaignState, ListStatus
from dialerd.service import campaigns, import_run, list_life, lists
from dialerd.service.unfinished import recover
from dialerd.store import by_hand, leads, list_ends, versions
from dialerd.store import lists as stored
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


def test_a_lead_that_ends_by_itself_does_so_in_the_copy_too(desk):
    list_id = desk.world.add_list(phones(3), campaign=None)
    ids = {found.phone: found.lead_id for found in desk.world.leads()}
    (ann, ben, cat), over = phones(3), NOW + timedelta(days=3)
    for phone, at in ((ann, over), (ben, NOW - timedelta(days=1))):
        desk.world.write(lambda conn, end=ids[phone], at=at: leads.let_expire(conn, list_id, end - 1, end, at))
    copy(desk)
    ends = {found.phone: found.expires_at for found in desk.world.leads() if found.list_name == "second"}
    assert ends == {ann: over, ben: NOW - timedelta(days=1), cat: None}


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

    def stop(at):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list_life.copy(desk.database, "first", "second", clock=desk.clock, progress=stop, **desk.words)
    assert names(desk) == ["first"]
    assert rows(desk) == before


@pytest.fixture
def killed(desk):
    """A copy of a list of 700 leads whose worker ended as kill -9 ends one, in the middle of it; who may go on with it."""
    desk.world.add_list([lead(phone, first_name=f"n{place}") for place, phone in enumerate(phones(700))])
    desk.called(Disposition.OPTED_OUT)

    def die(at):
        with desk.database.write() as conn:
            (left,) = versions.unfinished(conn)
            assert versions.take_over(conn, left.list_id, left.number, left.worker, "dead@nowhere:1", NOW)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list_life.copy(desk.database, "first", "second", clock=desk.clock, progress=die, **desk.words)
    (left,) = desk.world.read(versions.unfinished)
    assert 0 < left.buckets.rows < 700
    return left


def go_on(desk, left):
    import_run.run(desk.database, left.list_id, left.number, left.worker, "next@here:1", clock=desk.clock)


def test_a_copy_that_was_killed_is_processing_until_whoever_comes_next_has_gone_on_with_it(desk, killed):
    assert record(desk, "second").status is ListStatus.PROCESSING
    assert desk.phones("second") == []
    go_on(desk, killed)
    assert record(desk, "second").status is ListStatus.READY
    assert desk.phones("second") == phones(700)
    copied = [found for found in desk.world.leads() if found.list_name == "second"]
    assert [found.closed for found in copied if found.closed] == ["opted_out is final"]
    fields = desk.world.read(lambda conn: leads.lead_fields(conn, copied[-1].lead_id)).values
    assert fields == {"first_name": "n699"}
    (version,) = desk.world.read(lambda conn: versions.of_list(conn, killed.list_id))
    assert (version.buckets.rows, version.buckets.imported) == (700, 700)


def test_a_copy_that_was_killed_and_whose_list_is_gone_leaves_no_list(desk, killed):
    desk.world.campaign(CAMPAIGN, CampaignState.PAUSED)
    list_life.delete(desk.database, "first", repeated="first", clock=desk.clock, **desk.words)
    with pytest.raises(NotFound, match="copy of first: that list was deleted meanwhile"):
        go_on(desk, killed)
    assert names(desk) == []
    assert set(rows(desk).values()) == {0}


def test_a_copy_that_is_cancelled_leaves_no_list(desk, killed):
    with desk.database.write() as conn:
        assert versions.cancel(conn, killed.list_id, killed.number, "tests")
    before = rows(desk)["leads"]
    go_on(desk, killed)
    assert names(desk) == ["first"]
    assert rows(desk)["leads"] == 700 < before


def test_what_is_left_of_a_copy_whose_removal_was_interrupted_goes_with_the_next_look(desk, killed):
    desk.world.write(lambda conn: list_ends.mark_deleted(conn, killed.list_id, NOW))
    desk.world.write(lambda conn: versions.fail(conn, killed.list_id, killed.number, "gone", NOW))
    recover(desk.database, clock=lambda: NOW + timedelta(minutes=1))
    assert rows(desk)["lists"] == 2
    recover(desk.database, clock=lambda: NOW + timedelta(hours=2))
    assert (rows(desk)["lists"], rows(desk)["leads"]) == (1, 700)
