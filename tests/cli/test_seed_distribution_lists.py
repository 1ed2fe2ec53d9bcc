"""Each sentence of the first document about lists, as it holds here: what a list is, its file, its statuses."""

import pytest

from dialerd.domain.lifecycle import ListStatus
from dialerd.service.routing import RouteRequest, route_each
from dialerd.settings import load
from harness.lifetime import (
    ANSWERED,
    SAMPLE,
    active,
    begin_import,
    call,
    complete,
    end,
    names,
    numbers,
    one_of_each,
    status,
)


def test_a_list_holds_the_numbers_that_are_called_during_its_campaign(cli):
    active(cli, "june", content=SAMPLE)
    assert [call(cli).phone for _ in range(3)] == ["+14155551234", "+14155555678", "+14155559001"]


def test_lists_are_uploaded_as_csv_files_and_assigned_to_campaigns(cli):
    cli.ready("june", SAMPLE)
    cli.ok("campaign", "assign", "spring", "june")
    assert cli.json("list", "show", "june")["campaign"] == "spring"


def test_each_row_is_processed_in_sequence(cli):
    rows = [f"+1415555{line:04d}" for line in (9001, 1234, 5678, 100)]
    active(cli, "june", content="phone_number\n" + "\n".join(rows) + "\n")
    assert [call(cli).phone for _ in rows] == rows


def test_an_answered_call_is_routed_to_the_destination_of_the_campaign(cli):
    active(cli, "june", content=SAMPLE)
    sent = call(cli)
    files = load(cli.config).campaigns
    (order,) = cli.write(lambda conn, now: route_each(conn, [RouteRequest(sent.attempt_id, files, now)]))
    assert order.destination == files["spring"].destination
    assert order.lead.values["first_name"] == "John"


def test_lists_are_found_by_a_part_of_their_name_in_any_case(cli):
    for name in ("June 2026", "july 2026", "Überlingen"):
        cli.ok("list", "create", name)
    assert names(cli, "--search", "JU") == ["June 2026", "july 2026"]
    assert names(cli, "--search", "über") == ["Überlingen"]
    assert names(cli, "--search", "2026_") == []


def test_lists_are_filtered_by_each_of_the_seven_statuses(cli):
    one_of_each(cli)
    for wanted in ListStatus:
        assert names(cli, "--status", wanted.value) == [wanted.value]
    assert set(names(cli, "--status", "draft", "--status", "ready")) == {"draft", "ready"}
    assert cli("list", "list", "--status", "lost").code != 0


def test_looking_again_shows_what_has_changed_since(cli):
    assert names(cli) == []
    cli.ok("list", "create", "june")
    assert names(cli) == ["june"]


def test_a_csv_file_with_the_three_columns_of_the_format_is_imported_whole(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(SAMPLE))
    assert (report["rows"], report["imported"]) == (3, 3)
    first = cli.json("list", "leads", "june")[0]
    assert first["fields"] == {"first_name": "John", "last_name": "Doe"}


def test_the_column_phone_number_is_required(cli):
    cli.ok("list", "create", "june")
    said = cli.refused(65, "list", "import", "june", cli.file("first_name,last_name\nJohn,Doe\n"))
    assert "phone" in said


def test_names_are_optional(cli):
    cli.ready("june", "phone_number\n+14155551234\n")
    assert numbers(cli, "june") == ["+14155551234"]


def test_rows_without_a_valid_number_are_rejected_and_the_others_imported(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(SAMPLE + ",No,Number\nabc,Bad,Number\n"))
    assert (report["rows"], report["imported"], report["rejected"]) == (5, 3, 2)


@pytest.mark.parametrize(
    "text",
    ["14155551234", "4155551234", "+1 4155551234", "+1-415-555-1234", "+1(415)5551234"],
    ids=["no plus sign", "no country code", "a space", "dashes", "parentheses"],
)
def test_a_number_must_be_in_e164(cli, text):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(f"phone_number\n{text}\n+14155551234\n"))
    assert (report["imported"], report["rejected"]) == (1, 1)


def test_the_examples_of_valid_numbers_are_valid(cli):
    cli.ready("june", "phone_number\n+14155551234\n+442071838750\n")
    assert numbers(cli, "june") == ["+14155551234", "+442071838750"]


def test_a_list_is_created_by_a_name_and_an_upload(cli):
    cli.ok("list", "create", "Customers of June 2026")
    cli.ok("list", "import", "Customers of June 2026", cli.file(SAMPLE))
    assert status(cli, "Customers of June 2026") == "ready"


def test_a_list_without_an_upload_is_a_draft(cli):
    cli.ok("list", "create", "june")
    assert status(cli, "june") == "draft"


def test_a_list_is_processing_while_a_file_is_validated_and_imported(cli):
    cli.ok("list", "create", "june")
    begin_import(cli, "june")
    assert status(cli, "june") == "processing"


def test_a_list_is_ready_when_its_file_is_in(cli):
    cli.ready("june", SAMPLE)
    assert status(cli, "june") == "ready"


def test_a_list_is_in_use_when_its_campaign_is_active_and_only_then(cli):
    cli.ready("june", SAMPLE)
    cli.ok("campaign", "assign", "spring", "june")
    assert status(cli, "june") == "ready"
    cli.ok("campaign", "start", "spring")
    assert status(cli, "june") == "in_use"
    cli.ok("campaign", "pause", "spring")
    assert status(cli, "june") == "ready"
    cli.ok("campaign", "resume", "spring")
    assert status(cli, "june") == "in_use"


def test_a_list_is_used_when_its_campaign_has_completed(cli):
    active(cli, "june", content="phone_number\n+14155551234\n")
    end(cli, call(cli), ANSWERED)
    complete(cli)
    assert status(cli, "june") == "used"


def test_a_list_is_failed_when_its_file_could_not_be_used(cli):
    cli.ok("list", "create", "june")
    assert cli("list", "import", "june", cli.file("phone_number\nabc\n")).code != 0
    assert status(cli, "june") == "failed"


def test_a_failed_list_is_ready_once_a_correct_file_is_in(cli):
    cli.ok("list", "create", "june")
    assert cli("list", "import", "june", cli.file("phone_number\nabc\n")).code != 0
    cli.ok("list", "import", "june", cli.file(SAMPLE))
    assert status(cli, "june") == "ready"
