"""Moving leads: history goes along, versions of both lists stay true, duplicates are as in an import."""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, Refused
from dialerd.domain.lifecycle import CampaignState, VersionState
from dialerd.service import list_life, moves
from dialerd.service.moves import MoveWish
from dialerd.store import attempts, by_hand, leads, lists, versions
from dialerd.store.filters import LeadFilter
from harness.world import NOW, lead, phones

BUSY, NO_ANSWER = Disposition.BUSY, Disposition.NO_ANSWER
HOUR = timedelta(hours=1)


@pytest.fixture
def move(desk):
    def run(source="first", target="second", **more):
        wish = MoveWish(source, target, **more)
        planned = moves.plan(desk.database, wish)
        report = moves.move(desk.database, wish, clock=desk.clock, **desk.words)
        for name in ("moved", "updated", "duplicate", "in_call"):
            assert getattr(planned, name) == getattr(report, name), "the dry run says what happens"
        return report

    return run


def counted(report):
    return report.moved, report.updated, report.duplicate, report.in_call


def test_moved_leads_are_in_the_target_list_and_their_history_goes_along(desk, move):
    desk.world.add_list([lead(phones(1)[0], first_name="Jane"), lead(phones(2)[1])])
    target = desk.world.add_list(phones(1, 50), name="second")
    (jane,) = desk.called(BUSY)
    before = desk.world.lead(jane)
    assert counted(move()) == (2, 0, 0, 0)
    assert desk.phones("first") == []
    assert sorted(desk.phones("second")) == sorted([*phones(2), *phones(1, 50)])
    after = desk.world.lead(jane)
    assert (after.list_id, after.list_name) == (target, "second")
    for name in ("disposition", "attempts", "dials", "due_at", "last_attempt_at", "phone"):
        assert getattr(after, name) == getattr(before, name)
    assert len(desk.world.read(lambda conn: attempts.page(conn, lead_id=jane))) == 1
    assert desk.world.read(lambda conn: leads.lead_fields(conn, jane)).values == {"first_name": "Jane"}


def test_both_lists_say_so_in_a_version_that_accounts_for_it(desk, move):
    desk.world.add_list(phones(3))
    desk.world.add_list(phones(1), name="second")
    report = move()
    assert counted(report) == (2, 0, 1, 0)
    (out, *_), (into, *_) = (
        desk.world.read(lambda conn, name=name: versions.of_list(conn, lists.require(conn, name).list_id))
        for name in ("first", "second")
    )
    assert (out.number, out.mode, out.state) == (report.source_version, "move", VersionState.ARMED)
    assert (into.number, into.mode, into.state) == (report.target_version, "move", VersionState.ARMED)
    assert (out.file_name, into.file_name) == ("moved to second", "moved from first")
    assert (out.buckets.rows, out.buckets.withdrawn) == (0, 2)
    assert (into.buckets.rows, into.buckets.imported, into.buckets.duplicate) == (3, 2, 1)


def test_moved_leads_are_dialed_by_the_campaign_of_the_target(desk, move):
    desk.world.campaign("autumn")
    desk.world.add_list([lead(phones(1)[0], zone="Europe/Berlin", priority=3)], campaign=None)
    desk.world.add_list(phones(1, 50), name="second", campaign="autumn")
    assert desk.world.claim(campaign="spring") == []
    move()
    assert [claimed.phone for claimed in desk.world.claim(campaign="autumn")] == [phones(1)[0], phones(1, 50)[0]]


def test_leads_are_moved_by_disposition_and_by_count_in_the_order_of_the_list(desk, move):
    desk.world.add_list(phones(6))
    desk.world.add_list(phones(1, 50), name="second")
    desk.called(BUSY, 3)
    desk.called(NO_ANSWER, 1)
    assert counted(move(which=LeadFilter(frozenset({BUSY})), limit=2)) == (2, 0, 0, 0)
    assert desk.phones("first") == phones(4, 2)
    assert counted(move(which=LeadFilter(frozenset({BUSY, NO_ANSWER})))) == (2, 0, 0, 0)
    assert desk.phones("first") == phones(2, 4)


def test_a_limit_counts_what_moves_not_what_stays(desk, move):
    desk.world.add_list(phones(6))
    desk.world.add_list(phones(2), name="second", campaign=None)
    assert counted(move(limit=3)) == (3, 0, 2, 0)
    assert desk.phones("first") == [*phones(2), phones(1, 5)[0]]


def test_leads_in_a_call_are_skipped_and_counted(desk, move):
    desk.world.add_list(phones(3))
    desk.world.add_list(phones(1, 50), name="second", campaign=None)
    (up,) = desk.world.claim(1)
    assert counted(move()) == (2, 0, 0, 1)
    assert desk.phones("first") == [up.phone]


def test_withdrawn_leads_do_not_move(desk, move):
    desk.world.add_list(phones(2))
    desk.world.add_list(phones(1), name="second", campaign=None)
    assert counted(move(update=True, limit=1)) == (0, 1, 0, 0)
    assert counted(move(update=True)) == (1, 0, 0, 0)


def test_a_number_that_the_target_has_stays_in_the_source_when_duplicates_are_skipped(desk, move):
    desk.world.add_list([lead(phones(1)[0], first_name="new")])
    desk.world.add_list([lead(phones(1)[0], first_name="old")], name="second")
    assert counted(move()) == (0, 0, 1, 0)
    assert desk.phones("first") == desk.phones("second") == phones(1)
    assert fields(desk, "second") == [{"first_name": "old"}]


def test_a_number_that_the_target_has_gets_the_fields_and_the_source_lead_is_withdrawn_when_updated(desk, move):
    desk.world.add_list([lead(phones(1)[0], first_name="new")], campaign=None)
    desk.world.add_list([lead(phones(1)[0], first_name="old")], name="second")
    assert counted(move(update=True)) == (0, 1, 0, 0)
    assert (desk.phones("first"), desk.phones("second")) == ([], phones(1))
    assert fields(desk, "second") == [{"first_name": "new"}]
    assert [found.closed for found in desk.world.leads()] == ["withdrawn", None]
    assert len(desk.world.claim()) == 1


def fields(desk, name):
    def look(conn):
        ids = [found.lead_id for found in leads.page(conn, list_id=lists.require(conn, name).list_id)]
        return [dict(leads.lead_fields(conn, lead_id).values) for lead_id in ids]

    return desk.world.read(look)


@pytest.mark.parametrize("said", ["do_not_call", "opted_out", "invalid_number"])
def test_who_said_never_again_in_one_list_is_not_called_from_the_other_after_a_move(desk, move, said):
    desk.world.add_list(phones(1))
    desk.called(Disposition(said))
    desk.world.add_list(phones(1), name="second")
    assert counted(move(update=True)) == (0, 1, 0, 0)
    (lead_there,) = [found for found in desk.world.leads() if found.list_name == "second"]
    assert (lead_there.disposition, lead_there.due_at) == (said, None)
    assert desk.world.claim() == []


def test_a_disposition_of_the_admin_that_is_protected_goes_along_with_the_move(desk, move):
    desk.world.add_list(phones(1))
    desk.called("never_again", closed="never_again is final")
    desk.world.add_list(phones(1), name="second")
    assert counted(move(update=True, protected=frozenset({"never_again"}))) == (0, 1, 0, 0)
    (lead_there,) = [found for found in desk.world.leads() if found.list_name == "second"]
    assert (lead_there.disposition, lead_there.closed) == ("never_again", "never_again is final")


def test_a_lead_can_go_there_and_back_again(desk, move):
    desk.world.add_list([lead(phones(1)[0], first_name="Jane")])
    desk.world.add_list(phones(1, 50), name="second")
    for _ in range(2):
        move(limit=1)
        move("second", "first")
        move("first", "second", limit=1)
        move("second", "first")
    assert sorted(desk.phones("first")) == sorted([phones(1)[0], phones(1, 50)[0]])
    assert len(desk.world.claim()) == 2


def test_a_list_is_not_moved_onto_itself_and_nothing_changes(desk):
    desk.world.add_list(phones(1))
    assert "list first is both source and target" in refusal(desk, MoveWish("first", "first"), Refused)


def test_nothing_is_moved_out_of_a_draft(desk):
    desk.world.add_list(phones(1))
    desk.world.write(lambda conn: lists.create(conn, name="draft", now=NOW))
    assert "list draft is Draft: there is nothing to move" in refusal(desk, MoveWish("draft", "first"), Refused)


def test_nothing_is_moved_into_an_archived_list(desk):
    desk.world.add_list(phones(1))
    desk.world.add_list(phones(1, 50), name="second", campaign=None)
    list_life.archive(desk.database, "second", now=NOW, **desk.words)
    said = refusal(desk, MoveWish("first", "second"), Refused)
    assert "list second is Archived" in said
    assert "unarchive second" in said


def test_nothing_is_moved_while_an_import_runs_into_one_of_the_lists(desk):
    desk.world.add_list(phones(1))
    target = desk.world.add_list(phones(1, 50), name="second")
    desk.world.write(lambda conn: versions.begin(conn, target, file_name="x", sha256="", created_by="tests", now=NOW))
    with pytest.raises(Refused, match="still being imported"):
        moves.move(desk.database, MoveWish("first", "second"), clock=desk.clock, **desk.words)
    assert desk.phones("first") == phones(1)
    assert len(desk.world.read(lambda conn: versions.of_list(conn, lists.require(conn, "first").list_id))) == 1
    assert desk.audit("list.move") == []


def test_a_limit_below_one_is_bad_input(desk):
    desk.world.add_list(phones(1))
    desk.world.add_list(phones(1, 50), name="second")
    assert "limit 0" in refusal(desk, MoveWish("first", "second", limit=0), BadInput)


def refusal(desk, wish, kind):
    """What is said of the move and of its plan alike; nothing has changed."""
    before, said = desk.world.leads(), set()
    for attempt in (
        lambda: moves.plan(desk.database, wish),
        lambda: moves.move(desk.database, wish, clock=desk.clock, **desk.words),
    ):
        with pytest.raises(kind) as refused:
            attempt()
        said.add(str(refused.value))
    assert desk.world.leads() == before
    assert desk.audit("list.move") == []
    (told,) = said
    return told


class Stopped(BaseException):
    """As Ctrl-C."""


def test_a_move_that_is_interrupted_leaves_each_lead_in_one_list_and_goes_on_when_asked_again(desk):
    numbers = phones(700)
    desk.world.add_list(numbers)
    desk.world.add_list(phones(1, 800), name="second", campaign=None)
    wish = MoveWish("first", "second")

    def stop(done, total):
        raise Stopped

    with pytest.raises(Stopped):
        moves.move(desk.database, wish, clock=desk.clock, progress=stop, **desk.words)
    here, there = desk.phones("first"), desk.phones("second")
    assert 0 < len(here) < 700
    assert sorted([*here, *there]) == sorted([*numbers, *phones(1, 800)])
    assert moves.move(desk.database, wish, clock=desk.clock, **desk.words).moved == len(here)
    assert desk.phones("first") == []


def test_a_move_that_was_killed_is_ended_by_whoever_comes_next_and_can_go_on(desk):
    from dialerd.service import import_run
    from dialerd.store import moves as stored

    source = desk.world.add_list(phones(3))
    target = desk.world.add_list(phones(1, 50), name="second", campaign=None)
    (called,) = desk.called(BUSY, due=NOW + 9 * HOUR)

    def half(conn):
        out, into = (
            by_hand.open_version(conn, list_id, what="moved", actor="tests", now=NOW, mode="move", worker="x@nowhere:1")
            for list_id in (source, target)
        )
        ids = [called]
        stored.move(
            conn, stored.Move(source, target, out.number, into.number, frozenset()), ids, update_twins=False, now=NOW
        )

    desk.world.write(half)
    before = [desk.world.lead(found.lead_id) for found in desk.world.leads()]
    for left in desk.world.read(versions.unfinished):
        import_run.run(desk.database, left.list_id, left.number, left.worker, "next@here:1", clock=desk.clock)
    assert desk.world.read(versions.unfinished) == []
    assert [desk.world.lead(found.lead_id) for found in desk.world.leads()] == before
    assert moves.move(desk.database, MoveWish("first", "second"), clock=desk.clock, **desk.words).moved == 2
    assert sorted(desk.phones("second")) == sorted([*phones(3), *phones(1, 50)])


def test_a_move_whose_versions_were_ended_by_another_process_stops(desk):
    desk.world.add_list(phones(700))
    desk.world.add_list(phones(1, 800), name="second", campaign=None)

    def taken_over(done, total):
        for version in desk.world.read(versions.unfinished):
            desk.world.write(
                lambda conn, found=version: versions.take_over(
                    conn, found.list_id, found.number, found.worker, "other@nowhere:1", NOW
                )
            )

    with pytest.raises(Refused, match=r"the move was ended by another process.*ask again for the rest"):
        moves.move(desk.database, MoveWish("first", "second"), clock=desk.clock, progress=taken_over, **desk.words)
    assert sorted([*desk.phones("first"), *desk.phones("second")]) == sorted([*phones(700), *phones(1, 800)])


def test_leads_move_between_lists_that_are_in_use(desk, move):
    desk.world.campaign("autumn", CampaignState.ACTIVE)
    desk.world.add_list(phones(2))
    desk.world.add_list(phones(1, 50), name="second", campaign="autumn")
    assert counted(move()) == (2, 0, 0, 0)
    assert desk.world.claim(campaign="spring") == []
    assert len(desk.world.claim(campaign="autumn")) == 3
