"""Workbooks: the same rows as from CSV, numbers as they were typed, and bombs that harm nobody."""

import resource
import zipfile
from datetime import UTC, date, datetime

import pytest

from dialerd.domain.errors import BadInput
from dialerd.domain.phone import NumberRules, PhonePolicy
from dialerd.ingest.columns import choose_columns
from dialerd.ingest.csvfile import BadRow, Row
from dialerd.ingest.leadfile import Reading, open_leads
from dialerd.ingest.rows import RowReader
from harness.xlsx import HEAD, MAIN, write_xlsx

HEADER = ["phone_number", "first_name"]


@pytest.fixture
def read(tmp_path):
    """Reads a workbook with these sheets: its header and rows."""

    def read_sheets(sheets, *, sheet=None, name="list.xlsx", parts=None):
        path = write_xlsx(tmp_path / name, sheets, parts)
        with open_leads(path, Reading(sheet=sheet)) as file:
            return file.header, list(file.rows())

    return read_sheets


def test_a_workbook_gives_its_rows_with_the_number_the_spreadsheet_shows(read):
    header, rows = read({"People": [None, HEADER, ["+14155551234", "Siân"], None, ["+14155555678", 'J"o, x']]})
    assert header == ("phone_number", "first_name")
    assert rows == [
        Row(3, ("+14155551234", "Siân"), "+14155551234,Siân"),
        Row(5, ("+14155555678", 'J"o, x'), '+14155555678,"J""o, x"'),
    ]


def test_the_first_sheet_is_read_unless_another_is_named(read):
    sheets = {"One": [HEADER, ["+1", "a"]], "Two": [HEADER, ["+2", "b"]]}
    assert read(sheets)[1][0].cells == ("+1", "a")
    assert read(sheets, sheet="Two")[1][0].cells == ("+2", "b")
    with pytest.raises(BadInput, match="has no sheet 'Three', only: One, Two"):
        read(sheets, sheet="Three")


def test_numbers_are_whole_dates_are_iso_and_truth_is_written_out(read):
    _, rows = read({"s": [HEADER, [14155551234.0, 10.5], [1, 0.1 + 0.2], [2, date(2026, 11, 21)], [3, True]]})
    assert [row.cells for row in rows] == [("14155551234", "10.5"), ("1", "0.3"), ("2", "2026-11-21"), ("3", "TRUE")]
    _, rows = read({"s": [HEADER, [1, datetime(2026, 11, 21, 9, 30, tzinfo=UTC)], [2, "2026-11-21"]]})
    assert [row.cells[1] for row in rows] == ["2026-11-21T09:30:00", "2026-11-21"]


def test_a_number_whose_digits_the_spreadsheet_lost_is_rejected_with_its_row(read):
    _, rows = read({"s": [HEADER, [1.4155551234e20, "a"], [2**53, "b"], ["+1", 2.0**60]]})
    assert [(row.line, type(row)) for row in rows] == [(2, BadRow), (3, Row), (4, BadRow)]
    assert "whose last digits the spreadsheet has lost" in rows[0].reason
    assert rows[0].cells == ("1.4155551234e+20", "a")


def test_a_phone_number_with_a_fraction_is_rejected_and_one_without_is_read(read):
    header, rows = read({"s": [HEADER, [4155551234.5, "a"], [4155551234.0, "b"]]})
    reader = RowReader(choose_columns(header), NumberRules(PhonePolicy.CLEAN, "US"))
    bad, good = map(reader.read, rows)
    assert "made a decimal number by a spreadsheet" in bad.reason
    assert good.phone == "+14155551234"


def test_columns_that_are_empty_around_the_table_do_not_count(read):
    header, rows = read({"s": [[None, *HEADER, None], [None, "+1", "a"], [None, "+2"], [None, "+3", "c", "more"]]})
    assert header == ("phone_number", "first_name")
    assert [row.cells for row in rows[:2]] == [("+1", "a"), ("+2", "")]
    assert rows[2].reason.startswith("has 3 cells but the header has 2")


def test_a_workbook_is_known_by_its_content_and_not_by_its_name(read):
    assert read({"s": [HEADER, ["+1", "a"]]}, name="list.csv")[1][0].cells == ("+1", "a")


def test_a_sheet_of_a_csv_file_is_refused(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("phone_number\n+1\n")
    with pytest.raises(BadInput, match="has no sheets, it is no workbook"), open_leads(path, Reading(sheet="One")):
        pass


def test_an_empty_sheet_has_no_header(read):
    for rows in ([], [None, ["", " "]]):
        with pytest.raises(BadInput, match="is empty; the first row must name the columns"):
            read({"s": rows})


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("<worksheet", "cannot be unpacked|damaged"),
        (f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><v>x', "cannot be unpacked|damaged|empty"),
        ("", "cannot be unpacked|damaged|empty"),
    ],
)
def test_a_damaged_workbook_is_one_clear_line(read, xml, message):
    with pytest.raises(BadInput, match=message) as refused:
        read({"s": xml})
    assert "\n" not in str(refused.value)


def test_a_workbook_that_claims_billions_of_cells_fails_alone(read):
    far = '<row r="1"><c r="A1" t="inlineStr"><is><t>phone_number</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadInput, match=r"cannot be unpacked within 1,024 MB of memory, .* save the sheet as CSV"):
        read({"s": f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{far}</sheetData></worksheet>'})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_zip_bomb_is_refused_before_it_is_unpacked(read, tmp_path):
    path = write_xlsx(tmp_path / "bomb.xlsx", {"s": [HEADER, ["+1", "a"]]})
    with zipfile.ZipFile(path, "a") as out:
        out.writestr("xl/media/0", "")
        out.filelist[-1].file_size = 2**31
    with pytest.raises(BadInput, match=r"unpacks to 2,048 MB in 7 parts"), open_leads(path, Reading()):
        pass


def test_a_zip_bomb_that_lies_about_its_size_fails_alone(tmp_path):
    path = write_xlsx(tmp_path / "bomb.xlsx", {"s": [HEADER, ["+1", "a"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as out:
        texts = f'<sst xmlns="{MAIN}"><si><t>' + "x" * 300_000_000
        out.writestr("xl/sharedStrings.xml", texts)
        out.filelist[-1].file_size = 100
    with pytest.raises(BadInput, match=r"cannot be unpacked|damaged"), open_leads(path, Reading()):
        pass


def test_a_workbook_of_too_many_parts_is_refused(read):
    with pytest.raises(BadInput, match="more than a list has"):
        read({"s": [HEADER]}, parts={f"x/{n}": "" for n in range(10_001)})


def test_hostile_texts_come_through_as_they_are(read):
    hostile = "=cmd|' /C calc'!A0 \u202e<script>${SHELL(id)} \\ line\nbreak"
    assert read({"s": [HEADER, ["+1", hostile]]})[1][0].cells[1] == hostile


def test_a_sheet_with_ten_thousand_columns_is_refused(read):
    cells = "".join('<c t="inlineStr"><is><t>x</t></is></c>' for _ in range(10_000))
    with pytest.raises(BadInput, match="has 10,000 columns; at most 500"):
        read({"s": f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData><row>{cells}</row></sheetData></worksheet>'})


def test_an_import_that_stops_in_the_middle_leaves_no_process_behind(tmp_path):
    path = write_xlsx(tmp_path / "list.xlsx", {"s": [HEADER, *([f"+1415555{n:04d}", "a"] for n in range(2000))]})
    with open_leads(path, Reading()) as file:
        assert next(file.rows()).line == 2
        assert file.progress() == (2, 2001)
        process = file._process
        assert process.poll() is None
    assert process.returncode is not None
