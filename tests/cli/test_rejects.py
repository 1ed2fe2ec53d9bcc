"""The file of rejected rows: corrected and imported, once, twice and in whatever program, it has what the first one had."""

import csv
from pathlib import Path

import pytest

from harness.xlsx import write_xlsx

FORMULA = "=1+1"
NUMBER = "+14155551234"


def rows_of(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def refused(cli, path):
    """Imports the file, of which no row can be used; returns its file of rejected rows."""
    cli.refused(65, "list", "import", "june", path)
    return path.with_name(f"{path.stem}.rejects.csv")


@pytest.fixture
def june(cli):
    cli.ok("list", "create", "june")
    return cli


def test_a_formula_is_behind_one_quote_however_often_its_row_is_rejected(june):
    first = refused(june, june.file(f"phone_number,note\nnonsense,{FORMULA}\n"))
    second = refused(june, first)
    third = refused(june, second)
    assert [rows_of(path)[1][1] for path in (first, second, third)] == [f"'{FORMULA}"] * 3
    corrected = june.file(third.read_text("utf-8-sig").replace("nonsense", NUMBER), "corrected.csv")
    june.ok("list", "import", "june", corrected)
    assert june.json("list", "leads", "june")[0]["fields"] == {"note": FORMULA}


def test_the_rejected_rows_of_an_export_have_what_the_leads_had(june):
    june.ok("list", "import", "june", june.file(f"phone_number,note\n{NUMBER},{FORMULA}\n"))
    exported = june.file(june.ok("list", "export", "june").replace(NUMBER, "nonsense"), "exported.csv")
    rejects = refused(june, exported)
    assert rows_of(rejects)[1][1] == f"'{FORMULA}"
    assert rows_of(refused(june, rejects))[1][1] == f"'{FORMULA}"


def test_a_row_that_was_refused_before_it_was_read_comes_out_of_a_workbook_as_it_was(june):
    rows = [["phone_number", "note", "rejected_because", "rejected_line"], [1.5e19, f"'{FORMULA}", "x", "2"]]
    rejects = refused(june, write_xlsx(june.folder / "people.xlsx", {"s": rows}))
    assert rows_of(rejects)[1][1] == f"'{FORMULA}"
    assert "last digits the spreadsheet has lost" in rows_of(rejects)[1][2]


def test_no_title_of_a_file_of_rejects_is_a_formula_and_titles_stay_what_they_were(june):
    title = "=HYPERLINK(evil)"
    first = refused(june, june.file(f"phone_number,{title}\nnonsense,x\n"))
    second = refused(june, first)
    assert rows_of(first)[0] == rows_of(second)[0] == ["phone_number", f"'{title}", "rejected_because", "rejected_line"]
    fixed = june.file(second.read_text("utf-8-sig").replace("nonsense", NUMBER), "fixed.csv")
    june.ok("list", "import", "june", fixed, "--map", f"{title}=link")
    assert june.json("list", "leads", "june")[0]["fields"] == {"link": "x"}


def test_a_dry_run_escapes_its_file_of_rejects_too(june):
    first = refused(june, june.file(f"phone_number,=x\nnonsense,{FORMULA}\n"))
    out = june.folder / "dry.csv"
    june.refused(65, "list", "import", "june", first, "--dry-run", "--rejects", out)
    assert (rows_of(out)[0][1], rows_of(out)[1][1]) == ("'=x", f"'{FORMULA}")
