"""Exports: the fields and leads that were asked for, safe in a spreadsheet, and the same leads when imported again."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, NotFound
from dialerd.domain.phone import NumberRules
from dialerd.ingest.columns import choose_columns
from dialerd.ingest.exported import MARK, PREFIX, explains
from dialerd.ingest.leadfile import Reading, open_leads
from dialerd.ingest.rows import RowReader
from dialerd.ingest.titles import FIELDS, plain_name
from dialerd.service import exports
from dialerd.service.exports import ExportWish
from dialerd.store import leads
from dialerd.store.filters import LeadFilter
from harness.world import NOW, lead, phones

BUSY = Disposition.BUSY
ACTIVE = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@pytest.fixture
def export(desk):
    def run(*columns, name="first", dispositions=()):
        out = io.StringIO(newline="")
        wish = ExportWish(name, columns, LeadFilter(frozenset(dispositions)))
        exports.check(desk.database, wish)
        report = exports.export(desk.database, wish, out, now=NOW, **desk.words)
        rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
        assert report.leads == len(rows)
        return rows, out.getvalue()

    return run


def test_an_export_has_the_number_all_fields_and_the_priority(desk, export):
    desk.world.add_list(
        [lead(phones(1)[0], first_name="Jane", shoe_size="42"), lead(phones(2)[1], priority=5, city="Rome")]
    )
    ids = [str(found.lead_id) for found in desk.world.leads()]
    rows, text = export()
    assert text.splitlines()[0] == "phone_number,first_name,city,shoe_size,priority,exported_by_dialerd"
    assert [list(row.values()) for row in rows] == [
        [phones(1)[0], "Jane", "", "42", "0", ids[0]],
        [phones(2)[1], "", "Rome", "", "5", ids[1]],
    ]


def test_fields_are_chosen_and_come_in_the_order_asked_for(desk, export):
    desk.world.add_list([lead(phones(1)[0], first_name="Jane", city="Rome")])
    desk.called(BUSY)
    rows, text = export("city", "disposition", "phone_number", "attempts", "last_attempt", "next_due", "closed")
    assert text.splitlines()[0] == (
        "city,exported_disposition,phone_number,exported_attempts,exported_last_attempt,exported_next_due,"
        "exported_closed,exported_by_dialerd"
    )
    assert list(rows[0].values())[:7] == [
        *("Rome", "busy", phones(1)[0], "1", "2026-03-02T15:30:12Z", "2026-03-02T16:30:12Z", ""),
    ]


def test_leads_are_chosen_by_disposition(desk, export):
    desk.world.add_list(phones(3))
    desk.called(BUSY)
    desk.called(Disposition.NO_ANSWER)
    assert [row["phone_number"] for row in export(dispositions=[BUSY])[0]] == phones(1)
    assert len(export(dispositions=[BUSY, Disposition.NEW])[0]) == 2


def test_a_field_named_as_our_own_columns_are_is_exported_beside_them(desk, export):
    desk.world.add_list([lead(phones(1)[0], exported_line="of theirs", disposition="keen")])
    ((row,), text) = export("exported_line", "line", "disposition", "exported_disposition")
    assert text.splitlines()[0] == (
        "exported_field_exported_line,exported_line,disposition,exported_disposition,exported_by_dialerd"
    )
    assert list(row.values())[:4] == ["of theirs", "2", "keen", "new"]


def test_a_field_that_nobody_has_is_refused_with_those_there_are(desk, export):
    desk.world.add_list([lead(phones(1)[0], city="Rome")])
    with pytest.raises(
        BadInput, match=r"field 'town': list first has no such field; it has phone_number, priority, city"
    ):
        export("town")
    assert desk.audit("list.export") == []


def test_a_list_that_does_not_exist_is_not_exported(export):
    with pytest.raises(NotFound):
        export(name="nothing")


def test_an_export_is_more_than_one_page_in_the_order_of_the_list(desk, export):
    desk.world.add_list(phones(2500))
    assert [row["phone_number"] for row in export()[0]] == phones(2500)


def test_no_cell_begins_with_what_a_spreadsheet_runs_and_the_number_stays_as_dialed(desk, export):
    hostile = [f"{sign}cmd|' /C calc'!A0" for sign in ACTIVE] + ["'=1", "''+1", "+1 415 555 1234", "-1"]
    desk.world.add_list(
        [lead(phone, first_name=text) for phone, text in zip(phones(len(hostile)), hostile, strict=True)]
    )
    for row in export()[0]:
        assert row["phone_number"] in phones(len(hostile))
        assert row["first_name"].startswith("'")


def test_an_export_is_one_entry_in_the_audit_with_what_was_taken_out(desk, export):
    desk.world.add_list(phones(1))
    export("phone_number", dispositions=[BUSY])
    (entry,) = desk.audit("list.export")
    assert (entry.actor, entry.subject) == ("the tests", "list first")
    assert entry.detail == {"columns": ["phone_number"], "dispositions": ["busy"]}


def test_withdrawn_leads_are_not_exported(desk, export):
    from dialerd.service import moves

    desk.world.add_list(phones(2))
    desk.world.add_list(phones(1), name="second")
    moves.move(desk.database, moves.MoveWish("first", "second", update=True, limit=1), clock=desk.clock, **desk.words)
    assert [row["phone_number"] for row in export()[0]] == phones(2)[1:]


def read_again(path):
    with open_leads(path, Reading()) as file:
        reader = RowReader(choose_columns(file.header), NumberRules())
        return [reader.read(row) for row in file.rows()]


_names = (
    st.sampled_from([field for field in FIELDS if field not in ("phone_number", "priority", "timezone")])
    | st.text(min_size=1, max_size=12).map(lambda title: plain_name(title, 0))
    | st.sampled_from([MARK, "exported_id", *(PREFIX + name for name in exports.STANDING)])
    | st.text("_abc", max_size=5).map(lambda rest: plain_name(f"{PREFIX}field_{rest}", 0))
).filter(lambda name: name not in ("phone_number", "priority", "timezone") and not explains(name))
_texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    | st.sampled_from(ACTIVE + "'\"',;|\r\n\\"),
    min_size=1,
    max_size=40,
)
_leads = st.lists(st.tuples(st.dictionaries(_names, _texts, max_size=5), st.integers(0, 9)), min_size=1, max_size=8)


@given(rows=_leads, standing=st.lists(st.sampled_from(exports.STANDING), unique=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_exported_is_imported_again_to_the_same_leads(sqlite_desk, tmp_path, rows, standing):
    desk = sqlite_desk
    name = f"list {desk.next()}"
    made = [
        leads.StagedLead(phone, "", priority, line, fields)
        for line, (phone, (fields, priority)) in enumerate(zip(phones(len(rows)), rows, strict=True), 2)
    ]
    desk.world.add_list(made, name=name, campaign=None)
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        known = sorted({field for fields, _ in rows for field in fields})
        wish = ExportWish(name, ("phone_number", "priority", *standing, *known) if standing else ())
        exports.export(desk.database, wish, out, now=NOW, **desk.words)
    assert [(row.phone, row.priority, row.fields) for row in read_again(path)] == [
        (row.phone, row.priority, row.fields) for row in made
    ]
