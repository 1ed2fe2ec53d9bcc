"""A file into a list, on both databases: every row in one bucket, all or nothing, never stuck."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialerd.domain.errors import BadInput, Refused
from dialerd.domain.importing import Phase
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.leadfile import Reading
from dialerd.service import lists
from dialerd.service.import_run import MOST_TRIES
from dialerd.service.imports import HANGS_AFTER, import_file, recover
from dialerd.service.list_rules import number_rules
from dialerd.service.unfinished import end_orphans
from dialerd.store import campaigns, leads, versions
from dialerd.store import lists as stored
from dialerd.store.steps import FIRST
from dialerd.store.versions import Buckets
from harness.interrupted import dying_worker, interrupt_after

HEADER = "phone_number,first_name\n"
MANY = 4 * FIRST
LATER = HANGS_AFTER + timedelta(seconds=1)


def clock():
    return datetime.now(UTC)


@pytest.fixture
def importing(database, tmp_path):
    """importing(content, **options): creates the list june if need be and imports the content into it."""

    def do(content, name="june", **options):
        path = tmp_path / "list.csv"
        path.write_text(content)
        if not lists.overview(database, now=clock(), search=name):
            lists.create(database, name, actor="the tests", now=clock(), rules=number_rules("US", countries=["any"]))
        return import_file(database, name, path, Reading(), actor="the tests", clock=clock, **options)

    return do


def rows(count, first=0):
    return "".join(f"+1202{first + n:07d},n{n}\n" for n in range(2_000_000, 2_000_000 + count))


def shown(database, name="june"):
    return lists.show(database, name, now=clock())


def phones(database, name="june"):
    return [found.lead.phone for found in lists.leads_of(database, name, limit=10_000)]


def recovered(database, at=clock):
    """Ends what interrupted imports left, here instead of in processes of their own; returns what recover does."""
    return recover(database, clock=at, starter=lambda _, list_id, number, worker: end_orphans(database, list_id, at))


def later():
    return clock() + LATER


def test_rows_become_leads_in_their_order_all_due_at_once(database, importing):
    report = importing(HEADER + rows(MANY + 7))
    assert report.buckets == Buckets(rows=MANY + 7, imported=MANY + 7)
    found = lists.leads_of(database, "june", limit=10_000)
    assert [lead.fields["first_name"] for lead in found[:3]] == ["n2000000", "n2000001", "n2000002"]
    assert len({lead.lead.due_at for lead in found}) == 1
    assert shown(database).versions[0].state is VersionState.ARMED


def test_a_number_that_comes_twice_is_a_duplicate_also_far_apart_and_the_first_row_counts(database, importing):
    report = importing(HEADER + "+12025550100,first\n+1 202 555 0100,near\n" + rows(MANY) + "202-555-0100,far\n")
    assert report.buckets == Buckets(rows=MANY + 3, imported=MANY + 1, duplicate=2)
    assert lists.leads_of(database, "june", limit=1)[0].fields == {"first_name": "first"}


def test_a_number_of_an_earlier_version_is_unchanged_and_keeps_its_row(database, importing):
    importing(HEADER + "+12025550100,old\n")
    report = importing(HEADER + "+12025550100,new\n+12025550101,other\n")
    assert report.buckets == Buckets(rows=2, imported=1, unchanged=1)
    assert [found.fields["first_name"] for found in lists.leads_of(database, "june")] == ["old", "other"]


def test_a_row_is_where_its_address_says_else_where_its_number_is(database, importing):
    importing(
        "phone_number,State,ZIP,Country\n"
        "+12125550100,,,\n"
        "+12125550101,Texas,,\n"
        "+12125550102,,33101,US\n"
        "+12125550103,ON,,Canada\n"
        "+447700900123,WA,,\n"
    )
    assert [found.lead.zone for found in lists.leads_of(database, "june")] == [
        "America/New_York@US-NY",
        "America/Chicago|America/Denver@US-NY/US-TX",
        "America/Chicago|America/New_York@US-NY/US-FL",
        "America/New_York@US-NY/CA",
        "Europe/Guernsey|Europe/Isle_of_Man|Europe/Jersey|Europe/London@GB",
    ]


def test_priority_and_timezone_of_a_row_are_honoured_and_bad_ones_are_rejected(database, importing):
    report = importing(
        "phone_number,priority,timezone\n"
        "+12025550100,9,america/los_angeles\n"
        "+12025550101,,\n"
        "+12025550102,10,\n"
        "+12025550103,high,\n"
        "+12025550104,0,EST\n"
        "+12025550105,1,Mars/Olympus\n"
    )
    assert (report.buckets.imported, report.buckets.rejected) == (2, 4)
    first, second = lists.leads_of(database, "june")
    assert (first.lead.priority, first.lead.zone) == (9, "America/Los_Angeles@US-DC")
    assert (second.lead.priority, second.lead.zone) == (0, "America/New_York@US-DC")
    with database.read() as conn:
        reasons = [reject.reason for reject in versions.rejects_of(conn, first.lead.list_id, 1)]
    assert reasons[0] == "priority '10' is not a whole number from 0 to 9"
    assert reasons[2] == "timezone 'EST' is not an IANA zone such as America/New_York"


def test_rejected_rows_are_kept_with_line_reason_and_text(database, importing):
    importing(HEADER + "+12025550100,a\nnonsense,b\n" + rows(500) + '"x\ny",c\n')
    list_id = lists.leads_of(database, "june")[0].lead.list_id
    with database.read() as conn:
        kept = versions.rejects_of(conn, list_id, 1)
    assert [(reject.line, reject.text) for reject in kept] == [(3, "nonsense,b"), (504, '"x\ny",c')]


def test_nothing_is_dialable_before_the_whole_file_is_in(database, importing):
    seen = []

    def progress(at):
        counts = shown(database).view.leads
        seen.append((counts.staged, counts.dialable, shown(database).view.status.value))

    importing(HEADER + rows(MANY), progress=progress)
    staged = [found for found, _, _ in seen]
    assert staged == sorted(set(staged))
    assert staged[-1] == MANY
    assert {(dialable, status) for _, dialable, status in seen} == {(0, "processing")}


@pytest.mark.parametrize("steps", [0, 2])
def test_ctrl_c_takes_everything_back_and_the_next_import_starts_over(database, importing, steps):
    with pytest.raises(KeyboardInterrupt):
        importing(HEADER + rows(MANY), progress=interrupt_after(steps))
    assert phones(database) == []
    assert shown(database).view.status.value == "failed"
    report = importing(HEADER + rows(MANY))
    assert (report.version, report.buckets.imported) == (2, MANY)


def test_ctrl_c_in_a_later_import_leaves_the_list_as_it_was(database, importing):
    importing(HEADER + rows(5))
    before = phones(database)
    with pytest.raises(KeyboardInterrupt):
        importing(HEADER + rows(MANY, first=5000), progress=interrupt_after(1))
    assert phones(database) == before
    assert shown(database).view.status.value == "ready"
    assert shown(database).view.leads.dialable == 5


def test_a_file_that_goes_bad_in_the_middle_leaves_nothing_of_it(database, importing, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes((HEADER + rows(MANY)).encode() + b"+12025550100,Zo\xeb\n")
    lists.create(database, "june", actor="the tests", now=clock())
    with pytest.raises(BadInput, match=f"line {MANY + 2}: byte 0xeb is not UTF-8"):
        import_file(database, "june", path, Reading(), actor="the tests", clock=clock)
    assert phones(database) == []
    assert shown(database).versions[0].state is VersionState.FAILED


def test_two_imports_into_one_list_at_once_are_refused(database, importing, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(HEADER + "+12025550100,a\n")
    refusals = []

    def progress(at):
        if not refusals:
            with pytest.raises(Refused, match="version 1 of this list is still being imported") as refused:
                import_file(database, "june", other, Reading(), actor="another", clock=clock)
            refusals.append(refused)

    assert importing(HEADER + rows(MANY), progress=progress).buckets.imported == MANY
    assert refusals


def test_an_import_that_was_silent_too_long_is_taken_over_and_the_two_together_count_each_row_once(database, importing):
    ended = []

    def progress(at):
        if not ended:
            ended.extend(recovered(database, later))

    with pytest.raises(Refused, match="was given up meanwhile"):
        importing(HEADER + rows(MANY) + "12,x\n", progress=progress)
    assert len(ended) == 1
    (version,) = shown(database).versions
    assert version.state is VersionState.ARMED
    assert version.buckets == Buckets(rows=MANY + 1, imported=MANY, rejected=1)
    assert len(phones(database)) == MANY


def test_a_live_import_is_left_alone(database, importing):
    importing(HEADER + rows(MANY), progress=lambda at: recovered(database))
    assert len(phones(database)) == MANY


def test_an_import_whose_workers_never_get_on_is_given_up(database, importing):
    with pytest.raises(KeyboardInterrupt):
        importing(HEADER + rows(MANY), progress=dying_worker(database))
    recovered(database, later)
    (version,) = shown(database).versions
    assert version.state is VersionState.FAILED
    assert f"was interrupted {MOST_TRIES + 1} times; import the file again" in version.error
    assert phones(database) == []


def test_arming_that_was_interrupted_goes_on(database, importing):
    importing(HEADER + "+12025550100,a\n")
    with database.write() as conn:
        campaigns.ensure(conn, ["spring"], clock())
        stored.assign(conn, _id(conn, "june"), "spring", clock())
    many = 5 * MANY

    def progress(at):
        if at.phase is Phase.ARMING:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing(HEADER + rows(many), progress=progress)
    counts = shown(database).view.leads
    assert shown(database).versions[0].state is VersionState.PUBLISHED
    assert counts.staged + counts.dialable == many + 1
    recovered(database, later)
    counts = shown(database).view.leads
    assert (counts.dialable, counts.staged) == (many + 1, 0)
    assert shown(database).versions[0].state is VersionState.ARMED


_numbers = st.sampled_from(["+12025550100", "+12025550101", "(202) 555-0102", "12", "", "+1 800 555 0199"])


@given(files=st.lists(st.lists(_numbers, min_size=1, max_size=12), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_buckets_are_what_a_simple_model_says(database, importing, files):
    name = f"list{time.monotonic_ns()}"
    have: set[str] = set()
    for numbers in files:
        usable = [number.replace("(202) 555-", "+1202555") for number in numbers if "555" in number]
        usable = [number for number in usable if "800" not in number]
        expected = Counter()
        fresh: set[str] = set()
        for number in usable:
            expected["unchanged" if number in have else "duplicate" if number in fresh else "imported"] += 1
            fresh.add(number)
        content = HEADER + "".join(f'"{number}",x\n' for number in numbers)
        if not usable:
            with pytest.raises(BadInput, match="can be used"):
                importing(content, name=name)
            continue
        have |= fresh
        rejected = len(numbers) - len(usable)
        assert importing(content, name=name).buckets == Buckets(rows=len(numbers), rejected=rejected, **expected)
        assert set(phones(database, name)) == have
        with database.read() as conn:
            assert leads.counts(conn, _id(conn, name), clock()).total == len(have)


def _id(conn, name):
    return stored.require(conn, name).list_id
