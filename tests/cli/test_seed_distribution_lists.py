"""The sentences of the first document, each as a test's name: what a list is, its file, its statuses."""

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


def test_distribution_lists_contain_the_phone_numbers_that_the_auto_dialer_calls_during_a_campaign(cli):
    active(cli, "june", content=SAMPLE)
    assert [call(cli).phone for _ in range(3)] == ["+14155551234", "+14155555678", "+14155559001"]


def test_you_upload_these_as_csv_files_and_assign_them_to_campaigns(cli):
    cli.ready("june", SAMPLE)
    cli.ok("campaign", "assign", "spring", "june")
    assert cli.json("list", "show", "june")["campaign"] == "spring"


def test_the_auto_dialer_processes_each_row_sequentially_dialing_the_phone_number(cli):
    rows = [f"+1415555{line:04d}" for line in (9001, 1234, 5678, 100)]
    active(cli, "june", content="phone_number\n" + "\n".join(rows) + "\n")
    assert [call(cli).phone for _ in rows] == rows


def test_and_routing_answered_calls_to_the_campaign_s_configured_destination(cli):
    active(cli, "june", content=SAMPLE)
    sent = call(cli)
    files = load(cli.config).campaigns
    (order,) = cli.write(lambda conn, now: route_each(conn, [RouteRequest(sent.attempt_id, files, now)]))
    assert order.destination == files["spring"].destination
    assert order.lead.values["first_name"] == "John"


def test_search_find_lists_by_name(cli):
    for name in ("June 2026", "july 2026", "Überlingen"):
        cli.ok("list", "create", name)
    assert names(cli, "--search", "JU") == ["June 2026", "july 2026"]
    assert names(cli, "--search", "über") == ["Überlingen"]
    assert names(cli, "--search", "2026_") == []


def test_status_filter_filter_by_draft_processing_ready_in_use_used_failed_or_archived(cli):
    one_of_each(cli)
    for wanted in ListStatus:
        assert names(cli, "--status", wanted.value) == [wanted.value]
    assert set(names(cli, "--status", "draft", "--status", "ready")) == {"draft", "ready"}
    assert cli("list", "list", "--status", "lost").code != 0


def test_refresh_button_update_the_list_view(cli):
    assert names(cli) == []
    cli.ok("list", "create", "june")
    assert names(cli) == ["june"]


def test_your_csv_file_must_follow_this_format(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(SAMPLE))
    assert (report["rows"], report["imported"]) == (3, 3)
    first = cli.json("list", "leads", "june")[0]
    assert first["fields"] == {"first_name": "John", "last_name": "Doe"}


def test_the_phone_number_column_is_required(cli):
    cli.ok("list", "create", "june")
    said = cli.refused(65, "list", "import", "june", cli.file("first_name,last_name\nJohn,Doe\n"))
    assert "phone" in said


def test_optional_columns_first_name_and_last_name(cli):
    cli.ready("june", "phone_number\n+14155551234\n")
    assert numbers(cli, "june") == ["+14155551234"]


def test_rows_without_a_valid_phone_number_are_rejected_during_import(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(SAMPLE + ",No,Number\nabc,Bad,Number\n"))
    assert (report["rows"], report["imported"], report["rejected"]) == (5, 3, 2)


@pytest.mark.parametrize(
    "text",
    ["14155551234", "4155551234", "+1 4155551234", "+1-415-555-1234", "+1(415)5551234"],
    ids=["start with a plus sign", "include country code", "no spaces", "no dashes", "no parentheses"],
)
def test_phone_numbers_must_be_in_e_164_format(cli, text):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(f"phone_number\n{text}\n+14155551234\n"))
    assert (report["imported"], report["rejected"]) == (1, 1)


def test_example_14155551234_us_442071838750_uk(cli):
    cli.ready("june", "phone_number\n+14155551234\n+442071838750\n")
    assert numbers(cli, "june") == ["+14155551234", "+442071838750"]


def test_enter_a_descriptive_name_for_the_list_upload_your_csv_file_the_system_validates_and_imports_the_csv(cli):
    cli.ok("list", "create", "Customers of June 2026")
    cli.ok("list", "import", "Customers of June 2026", cli.file(SAMPLE))
    assert status(cli, "Customers of June 2026") == "ready"


def test_draft_list_created_but_no_data_uploaded_yet(cli):
    cli.ok("list", "create", "june")
    assert status(cli, "june") == "draft"


def test_processing_csv_is_being_validated_and_imported(cli):
    cli.ok("list", "create", "june")
    begin_import(cli, "june")
    assert status(cli, "june") == "processing"


def test_ready_successfully_validated_and_ready_to_assign_to_campaigns(cli):
    cli.ready("june", SAMPLE)
    assert status(cli, "june") == "ready"
    cli.ok("campaign", "assign", "spring", "june")


def test_in_use_currently_assigned_to_an_active_campaign(cli):
    cli.ready("june", SAMPLE)
    cli.ok("campaign", "assign", "spring", "june")
    assert status(cli, "june") == "ready"
    cli.ok("campaign", "start", "spring")
    assert status(cli, "june") == "in_use"
    cli.ok("campaign", "pause", "spring")
    assert status(cli, "june") == "ready"
    cli.ok("campaign", "resume", "spring")
    assert status(cli, "june") == "in_use"


def test_used_previously_assigned_to_a_campaign_that_has_completed(cli):
    active(cli, "june", content="phone_number\n+14155551234\n")
    end(cli, call(cli), ANSWERED)
    complete(cli)
    assert status(cli, "june") == "used"


def test_failed_csv_validation_failed_check_file_format(cli):
    cli.ok("list", "create", "june")
    assert cli("list", "import", "june", cli.file("phone_number\nabc\n")).code != 0
    assert status(cli, "june") == "failed"


def test_archived_soft_deleted_and_hidden_from_default_views(cli):
    cli.ready("june", SAMPLE)
    cli.ok("list", "archive", "june")
    assert (names(cli), names(cli, "--archived")) == ([], ["june"])
    assert status(cli, "june") == "archived"
    assert len(cli.json("list", "leads", "june")) == 3


def test_a_failed_list_is_ready_once_a_correct_file_is_in(cli):
    cli.ok("list", "create", "june")
    assert cli("list", "import", "june", cli.file("phone_number\nabc\n")).code != 0
    cli.ok("list", "import", "june", cli.file(SAMPLE))
    assert status(cli, "june") == "ready"
