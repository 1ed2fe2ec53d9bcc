"""`dialerd list preview`, `list example` and `mapping`: what a file would become, before it is imported."""

import pytest

from harness.xlsx import write_xlsx

SUPPLIER = "Cell;Vorname;ZIP;Fax;Loan Id\n(415) 555-1234;Zoë;94103;1;A1\n12;Max;;2;A2\n4155551234;Zoe;;3;A3\n"


def test_a_preview_shows_encoding_delimiter_mapping_and_what_the_first_rows_become(cli):
    found = cli.json("list", "preview", cli.file(SUPPLIER), "--region", "us")
    assert [found[name] for name in ("kind", "encoding", "delimiter", "guess")] == ["csv", "utf-8", "semicolon", None]
    assert [found[name] for name in ("rows", "usable", "repeated", "rejected", "whole")] == [3, 1, 1, 1, True]
    fields = {column["title"]: column["field"] for column in found["columns"]}
    assert fields == {
        "Cell": "phone_number",
        "Vorname": "first_name",
        "ZIP": "postal_code",
        "Fax": "fax",
        "Loan Id": "loan_id",
    }
    first, second, _ = found["first"]
    assert (first["line"], first["number"], first["phone"]) == (2, "(415) 555-1234", "+14155551234")
    assert (first["zone"], first["fields"]["first_name"]) == ("America/Los_Angeles", "Zoë")
    assert second["phone"] is None
    assert second["rejected"].startswith("phone number: ")
    assert found["reasons"] == [[second["rejected"], 1]]


def test_a_preview_for_a_list_goes_by_its_rules_and_changes_nothing(cli):
    cli.ok("list", "create", "strict")
    cli.ok("list", "create", "clean", "--region", "US")
    path = cli.file(SUPPLIER)
    assert cli.json("list", "preview", path, "--list", "strict")["usable"] == 0
    assert cli.json("list", "preview", path, "--list", "clean")["usable"] == 1
    assert cli.json("list", "show", "clean")["status"] == "draft"
    assert cli.json("list", "show", "clean")["versions"] == []
    assert "did you mean clean" in cli.refused(1, "list", "preview", path, "--list", "clear")


def test_people_see_a_preview_as_tables(cli):
    shown = cli.ok("list", "preview", cli.file(SUPPLIER), "--region", "US", "--rows", "2", "--map", "Fax=-")
    assert "CSV in utf-8, separated by semicolon; numbers: clean, national numbers of US." in shown
    for text in ("postal_code", "(left out)", "+14155551234", "America/Los_Angeles", "rejected: phone number: "):
        assert text in shown
    assert "3 rows = 1 numbers + 1 repeated + 1 rejected" in shown


def test_a_file_that_is_not_utf_8_is_shown_in_the_encoding_it_looks_like(cli):
    path = cli.file("phone_number,first_name\n+14155551234,Bj\u00f6rn\n".encode("cp1252"))
    found = cli.json("list", "preview", path)
    assert found["guess"] == {"encoding": "cp1252", "line": 2, "text": "+14155551234,Björn"}
    assert found["first"][0]["fields"] == {"first_name": "Björn"}
    assert "import with --encoding cp1252" in cli.ok("list", "preview", path)
    cli.ok("list", "create", "june")
    assert "is not UTF-8" in cli.refused(65, "list", "import", "june", path)
    assert cli.json("list", "import", "june", path, "--encoding", "cp1252")["imported"] == 1


def test_a_named_encoding_is_believed_in_a_preview(cli):
    path = cli.file("phone_number,first_name\n+14155551234,Bj\u00f6rn\n".encode("cp1252"))
    found = cli.json("list", "preview", path, "--encoding", "cp1251")
    assert (found["guess"], found["first"][0]["fields"]) == (None, {"first_name": "Bjцrn"})


def test_a_preview_of_a_file_that_cannot_be_used_says_why(cli):
    assert "there is no phone_number column" in cli.refused(65, "list", "preview", cli.file("name\nJohn\n"))
    assert "No such file" in cli.refused(65, "list", "preview", cli.folder / "none.csv")
    assert "region 'Texas'" in cli.refused(65, "list", "preview", cli.file(SUPPLIER), "--region", "Texas")
    assert cli("list", "preview", cli.file(SUPPLIER), "--region", "US", "--list", "june").code == 2


def test_hostile_text_has_no_power_in_a_preview(cli):
    path = cli.file('phone_number,"a\x1b[2J"\n+14155551234,\x1b[31m\u202ered\n')
    shown = cli.ok("list", "preview", path)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_workbook_is_previewed_and_imported_like_csv(cli):
    sheets = {"Notes": [["nothing"]], "People": [["Phone", "First Name"], [14155551234.0, "Zoë"], [12.5, "Max"]]}
    path = write_xlsx(cli.folder / "people.xlsx", sheets)
    assert "there is no phone_number column" in cli.refused(65, "list", "preview", path)
    found = cli.json("list", "preview", path, "--sheet", "People", "--region", "US")
    assert (found["kind"], found["usable"], found["rejected"]) == ("xlsx", 1, 1)
    cli.ok("list", "create", "june", "--region", "US")
    answer = cli.json("list", "import", "june", path, "--sheet", "People")
    assert (answer["imported"], answer["rejected"]) == (1, 1)
    (lead,) = cli.json("list", "leads", "june")
    assert (lead["lead"]["phone"], lead["fields"]) == ("+14155551234", {"first_name": "Zoë"})


def test_the_example_is_a_list_that_can_be_imported_as_it_is(cli):
    out = cli.folder / "example.csv"
    cli.ok("list", "example", "--out", out)
    assert out.read_text().splitlines()[:2] == ["phone_number,first_name,last_name", "+14155551234,John,Doe"]
    assert cli.ok("list", "example") == out.read_text()
    assert cli.json("list", "example") == {"file": None, "text": out.read_text()}
    cli.ok("list", "create", "june")
    assert cli.json("list", "import", "june", out)["imported"] == 3


def test_the_example_never_takes_the_place_of_a_file(cli):
    path = cli.file("mine")
    assert "is there already" in cli.refused(65, "list", "example", "--out", path)
    assert path.read_text() == "mine"
    assert "cannot be written" in cli.refused(65, "list", "example", "--out", cli.folder / "no" / "x.csv")


def test_a_mapping_is_saved_once_and_used_for_every_file(cli):
    saved = cli.json("mapping", "save", "supplier", "--map", "Loan Id=external_id", "--map", "Fax=-")
    assert saved["columns"] == {"Loan Id": "external_id", "Fax": "-"}
    cli.ok("list", "create", "june", "--region", "US")
    cli.ok("list", "import", "june", cli.file(SUPPLIER), "--mapping", "supplier")
    assert cli.json("list", "leads", "june")[0]["fields"] == {
        "first_name": "Zoë",
        "postal_code": "94103",
        "external_id": "A1",
    }


def test_a_mapping_can_start_from_what_is_guessed_for_a_file(cli):
    saved = cli.json("mapping", "save", "supplier", "--from", cli.file(SUPPLIER), "--map", "fax=Second Number")
    assert saved["columns"] == {
        "Cell": "phone_number",
        "Vorname": "first_name",
        "ZIP": "postal_code",
        "Fax": "second_number",
        "Loan Id": "loan_id",
    }
    assert "second_number" in cli.ok("mapping", "show", "supplier")


def test_options_go_before_the_mapping(cli):
    cli.ok("mapping", "save", "supplier", "--map", "Cell=phone_number", "--map", "Fax=fax_number")
    path = cli.file("Cell,Fax\n+14155551234,+14155555678\n")
    fields = [
        [column["field"] for column in cli.json("list", "preview", path, "--mapping", "supplier", *more)["columns"]]
        for more in ([], ["--map", "FAX=-"], ["--phone-column", "Fax"], ["--map", "Fax=phone_number"])
    ]
    assert fields == [
        ["phone_number", "fax_number"],
        ["phone_number", "-"],
        ["cell", "phone_number"],
        ["cell", "phone_number"],
    ]


def test_mappings_are_listed_shown_replaced_and_deleted(cli):
    assert "No mappings" in cli.ok("mapping", "list")
    cli.ok("mapping", "save", "b", "--map", "x=city")
    cli.ok("mapping", "save", "a", "--map", "x=city")
    cli.ok("mapping", "save", "a", "--map", "y=state")
    assert [(saved["name"], saved["columns"]) for saved in cli.json("mapping", "list")] == [
        ("a", {"y": "state"}),
        ("b", {"x": "city"}),
    ]
    cli.ok("mapping", "delete", "a")
    assert "mapping a does not exist" in cli.refused(1, "mapping", "show", "a")
    assert "mapping a does not exist" in cli.refused(1, "mapping", "delete", "a")
    assert "did you mean b" in cli.refused(1, "list", "preview", cli.file(SUPPLIER), "--mapping", "bb")


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        (65, [], "maps nothing"),
        (65, ["--map", "a=city", "--map", "b=Town"], "two columns are mapped to city"),
        (65, ["--map", "a=rejected_line"], "cannot be the name of a field"),
        (2, ["--map", "city"], "is not TITLE=FIELD"),
        (2, ["--map", "a=x", "--map", " A=y"], "is mapped twice"),
    ],
)
def test_a_mapping_that_cannot_be_is_not_saved(cli, code, options, message):
    answer = cli("mapping", "save", "supplier", *options)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err
    assert cli.json("mapping", "list") == []


def test_a_mapping_has_a_name_that_can_be_shown(cli):
    for name in ("", " a", "a\nb", "x" * 101):
        assert cli.refused(65, "mapping", "save", name, "--map", "a=b").startswith("name ")


def test_a_title_with_an_equals_sign_can_be_mapped(cli):
    path = cli.file("phone_number,a=b\n+14155551234,x\n")
    assert cli.json("list", "preview", path, "--map", "a=b=city")["columns"][1]["field"] == "city"
