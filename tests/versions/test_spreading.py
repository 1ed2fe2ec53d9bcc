"""Updating the leads that other lists have: when the import is in, as a version of each of these lists."""

import pytest
from sqlalchemy import text

from dialerd.domain.dispositions import Disposition
from dialerd.domain.importing import Duplicates, Mode, Scope
from dialerd.ingest.leadfile import Reading
from dialerd.service import import_run, imports, rollbacks
from dialerd.service.dry_run import dry_run
from dialerd.service.list_versions import versions_of
from dialerd.store import audit, by_hand, spread, versions
from dialerd.store.staging import Rules
from dialerd.store.versions import Buckets

A, B, C, D = (f"+1202555010{n}" for n in range(4))
WORDS = {"duplicates": "update", "scope": "campaign"}


@pytest.fixture
def june(desk, world):
    """The list june with A, the list second of the same campaign with B, and the list third of none with C."""
    for name, number, campaign in (("june", A, "spring"), ("second", B, "spring"), ("third", C, None)):
        desk.create(name, campaign=campaign)
        desk.load({number: "old"}, name=name)
    return desk


def kept(desk):
    with desk.database.read() as conn:
        return conn.scalar(text("SELECT count(*) FROM other_updates"))


def newest(desk, name):
    return versions_of(desk.database, name)[0]


@pytest.mark.parametrize(
    ("scope", "buckets", "third"),
    [
        ("campaign", Buckets(rows=4, imported=2, updated=2), {C: "old"}),
        ("all", Buckets(rows=4, imported=1, updated=3), {C: "new"}),
    ],
)
def test_leads_of_the_lists_that_count_take_what_the_file_says(june, scope, buckets, third):
    rows = dict.fromkeys((A, B, C, D), "new")
    rules = Rules(Mode.ADD, Duplicates.UPDATE, Scope(scope))
    foreseen = dry_run(june.database, "june", june.file(rows), Reading(), rules=rules, now=june.clock())
    assert june.load(rows, duplicates="update", scope=scope).buckets == buckets == foreseen.buckets
    assert june.dialable("second") == {B: "new"}
    assert june.dialable("third") == third
    assert B not in june.leads()
    assert kept(june) == 0


def test_what_changed_is_a_version_of_that_list_and_in_the_audit(june):
    june.load({B: "new", D: "d"}, **WORDS)
    version = newest(june, "second")
    assert (version.number, version.state, version.buckets) == (2, "armed", Buckets(rows=1, updated=1))
    assert version.file_name == "list.csv, imported into june"
    with june.database.read() as conn:
        (entry,) = [found for found in audit.page(conn, subject="list second") if found.action == "list.update"]
    assert (entry.detail["from"], entry.detail["from_version"], entry.detail["version"]) == ("june", 2, 2)


def test_a_lead_elsewhere_that_says_so_already_is_unchanged_and_makes_no_version(june):
    assert june.load({B: "old"}, **WORDS).buckets == Buckets(rows=1, unchanged=1)
    assert newest(june, "second").number == 1


def test_the_first_row_of_a_number_counts_also_in_another_step(june):
    rows = [(B, "first"), *((f"+1202{2_000_000 + n:07d}", "x") for n in range(3000)), (B, "again")]
    assert june.load(rows, **WORDS).buckets == Buckets(rows=3002, imported=3000, updated=1, duplicate=1)
    assert june.dialable("second") == {B: "first"}


def test_a_number_that_two_lists_have_is_counted_once_and_changed_in_both(june):
    june.load({B: "old"})
    assert june.load([(B, "new"), (B, "again")], **WORDS).buckets == Buckets(rows=2, updated=1, duplicate=1)
    assert (june.dialable()[B], june.dialable("second")) == ("new", {B: "new"})


def test_a_number_that_says_so_here_and_not_there_is_changed_there_and_not_withdrawn_here(june):
    june.load({B: "new"})
    assert june.load([(B, "new"), (B, "again")], mode="replace", **WORDS).buckets == Buckets(
        rows=2, updated=1, duplicate=1, withdrawn=1
    )
    assert (june.dialable(), june.dialable("second")) == ({B: "new"}, {B: "new"})


def test_the_standing_of_the_lead_stays_and_its_priority_changes(june, world):
    (call,) = [found for found in world.claim(2, now=june.clock()) if found.phone == B]
    later = june.clock().replace(year=2099)
    world.end(call.attempt_id)
    world.recycle(call.lead_id, due=later)
    june.load({B: "new,7"}, header="phone_number,first_name,priority\n", **WORDS)
    lead = june.leads("second")[B]
    assert (lead.disposition, lead.attempts, lead.due_at, lead.priority) == (Disposition.BUSY, 1, later, 7)


def test_an_import_that_is_taken_back_changes_nothing_elsewhere(june):
    def stop(at):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        june.load({B: "new"}, progress=stop, **WORDS)
    assert (june.dialable("second"), kept(june), newest(june, "second").number) == ({B: "old"}, 0, 1)


@pytest.fixture
def busy(june):
    """An import that could not change the second list, because that one was being imported into."""
    with june.database.write() as conn:
        words = {"file_name": "x", "sha256": "", "created_by": "tests", "worker": "x@nowhere:1"}
        number = versions.begin(conn, june.list_id("second"), now=june.clock(), **words)
    june.load({B: "new"}, **WORDS)
    assert (june.dialable("second"), kept(june)) == ({B: "old"}, 1)
    with june.database.write() as conn:
        versions.fail(conn, june.list_id("second"), number, "gone", june.clock())
    return june


def test_a_list_that_is_being_imported_into_takes_it_over_when_somebody_looks_next(busy):
    imports.recover(busy.database, clock=busy.clock)
    assert (busy.dialable("second"), kept(busy)) == ({B: "new"}, 0)


def test_taking_over_that_was_killed_is_brought_to_its_end(busy):
    place, target = (busy.list_id(), 2), busy.list_id("second")
    with busy.database.write() as conn:
        now = busy.clock()
        opened = by_hand.open_version(conn, target, what="x", actor="tests", now=now, worker="x@nowhere:1")
        assert spread.take(conn, *place, target, opened.number, 10) == spread.Taken(1, 1)
    import_run.run(busy.database, target, opened.number, "x@nowhere:1", "next@here:1", clock=busy.clock)
    imports.recover(busy.database, clock=busy.clock)
    assert (busy.dialable("second"), newest(busy, "second").state) == ({B: "new"}, "armed")


def test_leads_that_went_meanwhile_are_forgotten(busy):
    with busy.database.write() as conn:
        conn.execute(text("DELETE FROM lead_rows WHERE list_id = :id"), {"id": busy.list_id("second")})
        conn.execute(text("DELETE FROM leads WHERE list_id = :id"), {"id": busy.list_id("second")})
    imports.recover(busy.database, clock=busy.clock)
    assert kept(busy) == 0


def test_each_list_takes_back_its_own_version(june):
    june.load({B: "new", D: "d"}, **WORDS)
    words = {"actor": "tests", "clock": june.clock}
    rollbacks.undo(june.database, "june", **words)
    assert (june.dialable(), june.dialable("second")) == ({A: "old"}, {B: "new"})
    rollbacks.undo(june.database, "second", **words)
    assert june.dialable("second") == {B: "old"}
