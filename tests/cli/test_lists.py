"""`dialerd list`: what a list owner types, and what is refused."""

import contextlib
import csv
import json
import os
import pty
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from harness.lifetime import begin_import

HEADER = "phone_number,first_name\n"


def test_a_list_is_a_draft_until_a_file_is_imported_and_ready_after_it(cli):
    assert cli.json("list", "create", "june")["status"] == "draft"
    cli.ok("list", "import", "june", cli.file(HEADER + "+14155551234,John\n"))
    shown = cli.json("list", "show", "june")
    assert (shown["status"], shown["leads"]["total"], shown["leads"]["dialable"]) == ("ready", 1, 1)


def test_a_list_with_a_region_cleans_numbers_and_one_without_is_strict(cli):
    assert cli.json("list", "create", "a", "--region", "us")["policy"] == "clean"
    assert cli.json("list", "create", "b")["policy"] == "strict"
    assert cli.json("list", "create", "c", "--region", "GB", "--policy", "strict")["policy"] == "strict"


def test_strict_takes_e164_only_and_clean_repairs(cli):
    path = cli.file(HEADER + '"(415) 555-1234",John\n+14155555678,Jane\n')
    cli.ok("list", "create", "strict")
    cli.ok("list", "create", "clean", "--region", "US")
    assert cli.json("list", "import", "strict", path)["imported"] == 1
    assert cli.json("list", "import", "clean", path)["imported"] == 2
    assert [lead["lead"]["phone"] for lead in cli.json("list", "leads", "clean")] == ["+14155551234", "+14155555678"]


def test_a_name_is_taken_once(cli):
    cli.ok("list", "create", "june")
    assert "list june exists already" in cli.refused(1, "list", "create", "june")


@pytest.mark.parametrize("name", ["", " june", "ju\nne", "\x1b[31mred", "x" * 101, "\u202ejune"])
def test_a_name_that_could_deceive_or_break_a_line_is_refused(cli, name):
    assert cli.refused(65, "list", "create", name).startswith("name ")
    assert cli.json("list", "list") == []


def test_a_region_that_is_none_is_refused(cli):
    assert "region 'Texas': is not a country code" in cli.refused(65, "list", "create", "june", "--region", "Texas")


def test_an_unknown_list_names_the_nearest_one(cli):
    cli.ok("list", "create", "june-2026")
    for command in (["show", "june2026"], ["leads", "june2026"], ["import", "june2026", cli.file(HEADER + "+1,a\n")]):
        assert cli.refused(1, "list", *command).startswith("list june2026 does not exist; did you mean june-2026?")


def test_lists_are_found_by_a_part_of_their_name_in_any_case(cli):
    for name in ("June", "july", "100%_x"):
        cli.ok("list", "create", name)
    assert [found["name"] for found in cli.json("list", "list", "--search", "JU")] == ["June", "july"]
    assert [found["name"] for found in cli.json("list", "list", "--search", "%_")] == ["100%_x"]
    assert cli.json("list", "list", "--search", "\udcff") == []


def test_an_import_accounts_for_every_row_in_its_json(cli):
    cli.ok("list", "create", "june", "--region", "US")
    path = cli.file(HEADER + "+14155551234,John\n415-555-1234,Johnny\nnonsense,X\n+14155555678,Jane\n,Y\n")
    answer = cli.json("list", "import", "june", path)
    assert answer.pop("seconds") > 0
    assert answer == {
        "list": "june",
        "version": 1,
        "rows": 5,
        "imported": 2,
        "updated": 0,
        "unchanged": 0,
        "duplicate": 1,
        "dnc": 0,
        "rejected": 2,
        "withdrawn": 0,
        "rejects_file": str(cli.folder / "list.rejects.csv"),
        "same_as": None,
        "out_of_reach": [],
    }


def test_the_demo_list_has_300_rows_of_which_8_are_duplicates_and_10_are_rejected(cli):
    cli.ok("list", "create", "demo", "--region", "US", "--countries", "any")
    demo = files("dialerd.lab") / "data" / "demo.csv"
    answer = cli.json("list", "import", "demo", demo, "--rejects", cli.folder / "rejects.csv")
    assert [answer[name] for name in ("rows", "imported", "duplicate", "rejected")] == [300, 282, 8, 10]


def test_rejected_rows_are_written_with_reason_and_line_and_can_be_corrected_and_imported(cli):
    cli.ok("list", "create", "june", "--region", "US")
    path = cli.file('phone_number,first_name\n+14155551234,John\nnonsense,"=cmd, ""x"""\n')
    rejects = cli.json("list", "import", "june", path)["rejects_file"]
    with Path(rejects).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows == [
        {
            "phone_number": "nonsense",
            "first_name": '\'=cmd, "x"',
            "rejected_because": "phone number: has letters in it: write digits only, without extension or pause",
            "rejected_line": "3",
        }
    ]
    with Path(rejects).open(encoding="utf-8-sig") as lines:
        corrected = cli.file(lines.read().replace("nonsense", "+14155555678"), "corrected.csv")
    assert cli.json("list", "import", "june", corrected)["imported"] == 1
    assert cli.json("list", "leads", "june")[1]["fields"] == {"first_name": '=cmd, "x"'}


def test_a_file_of_rejects_that_may_hold_corrections_is_never_replaced(cli):
    cli.ok("list", "create", "june")
    path = cli.file(HEADER + "+14155551234,John\n12,Jane\n")
    first = cli.json("list", "import", "june", path)["rejects_file"]
    second = cli.json("list", "import", "june", path)["rejects_file"]
    assert (first, second) == (str(cli.folder / "list.rejects.csv"), str(cli.folder / "list.rejects-2.csv"))


def test_without_rejected_rows_there_is_no_file_of_them(cli):
    cli.ready("june")
    assert sorted(path.name for path in cli.folder.glob("*reject*")) == []


def test_the_rejects_can_be_written_elsewhere_and_where_they_cannot_nothing_is_imported(cli):
    cli.ok("list", "create", "june")
    path = cli.file(HEADER + "+14155551234,John\n12,Jane\n")
    assert "--rejects" in cli.refused(65, "list", "import", "june", path, "--rejects", cli.folder / "no" / "out.csv")
    assert cli.json("list", "show", "june")["leads"]["total"] == 0
    assert cli.json("list", "import", "june", path, "--rejects", cli.folder / "out.csv")["rejected"] == 1
    assert (cli.folder / "out.csv").exists()


def test_importing_the_same_file_again_changes_nothing_and_says_so(cli):
    cli.ready("june")
    answer = cli.ok("list", "import", "june", cli.file((cli.folder / "list.csv").read_bytes()))
    assert "3 rows = 0 imported + 3 unchanged" in answer
    assert "The same file was imported as version 1." in answer
    assert cli.json("list", "import", "june", cli.folder / "list.csv")["same_as"] == 1
    assert cli.json("list", "import", "june", cli.folder / "list.csv", "--dry-run")["same_as"] == 1
    assert cli.json("list", "show", "june")["leads"]["dialable"] == 3


def test_a_second_file_adds_what_the_list_does_not_have(cli):
    cli.ready("june")
    answer = cli.json("list", "import", "june", cli.file(HEADER + "+14155551234,Jack\n+14155550000,New\n"))
    assert (answer["version"], answer["imported"], answer["unchanged"]) == (2, 1, 1)
    names = [lead["fields"]["first_name"] for lead in cli.json("list", "leads", "june")]
    assert names == ["John", "Jane", "Siân", "New"]


BAD_FILES = {
    "empty": (b"", "is empty; the first line must name the columns"),
    "header only": (HEADER, "has a header but no rows"),
    "no phone column": ("name,city\nJohn,Rome\n", "there is no phone_number column, only: name, city"),
    "no header": ("+14155551234,John\n", "there is no header: line 1 begins '+14155551234'"),
    "wrong encoding": ((HEADER + "+14155551234,Zoë\n").encode("cp1252"), "line 2: byte 0xeb is not UTF-8"),
    "unterminated quote": (HEADER + '+14155551234,"John\n', "line 2: a quote"),
    "no valid row": (HEADER + "12,John\n13,Jane\n", "none of 2 rows can be used, the first (line 2): phone number: "),
    "a spreadsheet": (b"PK\x03\x04", "is a spreadsheet or zip file, not CSV"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_used_is_one_clear_line_and_a_failed_list(cli, content, message):
    cli.ok("list", "create", "june")
    assert message in cli.refused(65, "list", "import", "june", cli.file(content))
    shown = cli.json("list", "show", "june")
    assert (shown["status"], shown["leads"]["total"]) == ("failed", 0)
    assert message in shown["versions"][0]["error"]


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_failed_import_leaves_an_earlier_version_as_it_was(cli, content, message):
    cli.ready("june")
    before = cli.json("list", "leads", "june")
    assert message in cli.refused(65, "list", "import", "june", cli.file(content))
    shown = cli.json("list", "show", "june")
    assert (shown["status"], shown["current_version"]) == ("ready", 1)
    assert cli.json("list", "leads", "june") == before


def test_a_file_that_is_not_there_makes_no_version(cli):
    cli.ok("list", "create", "june")
    refused = cli.refused(65, "list", "import", "june", cli.folder / "none.csv")
    assert f"cannot be opened: No such file or directory; look for it in {cli.folder}" in refused
    refused = cli.refused(65, "list", "import", "june", cli.folder / "none" / "june.csv")
    assert f"there is no folder {cli.folder}/none either" in refused
    assert "is a folder" in cli.refused(65, "list", "import", "june", cli.folder)
    assert cli.json("list", "show", "june")["status"] == "draft"


def test_a_file_in_another_encoding_or_with_another_phone_column_is_imported_when_it_is_named(cli):
    cli.ok("list", "create", "june")
    path = cli.file("Phone;Mobile;name\n+14155551234;+14155555678;Zoë\n".encode("cp1252"))
    options = ("--encoding", "cp1252", "--phone-column", "mobile", "--delimiter", "semicolon")
    assert cli.json("list", "import", "june", path, *options)["imported"] == 1
    (lead,) = cli.json("list", "leads", "june")
    assert lead["lead"]["phone"] == "+14155555678"
    assert lead["fields"] == {"phone": "+14155551234", "name": "Zoë"}


def test_hostile_text_is_kept_as_it_is_and_shown_without_its_power(cli):
    hostile = "\x1b[2J\u202e${SHELL(id)},[red]"
    cli.ok("list", "create", "june")
    cli.ok("list", "import", "june", cli.file(f'phone_number,first_name\n+14155551234,"{hostile}"\n'))
    assert cli.json("list", "leads", "june")[0]["fields"] == {"first_name": hostile}
    assert "\\x1b[2J\\u202e${SHELL(id)},[red]" in cli.ok("list", "leads", "june")


def test_leads_are_shown_page_by_page_and_by_disposition(cli):
    cli.ready("june")
    first = cli.json("list", "leads", "june", "--limit", "2")
    rest = cli.json("list", "leads", "june", "--after", first[-1]["lead"]["lead_id"])
    assert [lead["lead"]["phone"] for lead in first + rest] == ["+14155551234", "+14155555678", "+442071838750"]
    assert len(cli.json("list", "leads", "june", "--disposition", "new")) == 3
    assert cli.json("list", "leads", "june", "--disposition", "busy") == []


def test_people_read_tables(cli):
    cli.ready("june")
    assert "june" in cli.ok("list", "list")
    shown = cli.ok("list", "show", "june")
    assert "Ready" in shown
    assert "list.csv" in shown
    assert "Siân" in cli.ok("list", "leads", "june")


def test_an_import_that_goes_on_shows_its_rows_and_percent_to_whoever_looks(cli):
    cli.ok("list", "create", "june")
    begin_import(cli, "june")
    how_far = "UPDATE list_versions SET rows = 4500, phase = 'withdrawing', position = 30, size = 40"
    cli.write(lambda conn, _now: conn.exec_driver_sql(how_far))
    (version,) = cli.json("list", "show", "june")["versions"]
    assert (version["rows"], version["phase"], version["done"], version["of"]) == (4500, "withdrawing", 30, 40)
    assert cli.json("list", "versions", "june") == [version]
    assert "4,500 rows; withdrawing, 75 %" in cli.ok("list", "show", "june")
    assert "withdrawing, 75 %" in cli.ok("list", "versions", "june")


def all_of(terminal):
    """What is written to the terminal until nobody has it open any more."""
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as screen, contextlib.suppress(OSError):
        while more := screen.read(65536):
            shown += more
    return shown.decode(errors="replace")


def test_a_terminal_shows_progress_and_the_answer_stays_clean(cli):
    cli.ok("list", "create", "june")
    path = cli.file(HEADER + "".join(f"+1202{n}," + "\n" for n in range(2_000_000, 2_002_000)))
    command = [
        sys.executable,
        "-m",
        "dialerd",
        "--config",
        str(cli.config),
        "list",
        "import",
        "june",
        str(path),
        "--json",
    ]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        shown = all_of(ours)
        answer = json.loads(process.stdout.read())
    assert answer["imported"] == 2000
    assert "reading" in shown
    assert "100%" in shown
    assert "2,000 rows" in shown
