"""Rows of a file whose numbers are on do-not-call: in a bucket of their own, and no leads."""

from datetime import timedelta

import pytest

from dialerd.domain.dnc import ON_DNC, Entry, Kind
from dialerd.domain.importing import Duplicates, Mode
from dialerd.ingest.leadfile import Reading
from dialerd.service import dnc, dnc_sweeps, rollbacks
from dialerd.service.dry_run import dry_run
from dialerd.store import dnc_leads
from dialerd.store.staging import Rules
from dialerd.store.versions import Buckets
from harness.world import phones

A, B, C, D = phones(4)


@pytest.fixture
def june(desk, world):
    desk.create(campaign="spring")
    return desk


def stop(desk, *numbers, kind=Kind.EXACT, campaign=None, lasts=None):
    now = desk.clock()
    ends = None if lasts is None else now + lasts
    entries = [Entry(number, kind, campaign, ends, "", "", now, "the tests") for number in numbers]
    with desk.database.write() as conn:
        dnc.put(conn, entries, now)
    dnc_sweeps.take_over(desk.database, clock=lambda: now + 2 * dnc_sweeps.SILENT)


def go(desk, number):
    with desk.database.write() as conn:
        dnc.dnc.remove(conn, number, Kind.EXACT, None)
        dnc_leads.align(conn, [number], desk.clock())


def foreseen(desk, rows, mode="add", duplicates="skip"):
    rules = Rules(Mode(mode), Duplicates(duplicates))
    return dry_run(desk.database, "june", desk.file(rows), Reading(), now=desk.clock(), rules=rules).buckets


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"campaign": "spring"},
        {"lasts": timedelta(hours=1)},
    ],
    ids=["for all", "for its campaign", "for an hour"],
)
def test_a_row_on_do_not_call_is_counted_as_that_and_makes_no_lead(june, entry):
    stop(june, B, **entry)
    rows = [(A, "a"), (B, "b"), (B, "again"), ("12", "bad"), (A, "again")]
    expected = Buckets(rows=5, imported=1, duplicate=1, dnc=2, rejected=1)
    assert foreseen(june, rows) == expected
    assert june.load(rows).buckets == expected
    assert list(june.leads()) == [A]


def test_prefixes_count_and_entries_of_other_campaigns_and_expired_ones_do_not(june):
    stop(june, B[:-1], kind=Kind.PREFIX)
    stop(june, "+442079460001", campaign="autumn")
    stop(june, "+442079460002", lasts=timedelta(seconds=-1))
    rows = {A: "a", "+442079460001": "x", "+442079460002": "y"}
    assert june.load(rows).buckets == Buckets(rows=3, imported=2, dnc=1)
    assert list(june.leads()) == ["+442079460001", "+442079460002"]


def test_the_same_file_brings_the_lead_once_the_entry_is_removed(june):
    stop(june, B)
    june.load({A: "a", B: "b"})
    go(june, B)
    assert june.load({A: "a", B: "b"}).buckets == Buckets(rows=2, imported=1, unchanged=1)
    assert june.dialable().keys() == {A, B}


@pytest.mark.parametrize("duplicates", ["skip", "update"])
def test_a_replacement_leaves_leads_on_do_not_call_that_its_file_has(june, duplicates):
    june.load({A: "a", B: "b", C: "c"})
    stop(june, A, C)
    rows = {A: "other", D: "d"}
    expected = Buckets(rows=2, imported=1, dnc=1, withdrawn=2)
    assert foreseen(june, rows, "replace", duplicates) == expected
    assert june.load(rows, mode="replace", duplicates=duplicates).buckets == expected
    # C is not in the file any more, and must not come back with the end of its entry.
    assert june.leads()[A].closed == june.leads()[C].closed == ON_DNC
    go(june, A)
    go(june, C)
    assert june.dialable() == {A: "a", D: "d"}


def test_who_is_put_on_do_not_call_while_a_file_is_imported_is_closed_when_it_is_in(june):
    def meanwhile(_headway):
        if B not in stopped:
            stopped.append(B)
            stop(june, B)

    stopped = []
    june.load({A: "a", B: "b"}, progress=meanwhile)
    assert june.leads()[B].closed == ON_DNC
    assert june.dialable().keys() == {A}


def test_a_withdrawn_lead_that_a_rollback_brings_back_is_closed_when_it_is_on_do_not_call(june):
    june.load({A: "a", B: "b"})
    june.load({A: "a"}, mode="replace")
    stop(june, B)
    rollbacks.rollback(june.database, "june", 1, actor="the tests", clock=june.clock)
    assert june.leads()[B].closed == ON_DNC
    go(june, B)
    assert june.dialable().keys() == {A, B}


def test_a_file_of_nothing_but_numbers_on_do_not_call_is_imported_and_brings_nobody(june):
    stop(june, A, B)
    assert june.load({A: "a", B: "b"}).buckets == Buckets(rows=2, dnc=2)
    assert june.leads() == {}
