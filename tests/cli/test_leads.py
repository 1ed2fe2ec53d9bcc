"""`dialerd lead find, show, add, edit, close, reset`: what is typed and answered."""

import pytest

JOHN = "+14155551234"


@pytest.fixture
def june(cli):
    cli.ready("june")
    return cli


def test_leads_are_found_by_number_and_by_name(june):
    assert [item["lead"]["phone"] for item in june.json("lead", "find", "+1415")["leads"]] == [JOHN, "+14155555678"]
    (found,) = june.json("lead", "find", "siân")["leads"]
    assert found["fields"] == {"first_name": "Siân"}
    assert "Siân" in june.ok("lead", "find", "SIÂN")
    assert june.ok("lead", "find", "nobody") == "No leads.\n"
    june.ok("lead", "edit", JOHN, "--field", "last_name=Smith")
    assert june.json("lead", "find", "john", "smith") == june.json("lead", "find", "Smith John")
    answer = june("lead", "find", "+1415", "--limit", "1")
    assert "there may be more" in answer.err


def test_leads_are_found_by_filters_alone(june):
    assert len(june.json("lead", "find", "--disposition", "new")["leads"]) == 3
    assert june.json("lead", "find", "--list", "june", "--disposition", "busy")["leads"] == []
    assert "which leads: give a number" in june.refused(65, "lead", "find")


def test_a_lead_is_moved_to_another_list(june):
    june.ok("list", "create", "july")
    assert "(+14155551234) is in list july" in june.ok("lead", "move", JOHN, "july")
    back = june.json("lead", "move", JOHN, "june", "--list", "july")
    assert (back["source"], back["target"], back["moved"]) == ("july", "june", 1)
    june.ok("lead", "add", "july", JOHN)
    assert "list july has this number already" in june.refused(1, "lead", "move", JOHN, "july", "--list", "june")
    said = june.ok("lead", "move", JOHN, "july", "--list", "june", "--duplicates", "update")
    assert "list july has its fields at its own lead" in said


def test_a_lead_is_shown_with_all_that_is_known_of_it(june):
    story = june.json("lead", "show", JOHN)
    assert (story["lead"]["list_name"], story["live"], story["fields"]) == ("june", True, {"first_name": "John"})
    assert [(said["file_name"], said["line"]) for said in story["versions"]] == [("list.csv", 2)]
    shown = june.ok("lead", "show", story["lead"]["lead_id"])
    assert "John" in shown
    assert "list.csv" in shown


def test_a_lead_is_added_changed_closed_and_reset(june):
    made = june.json("lead", "add", "june", "+442079460001", "--field", "First Name=Zoë", "--priority", "3")
    assert (made["phone"], made["priority"], made["disposition"]) == ("+442079460001", 3, "new")
    who = str(made["lead_id"])
    assert "is changed" in june.ok("lead", "edit", who, "--field", "first_name=Zoe=", "--field", "shoe size=42")
    assert june.json("lead", "show", who)["fields"] == {"first_name": "Zoe=", "shoe_size": "42"}
    assert june.json("lead", "close", who, "--reason", "moved away")["closed"] == "closed by hand"
    assert "moved away" in june.ok("lead", "show", who)
    assert "is fresh again, due now" in june.ok("lead", "reset", who)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["show", "+14155550000"], 1, "is in no list"),
        (["show", JOHN, "--list", "july"], 1, "list july does not exist"),
        (["find", " "], 65, "the text to find"),
        (["find", "+1", "--campaign", "autumn"], 1, "campaign autumn does not exist"),
        (["add", "june", JOHN], 1, "already, as lead 1"),
        (["add", "june", "12"], 65, "not in E.164"),
        (["add", "june", "+442079460001", "--field", "x"], 65, "must be NAME=TEXT"),
        (["edit", JOHN], 65, "nothing to change"),
        (["edit", JOHN, "--field", "first_name=John"], 1, "says so already"),
        (["close", JOHN, "--reason", ""], 65, "reason"),
        (["reset", JOHN], 1, "is fresh already"),
    ],
)
def test_what_cannot_be_is_one_clear_line_and_changes_nothing(june, arguments, code, message):
    before = june.json("list", "leads", "june")
    assert message in june.refused(code, "lead", *arguments)
    assert june.json("list", "leads", "june") == before


def test_hostile_text_of_a_lead_is_shown_without_its_power(june):
    june.ok("lead", "edit", JOHN, "--field", "note=\x1b[2J\u202e[red]")
    assert "\\x1b[2J\\u202e[red]" in june.ok("lead", "show", JOHN)


def test_a_lead_may_be_added_that_ends_by_itself(cli):
    cli.ready("june")
    lead = cli.json("lead", "add", "june", "+14155550100", "--expires", "2h")
    assert lead["expires_at"] > lead["created_at"]
    assert "is over already" in cli.refused(65, "lead", "add", "june", "+14155550101", "--expires", "2020-01-01")
