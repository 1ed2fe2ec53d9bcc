"""`dialerd list archive, unarchive, delete, copy, assign, unassign, export, move, reset`: what is typed and answered."""

import csv
import os
import pty
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.eligibility import Yes
from dialerd.store import claims, leads

HEADER = "phone_number,first_name\n"
JOHN, JANE, SIAN = "+14155551234", "+14155555678", "+442071838750"


def called(cli, count=1, *, disposition=Disposition.BUSY, ago=timedelta(hours=6)):
    """Calls so many leads of campaign spring, which ended so a while ago."""

    def work(conn, now):
        request = claims.ClaimRequest("spring", "carrier", "n", "o", count, 100, 100)
        claimed = claims.claim(conn, request, lambda _: Yes(), now)
        for lead in claimed:
            claims.mark_sending(conn, [lead.attempt_id], "o", now)
            conn.exec_driver_sql(
                "UPDATE attempts SET state = 'ended', ended_at = sending_at, disposition = ?, counts = 1 WHERE id = ?",
                (disposition.value, lead.attempt_id),
            )
            leads.set_after_attempt(
                conn,
                lead.lead_id,
                disposition=disposition,
                attempts=1,
                due_at=None,
                closed="all attempts used: 1 of 1",
                last_attempt_at=now - ago,
                contacted=False,
            )
        return len(claimed)

    assert cli.write(work) == count


@pytest.fixture
def active(cli):
    """List june of three leads in the active campaign spring."""
    cli.ready("june")
    cli.ok("list", "assign", "june", "spring")
    cli.ok("campaign", "start", "spring")
    return cli


def test_a_list_is_assigned_and_unassigned_by_its_own_commands(cli):
    cli.ready("june")
    assert cli.json("list", "assign", "june", "spring") == {"list": "june", "campaign": "spring"}
    assert cli.json("list", "show", "june")["campaign"] == "spring"
    assert cli.ok("list", "unassign", "june") == "list june is no longer assigned to campaign spring\n"
    assert cli.json("list", "show", "june")["campaign"] is None


def test_you_cannot_unassign_a_list_from_an_active_campaign_pause_it_first(active):
    assert "a list of an Active campaign cannot be unassigned; pause campaign spring first" in active.refused(
        1, "list", "unassign", "june"
    )
    active.ok("campaign", "pause", "spring")
    active.ok("list", "unassign", "june")


def test_an_archived_list_is_hidden_and_every_command_says_how_to_bring_it_back(cli):
    cli.ready("june")
    assert "Back: dialerd list unarchive june" in cli.ok("list", "archive", "june")
    assert cli.json("list", "list") == []
    for command in (["assign", "june", "spring"], ["archive", "june"], ["reset", "june", "--all"]):
        assert "list june is Archived" in cli.refused(1, "list", *command)
    assert cli.json("list", "unarchive", "june") == {"list": "june"}
    assert cli.json("list", "show", "june")["status"] == "ready"


def test_an_archived_list_can_still_be_looked_at_by_its_name(cli):
    cli.ready("june")
    exported = cli.ok("list", "export", "june")
    cli.ok("list", "archive", "june")
    assert cli.json("list", "show", "june")["status"] == "archived"
    assert len(cli.json("list", "leads", "june")) == 3
    assert cli.ok("list", "export", "june") == exported
    cli.ok("list", "stats", "june")
    cli.ok("list", "create", "june")
    assert cli.json("list", "show", "june")["status"] == "draft"


def test_an_archived_list_whose_name_was_taken_comes_back_under_another(cli):
    cli.ready("june")
    cli.ok("list", "archive", "june")
    cli.ok("list", "create", "june")
    assert "give the archived one another name with --as" in cli.refused(1, "list", "unarchive", "june")
    cli.ok("list", "unarchive", "june", "--as", "june-old")
    assert [found["name"] for found in cli.json("list", "list")] == ["june", "june-old"]


def test_deleting_asks_for_the_name_and_removes_the_list(cli):
    cli.ready("june")
    assert "say --yes-delete june" in cli.refused(1, "list", "delete", "june")
    assert "say --yes-delete june" in cli.refused(1, "list", "delete", "june", "--yes-delete", "july")
    assert cli.json("list", "delete", "june", "--yes-delete", "june") == {"list": "june", "removed": 3}
    assert cli.json("list", "list") == []
    assert "list june does not exist" in cli.refused(1, "list", "delete", "june", "--yes-delete", "june")


def test_a_list_in_use_cannot_be_deleted(active):
    assert "list june is In Use" in active.refused(1, "list", "delete", "june", "--yes-delete", "june")
    assert active.json("list", "show", "june")["leads"]["total"] == 3


@pytest.mark.parametrize(("typed", "left"), [("june", 0), ("May", 1)])
def test_on_a_terminal_deleting_asks_for_the_name(cli, typed, left):
    cli.ready("june")
    command = [sys.executable, "-m", "dialerd", "--config", str(cli.config), "list", "delete", "june"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, f"{typed}\n".encode())
        process.stdout.read()
    os.close(ours)
    assert process.returncode == (1 if left else 0)
    assert len(cli.json("list", "list")) == left


def test_a_copy_is_a_new_list(cli):
    cli.ready("june")
    assert cli.json("list", "copy", "june", "july") == {
        "name": "july",
        "of": "june",
        "version": 1,
        "leads": 3,
        "kept": 0,
    }
    assert [lead["lead"]["phone"] for lead in cli.json("list", "leads", "july")] == [JOHN, JANE, SIAN]


def test_an_export_goes_to_standard_output_or_to_a_file_that_is_not_replaced(cli):
    cli.ready("june")
    text = cli.ok("list", "export", "june")
    assert [row[:3] for row in csv.reader(text.splitlines())] == [
        ["phone_number", "first_name", "priority"],
        [JOHN, "John", "0"],
        [JANE, "Jane", "0"],
        [SIAN, "Siân", "0"],
    ]
    out = cli.folder / "june.csv"
    assert cli("list", "export", "june", "--out", out).err == f"{out}: 3 leads of list june\n"
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert out.read_text(encoding="utf-8-sig").splitlines() == text.splitlines()
    assert "--overwrite" in cli.refused(65, "list", "export", "june", "--out", out)
    assert cli("list", "export", "june", "--out", out, "--overwrite", "--fields", "phone_number").code == 0
    assert out.read_text(encoding="utf-8-sig").startswith("phone_number,exported_by_dialerd")
    assert sorted(path.name for path in Path(cli.folder).glob("june.csv*")) == ["june.csv"]


def test_an_export_that_cannot_be_written_or_has_no_such_field_leaves_nothing(cli):
    cli.ready("june")
    assert "No such file" in cli.refused(74, "list", "export", "june", "--out", cli.folder / "no" / "x.csv")
    assert "has no such field" in cli.refused(
        65, "list", "export", "june", "--fields", "town", "--out", cli.folder / "x.csv"
    )
    assert list(cli.folder.glob("x.csv*")) == []


def test_what_was_exported_is_imported_again_to_the_same_leads(cli):
    hostile = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@x",
        "'=1",
        "''",
        "a,b;c",
        'quo"te',
        "line\nbreak",
        "\u202egnp",
        "Siân",
    ]
    path = cli.folder / "hostile.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["phone_number", "first_name", "priority", "note"])
        writer.writerows([f"+1202555{place:04}", text, place % 10, text * 2] for place, text in enumerate(hostile))
    cli.ok("list", "create", "june")
    cli.ok("list", "import", "june", path)
    cli.ok("list", "create", "again")
    exported = cli.folder / "june.csv"
    cli("list", "export", "june", "--out", exported, "--fields", "phone_number,priority,note,first_name,disposition")
    assert cli.json("list", "import", "again", exported)["imported"] == len(hostile)
    assert what(cli, "again") == what(cli, "june")
    assert cli.json("list", "import", "june", exported)["unchanged"] == len(hostile)


def what(cli, name):
    found = cli.json("list", "leads", name)
    return [(item["lead"]["phone"], item["lead"]["priority"], item["fields"]) for item in found]


def test_a_move_is_said_before_and_after_it_was_done(active):
    active.ready("july", HEADER + f"{JANE},Janet\n")
    plan = active.ok("list", "move", "june", "july", "--dry-run")
    assert "2 leads would move from list june to list july; 1 stay, since july has their number" in plan
    assert len(active.json("list", "leads", "june")) == 3
    answer = active.json("list", "move", "june", "july", "--duplicates", "update")
    assert (answer["moved"], answer["updated"], answer["duplicate"], answer["in_call"]) == (2, 1, 0, 0)
    assert [fields["first_name"] for _, _, fields in what(active, "july")] == ["John", "Siân", "Jane"]


def test_a_move_by_disposition_and_count(active):
    called(active, 2)
    active.ok("list", "create", "july")
    assert active.json("list", "move", "june", "july", "--disposition", "busy", "--limit", "1")["moved"] == 1
    assert [phone for phone, _, _ in what(active, "july")] == [JOHN]


def test_a_reset_shows_what_it_would_do_and_is_undone(active):
    called(active, 2)
    plan = active.json("list", "reset", "june", "--disposition", "busy", "--dry-run")
    assert (plan["dry_run"], plan["leads"], plan["recent"], plan["last_day"]) == (True, 2, 0, 2)
    said = active.ok("list", "reset", "june", "--disposition", "busy")
    assert "2 leads are fresh again, due now. Back: dialerd list reset --undo june" in said
    assert "called in the last 24 h" in said
    assert active.json("list", "show", "june")["leads"]["dialable"] == 3
    assert active.json("list", "reset", "--undo", "june")["leads"] == 2
    assert active.json("list", "show", "june")["leads"]["dialable"] == 1


def test_an_undo_of_a_reset_is_shown_before_it_is_done(active):
    called(active, 2)
    active.ok("list", "reset", "june", "--disposition", "busy")
    (first, *_) = active.json("list", "leads", "june", "--disposition", "new")
    active.ok("lead", "close", first["lead"]["lead_id"], "--reason", "asked by mail")
    fresh = active.json("list", "leads", "june")
    plan = active.json("list", "reset", "june", "--undo", "--dry-run")
    assert plan == {"dry_run": True, "name": "june", "leads": 1, "changed": 1}
    said = active.ok("list", "reset", "june", "--undo", "--dry-run")
    assert "1 leads would be what they were before the reset; 1 were dialed or closed meanwhile and would stay" in said
    assert active.json("list", "leads", "june") == fresh
    assert active.json("list", "reset", "june", "--undo") == {**plan, "dry_run": False}
    assert active.json("list", "leads", "june") != fresh
    assert "has no reset that could be undone" in active.refused(1, "list", "reset", "june", "--undo", "--dry-run")


def test_an_undo_of_a_reset_takes_no_dispositions(active):
    assert active("list", "reset", "june", "--undo", "--all").code == 2


def test_a_reset_under_the_minimum_gap_is_refused_unless_forced(active):
    called(active, 1, ago=timedelta(hours=1))
    answer = active("list", "reset", "june", "--all")
    assert answer.code == 1
    assert "1 of 1 leads were called within the minimum gap of 4 h" in answer.err
    assert active.json("list", "reset", "june", "--all", "--minimum-gap", "30m")["reset"]["leads"] == 1
    called(active, 1, ago=timedelta(hours=1))
    assert active.json("list", "reset", "june", "--all", "--force")["reset"]["leads"] >= 1


def test_a_reset_drips_so_many_an_hour(active):
    called(active, 3)
    answer = active.json("list", "reset", "june", "--all", "--drip", "2/hour")
    assert (answer["lasts"], answer["reset"]["leads"]) == (3600, 3)
    shown = active.json("list", "show", "june")["leads"]
    assert (shown["dialable"], shown["waiting"]) == (1, 2)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 65),
        (["--disposition", "new"], 65),
        (["--all", "--drip", "0"], 65),
        (["--all", "--drip", "nan"], 65),
        (["--all", "--drip", "fast"], 2),
        (["--all", "--minimum-gap", "4"], 2),
        (["--all", "--minimum-gap", "-4h"], 2),
        (["--all", "--minimum-gap", "٤h"], 2),
        (["--disposition", "sold"], 2),
    ],
)
def test_a_reset_that_cannot_be_changes_nothing(active, options, code):
    called(active, 1)
    assert active("list", "reset", "june", *options).code == code
    assert len(active.json("list", "leads", "june", "--disposition", "busy")) == 1
