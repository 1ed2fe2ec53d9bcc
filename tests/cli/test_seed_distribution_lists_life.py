"""The sentences of the first document, each as a test's name: assigning, versions, the end, good practice, trouble."""

import csv
import io
import re

import pytest

from dialerd.domain.lifecycle import ListStatus
from dialerd.ingest.leadfile import Reading
from dialerd.service import imports
from dialerd.store import lists, versions
from dialerd.store.database import Database
from dialerd.store.heads import candidates
from harness.lifetime import (
    ANSWERED,
    BUSY,
    SAMPLE,
    active,
    call,
    complete,
    end,
    names,
    now,
    numbers,
    one_of_each,
    status,
)
from harness.waiting import wait_for


def test_archived_lists_are_hidden_from_default_views(cli):
    cli.ready("june", SAMPLE)
    cli.ok("list", "archive", "june")
    assert names(cli) == []
    assert names(cli, "--archived") == ["june"]
    cli.ok("list", "unarchive", "june")
    assert names(cli) == ["june"]


@pytest.mark.parametrize("name", ["draft", "processing", "failed", "in_use", "archived"])
def test_a_list_must_be_in_ready_status_before_it_can_be_assigned_to_a_campaign(cli, name):
    one_of_each(cli)
    cli.campaign("winter")
    before = cli.json("list", "list", "--archived")
    said = cli.refused(1, "campaign", "assign", "winter", name)
    assert ListStatus(name).label in said
    assert cli.json("list", "list", "--archived") == before, "a refusal changes nothing"


def test_archived_lists_cannot_be_assigned_to_new_campaigns(cli):
    cli.ready("june", SAMPLE)
    cli.ok("list", "archive", "june")
    assert "Archived" in cli.refused(1, "campaign", "assign", "spring", "june")
    assert cli.json("list", "show", "june")["campaign"] is None


def test_a_campaign_must_have_at_least_one_distribution_list_assigned_before_it_can_start(cli):
    cli.ready("june", SAMPLE)
    assert "no list" in cli.refused(1, "campaign", "start", "spring")
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("campaign", "start", "spring")
    assert cli.json("campaign", "show", "spring")["state"] == "active"


def test_the_list_status_changes_to_in_use_when_the_campaign_is_active(cli):
    cli.ready("june", SAMPLE)
    cli.ok("campaign", "assign", "spring", "june")
    assert status(cli, "june") == "ready"
    cli.ok("campaign", "start", "spring")
    assert status(cli, "june") == "in_use"


def test_a_ready_list_can_be_assigned_and_a_used_one_again(cli):
    one_of_each(cli)
    cli.campaign("winter")
    cli.ok("campaign", "assign", "winter", "ready")
    cli.ok("campaign", "assign", "winter", "used")
    assert cli.json("list", "show", "used")["campaign"] == "winter"


def test_processing_typically_completes_within_seconds_for_files_under_10_000_rows(cli):
    cli.ok("list", "create", "june")
    rows = "".join(f"+1212555{line:04d},Ada\n" for line in range(10_000))
    report = cli.json("list", "import", "june", cli.file("phone_number,first_name\n" + rows))
    assert report["imported"] == 10_000
    assert report["seconds"] < 30


def test_you_will_get_an_error_if_you_try_to_start_a_campaign_without_a_list(cli):
    said = cli.refused(1, "campaign", "start", "spring")
    assert "cannot start without an assigned list" in said
    assert cli.json("campaign", "show", "spring")["state"] == "draft"


def test_to_remove_a_list_from_a_campaign_unassign_it(cli):
    cli.ready("june", SAMPLE)
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("campaign", "unassign", "spring", "june")
    assert cli.json("list", "show", "june")["campaign"] is None


def test_you_cannot_unassign_a_list_from_an_active_campaign_pause_the_campaign_first(cli):
    active(cli, "june", content=SAMPLE)
    said = cli.refused(1, "campaign", "unassign", "spring", "june")
    assert "pause campaign spring first" in said
    assert cli.json("list", "show", "june")["campaign"] == "spring"
    cli.ok("campaign", "pause", "spring")
    cli.ok("campaign", "unassign", "spring", "june")
    assert status(cli, "june") == "ready"


def test_when_you_upload_a_new_csv_to_an_existing_list_it_creates_a_new_version_while_preserving_the_history(cli):
    cli.ready("june", SAMPLE)
    cli.ok("list", "import", "june", cli.file("phone_number\n+442071838750\n", "second.csv"))
    known = cli.json("list", "versions", "june")
    assert [(version["number"], version["file"]) for version in known] == [(2, "second.csv"), (1, "list.csv")]
    assert cli.ok("list", "original", "june", "1") == SAMPLE


def test_you_need_to_add_more_contacts_to_an_existing_campaign(cli):
    active(cli, "june", content="phone_number\n+14155551234\n")
    assert call(cli).phone == "+14155551234"
    cli.ok("list", "import", "june", cli.file("phone_number\n+442071838750\n"))
    assert status(cli, "june") == "in_use"
    assert call(cli).phone == "+442071838750"


def test_you_want_to_correct_errors_in_the_original_upload(cli):
    cli.ready("june", "phone_number,first_name\n+14155551234,Jhon\n")
    corrected = cli.file("phone_number,first_name\n+14155551234,John\n")
    report = cli.json("list", "import", "june", corrected, "--duplicates", "update")
    assert (report["imported"], report["updated"]) == (0, 1)
    assert cli.json("list", "leads", "june")[0]["fields"] == {"first_name": "John"}


def test_you_are_running_recurring_campaigns_with_updated_lists(cli):
    active(cli, "june", content="phone_number\n+14155551234\n")
    end(cli, call(cli), ANSWERED)
    complete(cli)
    cli.ok("list", "import", "june", cli.file("phone_number\n+442071838750\n"), "--mode", "replace")
    cli.ok("campaign", "start", "spring")
    assert call(cli).phone == "+442071838750"


def test_the_example_includes_proper_column_headers_sample_data_rows_correct_e_164_formatting(cli):
    text = cli.ok("list", "example")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert {"phone_number", "first_name", "last_name"} <= set(rows[0])
    assert all(re.fullmatch(r"\+[0-9]{8,15}", row["phone_number"]) for row in rows)
    cli.ready("june", text)
    assert len(numbers(cli, "june")) == len(rows)


def test_existing_campaign_assignments_are_preserved(cli):
    cli.ready("june", SAMPLE)
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("list", "archive", "june")
    (found,) = cli.json("list", "list", "--archived")
    assert (found["status"], found["campaign"]) == ("archived", "spring")


def test_hard_deletion_of_lists_asks_for_the_name_again(cli):
    cli.ready("june", SAMPLE)
    cli.refused(1, "list", "delete", "june", "--yes-delete", "july")
    assert names(cli) == ["june"]
    cli.ok("list", "delete", "june", "--yes-delete", "june")
    assert names(cli, "--archived") == []


def test_validate_phone_numbers_before_uploading(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(SAMPLE + "abc,,\n"), "--dry-run")
    assert (report["imported"], report["rejected"]) == (3, 1)
    assert status(cli, "june") == "draft"


def test_include_date_ranges_or_campaign_purposes_in_list_names(cli):
    name = "2026-06 renewals, second try (north)"
    cli.ok("list", "create", name)
    assert names(cli) == [name]


def test_upload_a_small_test_list_to_verify_your_campaign_configuration(cli):
    active(cli, "try", content="phone_number\n+14155551234\n")
    assert call(cli).phone == "+14155551234"


def test_remove_duplicates_duplicate_phone_numbers_of_a_file_are_dialed_once(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(SAMPLE + "+14155551234,John,Again\n"))
    assert (report["imported"], report["duplicate"]) == (3, 1)


def test_numbers_on_do_not_call_have_a_bucket_of_their_own_in_every_report(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(SAMPLE))
    buckets = ("imported", "updated", "unchanged", "duplicate", "dnc", "rejected")
    assert report["rows"] == sum(report[bucket] for bucket in buckets)


def test_do_not_call_is_respected_without_filtering_the_file_before(cli):
    for number, *options in (("+14155551234",), ("+1415555567", "--prefix"), ("+14155559001", "--campaign", "spring")):
        cli.ok("dnc", "add", number, *options)
    cli.ready("july", "phone_number\n+442071838750\n")
    cli.ok("campaign", "assign", "spring", "july")
    looked = cli.json("list", "preview", cli.file(SAMPLE), "--list", "july")
    dry = cli.json("list", "import", "july", cli.file(SAMPLE), "--dry-run")
    report = cli.json("list", "import", "july", cli.file(SAMPLE))
    assert (looked["on_dnc"], dry["dnc"], report["dnc"], report["imported"]) == (3, 3, 3, 0)
    assert numbers(cli, "july") == ["+442071838750"]
    cli.ok("dnc", "add", "+442071838750")
    assert cli.json("list", "stats", "july")["dialable"] == 0
    cli.ok("campaign", "start", "spring")
    assert cli.write(lambda conn, now: candidates(conn, "spring", 10, now)) == []


def test_use_versioning_to_track_changes_to_your_contact_lists_over_time(cli):
    cli.ready("june", SAMPLE)
    cli.ok("list", "import", "june", cli.file("phone_number\n+442071838750\n"), "--mode", "replace")
    found = cli.json("list", "diff", "june", "1", "2")
    assert (found["added"], found["withdrawn"]) == (1, 3)


def test_upload_fails_check_csv_format_ensure_phone_number_column_exists(cli):
    cli.ok("list", "create", "june")
    said = cli.refused(65, "list", "import", "june", cli.file("name,city\nJohn,Rome\n"))
    assert "name, city" in said or "phone_number" in said


def test_status_stuck_on_processing_cannot_be_when_the_import_is_gone(cli):
    cli.ok("list", "create", "june")

    def abandoned(conn, now):
        record = lists.require(conn, "june")
        versions.begin(
            conn,
            record.list_id,
            file_name="a.csv",
            sha256="0" * 64,
            created_by="x@elsewhere:1",
            now=now.replace(year=2025),
        )

    cli.write(abandoned)

    def ended():
        cli.ok("list", "list")
        return status(cli, "june") == "failed"

    assert wait_for(ended, "the end of the import that nobody works on", 60)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"phone_number\n\xff\xfe\xfa\n", "encoding"),
        ("+14155551234\n+14155555678\n", "phone_number"),
        ("phone_number\n12345\nhello\n", "E.164"),
    ],
    ids=["invalid characters", "missing headers", "malformed numbers"],
)
def test_failed_status_review_the_csv_for(cli, content, word):
    cli.ok("list", "create", "june")
    cli.refused(65, "list", "import", "june", cli.file(content))
    shown = cli.json("list", "show", "june")
    assert shown["status"] == "failed"
    assert word in shown["versions"][0]["error"]


def test_cannot_assign_list_list_must_be_in_ready_status_wait_for_processing_to_complete(cli):
    cli.ok("list", "create", "june")
    path = cli.file(SAMPLE)
    seen = []

    def while_it_runs(_at):
        said = cli.refused(1, "campaign", "assign", "spring", "june")
        seen.append((status(cli, "june"), "wait until its import has ended" in said))

    database = Database(cli.url)
    imports.import_file(database, "june", path, Reading(), actor="x", clock=now, progress=while_it_runs)
    database.close()
    assert set(seen) == {("processing", True)}
    cli.ok("campaign", "assign", "spring", "june")
    assert cli.json("list", "show", "june")["campaign"] == "spring"


def test_a_busy_lead_of_a_used_list_is_not_left_over(cli):
    active(cli, "june", content="phone_number\n+14155551234\n")
    end(cli, call(cli), BUSY)
    complete(cli)
    assert status(cli, "june") == "used"
