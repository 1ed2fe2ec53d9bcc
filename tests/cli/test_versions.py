"""`dialerd list versions` and its company, as a list owner types them."""

import hashlib
import os
import re
import signal
import subprocess
import sys

import pytest

from harness.waiting import wait_for

HEADER = "phone_number,first_name\n"
JOHN, JANE, KIM = "+14155551234", "+14155555678", "+14155550001"


@pytest.fixture
def june(cli):
    """Two versions: John and Jane, with a row that is rejected; then Johnny and Kim instead."""
    cli.ok("list", "create", "june")
    cli.ok("list", "import", "june", cli.file(f"{HEADER}{JOHN},John\n{JANE},Jane\n12,bad\n", "first.csv"))
    second = cli.file(f"{HEADER}{JOHN},Johnny\n{KIM},Kim\n", "second.csv")
    cli.ok("list", "import", "june", second, "--mode", "replace", "--duplicates", "update")
    return cli


def test_the_json_of_an_import_has_every_bucket_and_they_add_up(june):
    path = june.file(f"{HEADER}{JOHN},J\n{JANE},Back\n{JANE},Twice\n1,x\n")
    answer = june.json("list", "import", "june", path, "--mode", "replace", "--duplicates", "update")
    assert list(answer) == [
        *("list", "version", "rows", "imported", "updated", "unchanged", "duplicate", "dnc", "rejected", "withdrawn"),
        *("seconds", "rejects_file", "same_as", "out_of_reach"),
    ]
    buckets = [answer[name] for name in ("imported", "updated", "unchanged", "duplicate", "dnc", "rejected")]
    assert (answer["rows"], buckets, answer["withdrawn"]) == (4, [1, 1, 0, 1, 0, 1], 1)


def test_a_dry_run_has_the_same_json_without_a_version_and_leaves_the_list_a_draft(cli):
    cli.ok("list", "create", "june")
    answer = cli.json("list", "import", "june", cli.file(f"{HEADER}{JOHN},John\n12,bad\n"), "--dry-run")
    assert (answer["version"], answer["rows"], answer["imported"], answer["rejected"]) == (None, 2, 1, 1)
    assert cli.json("list", "show", "june")["status"] == "draft"
    assert sorted(path.name for path in cli.folder.glob("*reject*")) == []


def test_versions_are_shown_with_mode_file_and_counts(june):
    second, first = june.json("list", "versions", "june")
    assert (first["number"], first["mode"], first["file"], first["rejected"]) == (1, "add", "first.csv", 1)
    assert (second["mode"], second["imported"], second["updated"], second["withdrawn"]) == ("replace", 1, 1, 1)
    assert "replace" in june.ok("list", "versions", "june")


def row_of(table, number):
    """The cells of a version in the table, by title."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()]
    titles = next(line for line in lines if "withdrawn" in line)
    return dict(zip(titles, next(line for line in lines if line[0] == str(number)), strict=False))


def test_the_versions_of_a_list_say_what_became_of_every_row_and_which_file_it_was(june):
    shown = row_of(june.ok("list", "versions", "june"), 2)
    counts = {"rows": "2", "imported": "1", "updated": "1", "unchanged": "0", "duplicate": "0", "dnc": "0"}
    assert {name: shown[name] for name in counts} == counts
    assert (shown["rejected"], shown["withdrawn"]) == ("0", "1")
    digest = hashlib.sha256((june.folder / "second.csv").read_bytes()).hexdigest()
    assert shown["sha256"] == digest[:12]
    assert june.json("list", "versions", "june")[0]["sha256"] == digest


def test_the_list_itself_says_so_too(june):
    shown = row_of(june.ok("list", "show", "june"), 2)
    assert [shown[name] for name in ("updated", "dnc", "withdrawn")] == ["1", "0", "1"]


def test_a_diff_counts_and_shows_who_differs(june):
    found = june.json("list", "diff", "june", 1, 2)
    assert (found["added"], found["changed"], found["withdrawn"]) == (1, 1, 1)
    changed = next(row for row in found["rows"] if row["change"] == "changed")
    assert (changed["phone"], changed["before"]["fields"], changed["after"]["fields"]) == (
        JOHN,
        {"first_name": "John"},
        {"first_name": "Johnny"},
    )
    text = june.ok("list", "diff", "june", 1, 2, "--limit", 1)
    assert "first_name: John -> Johnny" in text
    assert "and 2 more" in text


def test_rollback_and_undo_say_what_they_did(june):
    assert "version 3 is as version 1 was: 1 leads came back, 1 changed, 1 withdrawn" in june.ok(
        "list", "rollback", "june", 1
    )
    assert "version 3 (first.csv) is undone; version 2 is current again" in june.ok("list", "undo", "june")
    assert june.json("list", "undo", "june") == {"list": "june", "version": 2, "current": 1, "file_name": "second.csv"}
    assert "nothing to roll back" in june.refused(1, "list", "rollback", "june", 1)
    assert "has no version 9" in june.refused(1, "list", "rollback", "june", 9)


def test_rejected_rows_and_the_original_file_of_a_version_can_be_fetched(june):
    out = june.folder / "again.csv"
    answer = june("list", "original", "june", 1, "--out", out)
    assert (answer.code, out.read_bytes()) == (0, (june.folder / "first.csv").read_bytes())
    assert "is there already" in june.refused(65, "list", "original", "june", 1, "--out", out)
    (row,) = june.json("list", "rejects", "june", 1)
    assert (row["line"], row["text"]) == (4, "12,bad")
    rejects = june.folder / "rejects.csv"
    june.ok("list", "rejects", "june", 1, "--out", rejects)
    assert rejects.read_text("utf-8-sig").splitlines()[0] == "phone_number,first_name,rejected_because,rejected_line"


def test_without_a_running_import_there_is_nothing_to_cancel(june):
    assert "no import runs" in june.refused(1, "list", "cancel", "june")


def test_an_import_is_cancelled_from_elsewhere_and_nothing_of_it_is_left(cli):
    cli.ok("list", "create", "june")
    path = cli.file(HEADER + "".join(f"+1202{n:07d},name{n}\n" for n in range(2_000_000, 2_150_000)))
    command = [sys.executable, "-m", "dialerd", "--config", str(cli.config), "list", "import", "june", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        wait_for(lambda: any(made["rows"] for made in cli.json("list", "versions", "june")), "rows are in", 60)
        assert cli.json("list", "cancel", "june")["cancelled"]
        assert "was cancelled by" in process.communicate(timeout=60)[1]
    assert process.returncode == 1
    shown = cli.json("list", "show", "june")
    assert (shown["status"], shown["leads"]["total"]) == ("failed", 0)


def test_a_killed_import_goes_on_when_the_next_command_looks(cli):
    cli.ok("list", "create", "june")
    path = cli.file(HEADER + "".join(f"+1202{n:07d},name{n}\n" for n in range(2_000_000, 2_100_000)))
    command = [sys.executable, "-m", "dialerd", "--config", str(cli.config), "list", "import", "june", str(path)]
    with subprocess.Popen(command, env=os.environ) as process:
        wait_for(lambda: any(made["rows"] for made in cli.json("list", "versions", "june")), "rows are in", 60)
        process.kill()
    worker = int(_worker(cli).rpartition(":")[2])
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: cli.json("list", "show", "june")["status"] == "ready", "it goes on", 90)
    assert cli.json("list", "show", "june")["leads"]["dialable"] == 100_000


def _worker(cli):
    return cli.write(lambda conn, _now: conn.exec_driver_sql("SELECT worker FROM list_versions").scalar())
