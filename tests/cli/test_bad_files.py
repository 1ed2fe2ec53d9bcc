"""What comes from outside and is not a list: each import fails alone in one line, or gives the right rows."""

import os
import resource
import subprocess
import sys

import pytest

from harness.xlsx import HEAD, MAIN, write_xlsx

HEADER = "phone_number,first_name\n"
GOOD = "+14155551234,John\n"

BAD_NUMBERS = {
    "ampersand": ("+14155551234&PJSIP/1", "cannot be dialed: &"),
    "slash": ("+1415555/1234", "cannot be dialed: /"),
    "at": ("+14155551234@trunk", "has letters|cannot be dialed: @"),
    "semicolon": ("+14155551234;", "cannot be dialed: ;"),
    "comma": ('"+14155551234,,1"', "cannot be dialed: ,"),
    "CR": ('"+14155551234\r"', "line break"),
    "LF": ('"+14155551234\n"', "line break"),
    "letters": ("1-800-FLOWERS", "letters"),
    "pause": ("+14155551234w1", "letters"),
    "star": ("*72", "cannot be dialed: *"),
    "plus alone": ("+", "no digits"),
    "400 digits": ("1" * 400, "too long"),
    "Arabic digits": ("+١٤١٥٥٥٥١٢٣٤", "digits must be 0 to 9"),
    "full-width digits": ("+１４１５５５５１２３４", "digits must be 0 to 9"),
    "rounded": ("5.55E+09", "rounded by a spreadsheet"),
    "decimal": ("12015550123.0", "made a decimal number by a spreadsheet"),
    "premium": ("+19005551234", "premium"),
    "satellite": ("+881612345678", "satellite"),
    "emergency": ("911", "too short|short number"),
    "short": ("+1911", "too short"),
    "empty": ("", "empty"),
}


@pytest.mark.parametrize(("number", "reason"), BAD_NUMBERS.values(), ids=BAD_NUMBERS)
def test_a_number_that_must_not_be_dialed_is_a_rejected_row_with_its_line_and_reason(cli, number, reason):
    cli.ok("list", "create", "june", "--region", "US")
    answer = cli.json("list", "import", "june", cli.file(f"{HEADER}{GOOD}{number},Eve\n"))
    assert (answer["rows"], answer["imported"], answer["rejected"]) == (2, 1, 1)
    rejected = cli.file((cli.folder / "list.rejects.csv").read_text("utf-8-sig"), "rejects.csv").read_text()
    assert any(word in rejected for word in reason.split("|")), rejected
    assert rejected.rstrip().endswith(",3")
    assert [lead["lead"]["phone"] for lead in cli.json("list", "leads", "june")] == ["+14155551234"]


HOSTILE_NAMES = [
    'a "quoted" name',
    "O'Neil, Jr.",
    "back\\slash",
    "${SHELL(id)}",
    "hangup",
    "200 result=-1",
    "two\r\nlines",
    "\u202edesrever",
    "<script>alert(1)</script>",
    '"><img onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "+1-2",
    "-2+3",
    "@SUM(A1)",
    "\ttab",
    "\rCR",
    "🏳️‍🌈 e\u0301",
]


def test_hostile_names_are_stored_as_they_are(cli):
    cli.ok("list", "create", "june")
    quoted = ['"' + name.replace('"', '""') + '"' for name in HOSTILE_NAMES]
    rows = "".join(f"+1415555{n:04d},{name}\n" for n, name in enumerate(quoted, 1000))
    assert cli.json("list", "import", "june", cli.file(HEADER + rows))["imported"] == len(HOSTILE_NAMES)
    assert [lead["fields"]["first_name"] for lead in cli.json("list", "leads", "june")] == HOSTILE_NAMES


@pytest.mark.parametrize("name", ["a\0b", "x" * 1_000_000])
def test_a_name_with_nul_or_of_a_megabyte_is_a_rejected_row(cli, name):
    cli.ok("list", "create", "june")
    answer = cli.json("list", "import", "june", cli.file(f"{HEADER}{GOOD}+14155555678,{name}\n"))
    assert (answer["imported"], answer["rejected"]) == (1, 1)


def test_columns_with_names_of_commands_become_harmless_fields(cli):
    cli.ok("list", "create", "june")
    path = cli.file("phone_number,CHANNEL(x),__proto__,${EXTEN}\n+14155551234,a,b,c\n")
    cli.ok("list", "import", "june", path)
    assert cli.json("list", "leads", "june")[0]["fields"] == {"channel_x": "a", "proto": "b", "exten": "c"}


def wide(count):
    return ",".join(["phone_number", *(f"c{n}" for n in range(count))]) + "\n"


BAD_FILES = {
    "unterminated quote": (HEADER + GOOD + '+14155555678,"Jane\n' + GOOD * 300, "line 3: a quote"),
    "10,000 columns": (wide(9_999), "line 1: has 10,000 columns; at most 500 are read"),
    "mixed encodings": (
        (HEADER + "+14155551234,Zoë\n").encode() + "+14155555678,Zoë\n".encode("cp1252"),
        "line 3: byte 0xeb is not UTF-8",
    ),
    "UTF-16 without a mark": ((HEADER + GOOD).encode("utf-16-le"), "if this is UTF-16"),
    "duplicate headers": ("phone_number,Name,name\n+14155551234,a,b\n", "the columns 'Name' and 'name' both mean name"),
    "two numbers": ("Phone,Mobile\n+14155551234,+14155555678\n", "several columns may be the phone number"),
    "empty": ("", "is empty; the first line must name the columns"),
    "blank": ("\n\n\n", "is empty; the first line must name the columns"),
    "HTML named .csv": ("<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n", "is HTML or XML, not CSV"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "is an old Excel file"),
    "PDF": (b"%PDF-1.7\n", "is a PDF file"),
    "random bytes": (bytes(range(1, 256)) * 40, "is not UTF-8"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_list_is_one_line_with_the_place_and_the_list_stays_as_it_was(cli, content, message):
    cli.ready("june")
    before = cli.json("list", "leads", "june")
    refused = cli.refused(65, "list", "import", "june", cli.file(content, "bad.csv"))
    assert message in refused
    assert "bad.csv" in refused
    assert cli.json("list", "leads", "june") == before
    assert cli.json("list", "show", "june")["status"] == "ready"


GOOD_FILES = {
    "UTF-16": (HEADER + "+14155551234,Zoë\n+14155555678,Łuk\n").encode("utf-16"),
    "UTF-8 with a mark": (HEADER + "+14155551234,Zoë\n+14155555678,Łuk\n").encode("utf-8-sig"),
    "CR only": (HEADER + "+14155551234,Zoë\n+14155555678,Łuk\n").replace("\n", "\r").encode(),
    "CR LF": (HEADER + "+14155551234,Zoë\n+14155555678,Łuk\n").replace("\n", "\r\n").encode(),
    "no last line end": (HEADER + "+14155551234,Zoë\n+14155555678,Łuk").encode(),
    "a tab between": "phone_number\tfirst_name\n+14155551234\tZoë\n+14155555678\tŁuk\n".encode(),
    "a bar between": "phone_number|first_name\n+14155551234|Zoë\n+14155555678|Łuk\n".encode(),
    "all quoted": '"phone_number";"first_name"\n"+14155551234";"Zoë"\n"+14155555678";"Łuk"\n'.encode(),
}


@pytest.mark.parametrize("content", GOOD_FILES.values(), ids=GOOD_FILES)
def test_every_way_a_program_writes_csv_gives_the_same_leads(cli, content):
    cli.ok("list", "create", "june")
    assert cli.json("list", "import", "june", cli.file(content))["imported"] == 2
    assert [lead["fields"]["first_name"] for lead in cli.json("list", "leads", "june")] == ["Zoë", "Łuk"]


def limited(cli, path, megabytes=600):
    """`list import` in a process that may have so much memory: its exit code and its last words."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1024**2,) * 2)

    command = [sys.executable, "-m", "dialerd", "--config", str(cli.config), "list", "import", "june", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, preexec_fn=limit, timeout=100)
    return done.returncode, done.stderr


def test_a_line_of_200_mb_is_refused_in_constant_memory(cli):
    cli.ok("list", "create", "june")
    path = cli.folder / "endless.csv"
    with path.open("wb") as out:
        out.write((HEADER + GOOD + "+14155555678,").encode())
        for _ in range(200):
            out.write(b"x" * 1024**2)
    code, said = limited(cli, path)
    assert (code, "line 3: is longer than" in said) == (65, True), said
    assert cli.json("list", "show", "june")["status"] == "failed"


def test_a_file_of_5_gb_is_refused_unread(cli):
    cli.ok("list", "create", "june")
    path = cli.folder / "huge.csv"
    with path.open("wb") as out:
        out.write((HEADER + GOOD).encode())
    os.truncate(path, 5 * 1024**3)
    assert "has more than 4 GB; split it" in cli.refused(65, "list", "import", "june", path)
    assert "has more than 4 GB" in cli.refused(65, "list", "preview", path)
    assert cli.json("list", "show", "june")["status"] == "draft"


def test_a_workbook_that_unpacks_to_billions_of_cells_costs_its_own_import_and_nothing_else(cli):
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{far}</sheetData></worksheet>'
    cli.ready("june")
    path = write_xlsx(cli.folder / "bomb.xlsx", {"s": sheet})
    assert "cannot be unpacked within" in cli.refused(65, "list", "import", "june", path)
    shown = cli.json("list", "show", "june")
    assert (shown["status"], shown["leads"]["dialable"]) == ("ready", 3)


def test_what_is_no_file_is_refused(cli):
    cli.ok("list", "create", "june")
    os.mkfifo(cli.folder / "pipe.csv")
    assert "not a regular file" in cli.refused(65, "list", "import", "june", cli.folder / "pipe.csv")
    assert "not a regular file" in cli.refused(65, "list", "import", "june", "/dev/zero")
    assert "not a regular file" in cli.refused(65, "list", "preview", "/dev/zero")
