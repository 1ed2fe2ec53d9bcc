"""`dialerd dnc`: numbers put on do-not-call and taken off, files in and out, and what is said about a number."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from dialerd.store import audit

ANN, BEN, CAT = "+14155550101", "+14155550102", "+14155550103"


def on_dnc(cli, number, *options):
    (answer,) = cli.json("dnc", "check", number, *options)["numbers"]
    return answer["on_dnc"]


def imported(cli, content, *options, name="dnc.csv"):
    report = cli.json("dnc", "import", cli.file(content, name), *options)
    counts = {name: report[name] for name in ("added", "updated", "unchanged", "duplicate", "rejected")}
    assert sum(counts.values()) == report["rows"]
    return {name: count for name, count in counts.items() if count}, report


def deeds(cli):
    return [(entry.action, entry.subject) for entry in cli.write(lambda conn, _: audit.page(conn))][::-1]


def test_a_number_is_added_checked_and_removed_however_it_is_spelled(cli):
    said = cli.ok("dnc", "add", "(415) 555-0101", "--region", "us", "--reason", "asked by mail", "--source", "letters")
    assert said == f"{ANN} is on do-not-call for all campaigns\n"
    shown = cli.ok("dnc", "check", "+1 415 555 0101")
    assert shown.startswith(f"{ANN} is on do-not-call for all campaigns\n")
    assert "asked by mail" in shown
    assert "letters" in shown
    cli.ok("dnc", "remove", "0014155550101")
    assert not on_dnc(cli, ANN)
    assert deeds(cli) == [("dnc.add", f"dnc {ANN}"), ("dnc.remove", f"dnc {ANN}")]


def test_adding_twice_says_that_it_was_there(cli):
    cli.ok("dnc", "add", ANN)
    assert cli.ok("dnc", "add", ANN) == f"{ANN} was already on do-not-call for all campaigns\n"
    answer = cli.json("dnc", "add", ANN, BEN)
    assert [entry["outcome"] for entry in answer["entries"]] == ["unchanged", "added"]


def test_an_entry_of_a_campaign_is_about_that_campaign(cli):
    cli.campaign("autumn")
    cli.ok("dnc", "add", ANN, "--campaign", "spring")
    assert not on_dnc(cli, ANN)
    assert on_dnc(cli, ANN, "--campaign", "spring")
    assert not on_dnc(cli, ANN, "--campaign", "autumn")
    assert "may be called" in cli.ok("dnc", "check", ANN, "--campaign", "autumn")


def test_a_prefix_covers_every_number_that_begins_so(cli):
    cli.ok("dnc", "add", "--prefix", "+1415")
    assert on_dnc(cli, ANN)
    assert not on_dnc(cli, "+12025550101")
    said = cli.refused(1, "dnc", "remove", ANN)
    assert said.endswith("it is covered by: prefix +1415 for all campaigns")
    cli.ok("dnc", "remove", "--prefix", "+1415")
    assert not on_dnc(cli, ANN)


def test_an_entry_that_expires_says_until_when(cli):
    cli.ok("dnc", "add", ANN, "--expires", "90d")
    (answer,) = cli.json("dnc", "check", ANN)["numbers"]
    until = datetime.fromisoformat(answer["stopped_by"]["expires_at"])
    assert timedelta(days=89, hours=23) < until - datetime.now(UTC) <= timedelta(days=90)
    assert "until" in cli.ok("dnc", "check", ANN)


@pytest.mark.parametrize(("day", "until"), [("2999-12-31", "3000-01-01T00:00:00.000Z")])
def test_the_day_of_the_expiry_still_counts(cli, day, until):
    assert cli.json("dnc", "add", ANN, "--expires", day)["entries"][0]["expires_at"] == until


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["add", "abc"], "has letters"),
        (["add", "4155550101"], "country code"),
        (["add", ANN, "--region", "XX"], "is no country"),
        (["add", ANN, "--expires", "2001-01-01"], "is over already"),
        (["add", ANN, "--expires", "soon"], "must be"),
        (["add", ANN, "--reason", "x" * 201], "at most 200"),
        (["add", "--prefix", "415"], "has no country code"),
        (["check", "abc"], "has letters"),
        (["import", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(cli, arguments, why):
    assert why in cli.refused(65, "dnc", *arguments)
    assert deeds(cli) == []


@pytest.mark.parametrize("command", ["add", "remove", "check"])
def test_a_campaign_nobody_knows_is_refused_and_the_nearest_named(cli, command):
    assert "did you mean spring?" in cli.refused(1, "dnc", command, ANN, "--campaign", "sprin")


def test_of_several_numbers_all_are_added_or_none(cli):
    cli.refused(65, "dnc", "add", ANN, "abc")
    assert not on_dnc(cli, ANN)
    cli.ok("dnc", "add", ANN)
    cli.refused(1, "dnc", "remove", ANN, BEN)
    assert on_dnc(cli, ANN)


def test_every_row_of_a_file_is_accounted_for_and_bad_ones_are_told_with_their_line(cli):
    cli.ok("dnc", "add", ANN)
    content = f"phone_number,name\n{ANN},Ann\n{BEN},Ben\n12,Nobody\n{BEN},Ben again\n"
    counts, report = imported(cli, content)
    assert counts == {"added": 1, "unchanged": 1, "duplicate": 1, "rejected": 1}
    assert [(row["line"], row["text"]) for row in report["first_rejects"]] == [(4, "12,Nobody")]
    assert on_dnc(cli, BEN)
    answer = cli("dnc", "import", cli.file(content))
    assert answer.err.startswith("line 4: ")


def test_rejected_rows_are_corrected_in_their_file_and_imported_again(cli):
    _, report = imported(cli, f"{ANN}\n415555010x\n")
    rejects = cli.folder / "dnc.rejects.csv"
    assert report["rejects_file"] == str(rejects)
    rejects.write_text(rejects.read_text(encoding="utf-8-sig").replace("415555010x", BEN))
    assert cli.json("dnc", "import", rejects)["added"] == 1
    assert on_dnc(cli, BEN)


def test_a_plain_list_of_numbers_needs_no_titles(cli):
    assert imported(cli, f"{ANN}\n{BEN}\n")[0] == {"added": 2}
    assert imported(cli, f"blocked\n{CAT}\n")[0] == {"added": 1}


def test_a_file_takes_what_the_options_say_unless_a_row_says_otherwise(cli):
    content = (
        f"phone,kind,campaign,expires,source,reason\n{ANN},,,,,\n+1900,prefix,spring,2999-01-01,registry,premium\n"
    )
    imported(cli, content, "--source", "letters", "--expires", "90d")
    (first,) = cli.json("dnc", "check", ANN)["numbers"]
    assert (first["stopped_by"]["source"], first["stopped_by"]["campaign"]) == ("letters", None)
    (entry,) = [row for row in exported(cli) if row["kind"] == "prefix"]
    assert (entry["phone_number"], entry["campaign"], entry["source"]) == ("+1900", "spring", "registry")
    assert entry["expires_at"] == "2999-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("row", "why"),
    [(f"{ANN},both,,", "kind"), (f"{ANN},,autumm,", "autumm"), (f"{ANN},,,2001-01-01", "is over already")],
)
def test_a_row_that_says_what_cannot_be_is_rejected(cli, row, why):
    counts, report = imported(cli, f"phone,kind,campaign,expires\n{BEN},,,\n{row}\n")
    assert counts == {"added": 1, "rejected": 1}
    assert why in report["first_rejects"][0]["reason"]


def test_a_file_without_a_usable_row_is_refused(cli):
    assert "none of 2 rows" in cli.refused(65, "dnc", "import", cli.file("phone\nabc\n12\n"))
    assert "no phone_number column" in cli.refused(65, "dnc", "import", cli.file("name,city\nAnn,Rome\n"))


def exported(cli, *options):
    return list(csv.DictReader(io.StringIO(cli.ok("dnc", "export", *options))))


def test_what_is_exported_comes_back_as_it_was_and_is_safe_to_open(cli):
    cli.ok("dnc", "add", ANN, "--reason", "=cmd()", "--source", "+web", "--expires", "2999-01-01")
    cli.ok("dnc", "add", "--prefix", "+1900", "--campaign", "spring")
    before = exported(cli)
    assert (before[0]["phone_number"], before[0]["reason"]) == (ANN, "'=cmd()")
    file = cli.file(cli.ok("dnc", "export"), "out.csv")
    cli.ok("dnc", "remove", ANN)
    cli.ok("dnc", "remove", "--prefix", "+1900", "--campaign", "spring")
    assert cli.json("dnc", "import", file)["added"] == 2
    said = ("phone_number", "kind", "campaign", "expires_at", "source", "reason")
    assert [[row[name] for name in said] for row in exported(cli)] == [[row[name] for name in said] for row in before]


def test_an_export_is_narrowed_by_scope_and_source_and_goes_to_a_file(cli):
    cli.ok("dnc", "add", ANN, "--source", "web")
    cli.ok("dnc", "add", BEN, "--campaign", "spring")
    numbers = [[row["phone_number"] for row in exported(cli, *options)] for options in OPTIONS]
    assert numbers == [[ANN, BEN], [ANN], [BEN], [ANN]]
    out = cli.folder / "out.csv"
    assert cli("dnc", "export", "--out", out).err == f"{out}: 2 entries\n"
    assert BEN in out.read_text(encoding="utf-8-sig")
    cli.refused(65, "dnc", "export", "--out", out)
    assert cli("dnc", "export", "--global", "--campaign", "spring").code == 2


OPTIONS = ((), ("--global",), ("--campaign", "spring"), ("--source", "web"))


def test_each_import_and_export_is_in_the_audit_with_its_counts(cli):
    imported(cli, f"{ANN}\n{BEN}\n")
    cli.ok("dnc", "export")
    entries = cli.write(lambda conn, _: audit.page(conn, subject="dnc"))[::-1]
    assert [entry.action for entry in entries] == ["dnc.import", "dnc.imported", "dnc.export"]
    assert (entries[0].detail["file"], entries[1].detail["added"]) == ("dnc.csv", 2)
