"""Archiving, bringing back and deleting lists: every transition and every refusal."""

import pytest
from sqlalchemy import text

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import NotFound, Refused
from dialerd.domain.lifecycle import CampaignState, ListStatus
from dialerd.service import campaigns, list_life, lists
from dialerd.store import attempts, list_ends, versions
from dialerd.store import lists as stored
from harness.world import CAMPAIGN, NOW, phones

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


@pytest.fixture
def archive(desk):
    return lambda name: list_life.archive(desk.database, name, now=NOW, **desk.words)


@pytest.fixture
def delete(desk):
    def run(name, repeated=None, **which):
        said = name if repeated is None else repeated
        return list_life.delete(desk.database, name, repeated=said, clock=desk.clock, **desk.words, **which)

    return run


def rows(desk):
    def look(conn):
        return {table: conn.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES}

    return desk.world.read(look)


def names(desk):
    return [view.name for view in lists.overview(desk.database, now=NOW)]


def record(desk, name):
    return desk.world.read(lambda conn: stored.get(conn, name))


def test_archived_lists_are_hidden_from_default_views(desk, archive):
    desk.world.add_list(phones(1))
    desk.world.add_list(phones(1, 50), name="second")
    archive("first")
    assert names(desk) == ["second"]


def test_archived_lists_cannot_be_assigned_to_new_campaigns(desk, archive):
    desk.world.add_list(phones(1), campaign=None)
    archive("first")
    words = {"configured": [CAMPAIGN], "actor": "tests", "now": NOW}
    with pytest.raises(Refused, match=r"list first is Archived.*cannot be assigned.*dialerd list unarchive first"):
        campaigns.assign(desk.database, CAMPAIGN, "first", **words)


def test_existing_campaign_assignments_are_preserved(desk, archive):
    desk.world.add_list(phones(1))
    assert archive("first") == CAMPAIGN
    list_life.unarchive(desk.database, "first", now=NOW, **desk.words)
    assert record(desk, "first").campaign == CAMPAIGN


def test_an_archived_list_is_not_dialed_and_after_coming_back_it_is(desk, archive):
    desk.world.add_list(phones(1))
    archive("first")
    assert desk.world.claim() == []
    list_life.unarchive(desk.database, "first", now=NOW, **desk.words)
    assert len(desk.world.claim()) == 1


def test_an_archived_list_keeps_its_leads_and_history(desk, archive):
    desk.world.add_list(phones(2))
    (called,) = desk.called(BUSY)
    before = rows(desk)
    archive("first")
    assert rows(desk) == before
    assert len(desk.world.read(lambda conn: attempts.page(conn, lead_id=called))) == 1


def test_the_status_of_an_archived_list_is_archived(desk, archive):
    list_id = desk.world.add_list(phones(1))
    archive("first")
    assert desk.world.read(lambda conn: stored.by_id(conn, list_id)).status is ListStatus.ARCHIVED


def test_a_draft_can_be_archived_and_comes_back_as_a_draft(desk, archive):
    desk.world.write(lambda conn: stored.create(conn, name="draft", now=NOW))
    archive("draft")
    list_life.unarchive(desk.database, "draft", now=NOW, **desk.words)
    assert record(desk, "draft").status is ListStatus.DRAFT


def test_a_list_that_is_being_imported_into_cannot_be_archived(desk, archive):
    list_id = desk.world.add_list(phones(1))
    begin(desk, list_id)
    with pytest.raises(Refused, match="list first is being imported into: only a list at rest can be archived"):
        archive("first")
    assert record(desk, "first") is not None


def begin(desk, list_id):
    desk.world.write(lambda conn: versions.begin(conn, list_id, file_name="x", sha256="", created_by="tests", now=NOW))


def test_the_name_of_an_archived_list_is_free_and_then_the_old_one_comes_back_under_another(desk, archive):
    desk.world.add_list(phones(1))
    archive("first")
    desk.world.add_list(phones(1, 50))
    with pytest.raises(Refused, match=r"list first exists already.*another name with --as"):
        list_life.unarchive(desk.database, "first", now=NOW, **desk.words)
    assert names(desk) == ["first"]
    assert list_life.unarchive(desk.database, "first", new_name="old", now=NOW, **desk.words) == "old"
    assert names(desk) == ["first", "old"]


def test_of_several_archived_lists_with_one_name_the_id_says_which(desk, archive):
    ids = []
    for place in range(2):
        ids.append(desk.world.add_list(phones(1, place)))
        archive("first")
    with pytest.raises(Refused, match=rf"2 archived lists are called first \(ids {ids[1]}, {ids[0]}\).*--id"):
        list_life.unarchive(desk.database, "first", now=NOW, **desk.words)
    list_life.unarchive(desk.database, "first", list_id=ids[0], now=NOW, **desk.words)
    assert record(desk, "first").list_id == ids[0]


def test_a_list_that_is_not_archived_cannot_be_unarchived(desk):
    desk.world.add_list(phones(1))
    with pytest.raises(NotFound, match="list first is not archived"):
        list_life.unarchive(desk.database, "first", now=NOW, **desk.words)
    with pytest.raises(NotFound, match="list nothing does not exist"):
        list_life.unarchive(desk.database, "nothing", now=NOW, **desk.words)


def test_delete_removes_the_list_and_its_leads_and_leaves_the_record_of_calls(desk, delete):
    desk.world.add_list(phones(600))
    desk.world.add_list(phones(2, 700), name="second", campaign=None)
    (called,) = desk.called(BUSY)
    desk.world.campaign(CAMPAIGN, CampaignState.PAUSED)
    assert delete("first").leads == 600
    left = rows(desk)
    assert (left["lists"], left["leads"], left["lead_rows"], left["list_versions"]) == (1, 2, 2, 1)
    (attempt,) = desk.world.read(lambda conn: attempts.page(conn, lead_id=called))
    assert (attempt.disposition, attempt.phone, attempt.list_name) == (BUSY, phones(1)[0], None)
    assert names(desk) == ["second"]


def test_deleting_asks_for_the_lists_name(desk, delete):
    desk.world.add_list(phones(1), campaign=None)
    before = rows(desk)
    for said in ("", "First", "first "):
        with pytest.raises(Refused, match="say --yes-delete first"):
            delete("first", said)
    assert rows(desk) == before


def test_a_list_in_use_cannot_be_deleted(desk, delete):
    desk.world.add_list(phones(1))
    before = rows(desk)
    with pytest.raises(Refused, match=r"list first is In Use.*pause campaign spring first"):
        delete("first")
    assert rows(desk) == before
    assert desk.audit("list.delete") == []


def test_a_list_with_calls_up_cannot_be_deleted(desk, delete):
    desk.world.add_list(phones(2))
    desk.world.send(*desk.world.claim(2))
    desk.world.campaign(CAMPAIGN, CampaignState.PAUSED)
    before = rows(desk)
    with pytest.raises(Refused, match=r"list first has 2 calls up.*wait until they have ended"):
        delete("first")
    assert rows(desk) == before


def test_a_list_that_is_being_imported_into_cannot_be_deleted(desk, delete):
    begin(desk, desk.world.add_list(phones(1), campaign=None))
    with pytest.raises(Refused, match="list first is being imported into"):
        delete("first")
    assert len(desk.phones("first")) == 1


def test_archiving_a_list_of_an_active_campaign_is_no_way_to_delete_it(desk, archive, delete):
    desk.world.add_list(phones(1))
    archive("first")
    before = rows(desk)
    with pytest.raises(
        Refused, match=r"list first is Archived and still assigned.*Active campaign.*pause campaign spring"
    ):
        delete("first")
    assert rows(desk) == before
    assert desk.audit("list.delete") == []


def test_an_archived_list_can_be_deleted_once_its_campaign_is_paused(desk, archive, delete):
    desk.world.add_list(phones(1))
    archive("first")
    desk.world.campaign(CAMPAIGN, CampaignState.PAUSED)
    assert delete("first").leads == 1
    assert rows(desk)["lists"] == 0


def test_a_list_that_does_not_exist_cannot_be_deleted(desk, delete):
    with pytest.raises(NotFound, match="list nothing does not exist"):
        delete("nothing")


def test_a_delete_that_was_interrupted_is_out_of_every_view_and_is_ended_by_asking_again(desk, delete):
    list_id = desk.world.add_list(phones(600), campaign=None)
    desk.world.write(lambda conn: list_ends.mark_deleted(conn, list_id, NOW))
    desk.world.write(lambda conn: list_ends.remove_step(conn, list_id, 100))
    assert names(desk) == []
    assert desk.world.read(lambda conn: stored.page(conn, archived=True)) == []
    assert delete("first").leads == 500
    assert set(rows(desk).values()) == {0}


def test_after_a_delete_the_name_is_free_and_the_id_does_not_come_back(desk, delete):
    gone = desk.world.add_list(phones(1), campaign=None)
    delete("first")
    assert desk.world.add_list(phones(1), campaign=None) > gone


def test_deleting_a_list_leaves_leads_that_moved_out_of_it(desk, delete):
    from dialerd.service import moves

    desk.world.add_list(phones(2), campaign=None)
    desk.world.add_list(phones(1, 50), name="second", campaign=None)
    moves.move(desk.database, moves.MoveWish("first", "second", limit=1), clock=desk.clock, **desk.words)
    assert delete("first").leads == 1
    assert sorted(desk.phones("second")) == sorted([phones(1)[0], phones(1, 50)[0]])
    left = rows(desk)
    assert (left["leads"], left["lead_rows"]) == (2, 2)


def copy(desk, name="first", new="second"):
    return list_life.copy(desk.database, name, new, clock=desk.clock, **desk.words)


def test_archive_unarchive_delete_and_copy_are_one_entry_each_in_the_audit(desk, archive, delete):
    desk.world.add_list(phones(1), campaign=None)
    copy(desk)
    archive("first")
    list_life.unarchive(desk.database, "first", now=NOW, **desk.words)
    delete("first")
    for action in ("list.copy", "list.archive", "list.unarchive", "list.delete"):
        assert [entry.actor for entry in desk.audit(action)] == ["the tests"]


def test_the_campaign_of_a_list_is_found_when_it_is_unassigned(desk):
    desk.world.add_list(phones(1))
    words = {"configured": [CAMPAIGN], "actor": "tests", "now": NOW}
    with pytest.raises(Refused, match=r"list of an Active campaign cannot be unassigned; pause campaign spring"):
        campaigns.unassign(desk.database, None, "first", **words)
    desk.world.campaign(CAMPAIGN, CampaignState.PAUSED)
    assert campaigns.unassign(desk.database, None, "first", **words) == CAMPAIGN
    with pytest.raises(Refused, match="assigned to no campaign: there is nothing to unassign"):
        campaigns.unassign(desk.database, None, "first", **words)
