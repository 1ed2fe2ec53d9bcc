"""The sentences of the second document about lists and leads, each as a test's name."""

import csv
import io
from datetime import timedelta

import pytest

from dialerd.domain.facts import EndFacts
from harness.lifetime import ANSWERED, BUSY, active, call, end, lead, names, now, numbers, recycling, status

TWO = "phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n"


def stats(cli, name="june"):
    return cli.json("list", "stats", name)


def part(found, name):
    (wanted,) = (item for item in found["funnel"] if item["part"] == name)
    return wanted


def assert_adds_up(found):
    assert sum(item["leads"] for item in found["funnel"]) == found["total"]
    assert sum(found["dispositions"].values()) == found["total"]


def test_lists_are_containers_for_leads_that_get_assigned_to_campaigns_for_dialing(cli):
    active(cli, "june", content=TWO)
    assert [call(cli).phone for _ in range(2)] == numbers(cli, "june")


def test_each_list_belongs_to_one_campaign(cli):
    cli.campaign("autumn")
    for name in ("june", "july"):
        cli.ready(name, TWO)
        cli.ok("campaign", "assign", "spring", name)
    assert cli.json("campaign", "show", "spring")["lists"] == ["june", "july"]
    said = cli.refused(1, "campaign", "assign", "autumn", "june")
    assert "a list belongs to one campaign" in said
    assert cli.json("list", "show", "june")["campaign"] == "spring"


def test_and_holds_the_phone_numbers_names_and_other_data(cli):
    cli.ready("june", "phone_number,first_name,favourite colour\n+14155551234,John,blue\n")
    (item,) = cli.json("list", "leads", "june")
    assert item["lead"]["phone"] == "+14155551234"
    assert set(item["fields"].values()) == {"John", "blue"}


def test_enter_a_list_name_and_description(cli):
    cli.ok("list", "create", "june", "--description", "renewals of the north")
    assert cli.json("list", "show", "june")["description"] == "renewals of the north"


def test_assign_it_to_a_campaign_import_leads_via_csv(cli):
    cli.ready("june", TWO)
    cli.ok("list", "assign", "june", "spring")
    assert (status(cli, "june"), cli.json("list", "show", "june")["campaign"]) == ("ready", "spring")


def test_map_columns_match_your_csv_headers_to_system_fields_first_name_last_name_phone_email(cli):
    content = "Mobile Phone,First Name,Surname,E-Mail\n+14155551234,John,Doe,john@example.org\n"
    cli.ready("june", content)
    assert cli.json("list", "leads", "june")[0]["fields"] == {
        "first_name": "John",
        "last_name": "Doe",
        "email": "john@example.org",
    }
    cli.ok("list", "create", "july")
    mapped = ("--map", "Contact=phone_number", "--map", "Who=first_name")
    cli.ok("list", "import", "july", cli.file("Contact,Who\n+14155551234,John\n"), *mapped)
    assert cli.json("list", "leads", "july")[0]["fields"] == {"first_name": "John"}


def test_a_mapping_is_seen_in_a_preview_before_anything_is_imported(cli):
    cli.ok("list", "create", "june")
    seen = cli.ok("list", "preview", cli.file("Mobile Phone,First Name\n+14155551234,John\n"), "--list", "june")
    assert "phone_number" in seen
    assert "first_name" in seen
    assert status(cli, "june") == "draft"


def test_duplicate_checking_skip_existing_leads(cli):
    cli.ready("june", TWO)
    report = cli.json("list", "import", "june", cli.file(TWO.replace("John", "Johnny")), "--duplicates", "skip")
    assert (report["imported"], report["unchanged"]) == (0, 2)
    assert cli.json("list", "leads", "june")[0]["fields"] == {"first_name": "John"}


def test_duplicate_checking_update_existing_leads(cli):
    cli.ready("june", TWO)
    report = cli.json("list", "import", "june", cli.file(TWO.replace("John", "Johnny")), "--duplicates", "update")
    assert (report["updated"], report["unchanged"]) == (1, 1)
    assert cli.json("list", "leads", "june")[0]["fields"] == {"first_name": "Johnny"}


@pytest.mark.parametrize("text", ["(415) 555-1234", "415-555-1234", "415.555.1234", "+1 415 555 1234"])
def test_phone_number_formatting_automatic_cleanup(cli, text):
    cli.ok("list", "create", "june", "--region", "US")
    cli.ok("list", "import", "june", cli.file(f"phone_number\n{text}\n"))
    assert numbers(cli, "june") == ["+14155551234"]


def test_phone_number_at_minimum_each_lead_needs_a_dialable_phone_number(cli):
    cli.ok("list", "create", "june")
    report = cli.json("list", "import", "june", cli.file(TWO + ",Nobody\n911,Emergency\n"))
    assert (report["imported"], report["rejected"]) == (2, 2)


def test_recommended_fields_first_name_last_name_address_city_state_zip_any_custom_fields(cli):
    header = "phone_number,first_name,last_name,address,city,state,zip,account manager"
    cli.ready("june", f"{header}\n+14155551234,John,Doe,1 Main St,Springfield,IL,62701,Ada\n")
    fields = cli.json("list", "leads", "june")[0]["fields"]
    assert list(fields.values()) == ["John", "Doe", "1 Main St", "Springfield", "IL", "62701", "Ada"]


def test_total_leads_number_of_records(cli):
    cli.ready("june", TWO)
    assert stats(cli)["total"] == 2
    assert cli.json("list", "list")[0]["leads"]["total"] == 2


def test_dialable_leads_eligible_for_dialing(cli):
    recycling(cli)
    active(cli, "june", content=TWO)
    assert stats(cli)["dialable"] == 2
    sent = call(cli)
    assert (stats(cli)["dialable"], part(stats(cli), "in_call")["leads"]) == (1, 1)
    end(cli, sent, BUSY)
    found = stats(cli)
    assert (found["dialable"], part(found, "waiting_for_retry")["leads"]) == (1, 1)
    assert part(found, "waiting_for_retry")["until"] == lead(cli)["due_at"]
    assert_adds_up(found)


def test_penetration_rate_percentage_of_leads_contacted(cli):
    active(cli, "june", content=TWO)
    end(cli, call(cli), ANSWERED)
    end(cli, call(cli), BUSY)
    found = stats(cli)
    assert (found["contacted"], found["penetration"]) == (1, 0.5)
    assert cli.json("list", "list")[0]["penetration"] == 0.5
    assert "50.0%" in cli.ok("list", "list")
    assert found["definitions"]["penetration"] in cli.ok("list", "stats", "june")


def test_status_breakdown_how_many_leads_in_each_disposition(cli):
    active(cli, "june", content=TWO)
    end(cli, call(cli), ANSWERED)
    found = stats(cli)
    assert found["dispositions"] == {"answered": 1, "new": 1}
    assert found["attempts"]["dispositions"] == {"answered": 1}
    assert (found["attempts"]["ended"], found["attempts"]["answer_rate"]) == (1, 1.0)
    assert_adds_up(found)


def test_a_campaign_shows_the_statistics_of_its_lists_together(cli):
    for name in ("june", "july"):
        cli.ready(name, TWO.replace("+1415", "+1415" if name == "june" else "+1212"))
        cli.ok("campaign", "assign", "spring", name)
    cli.ok("campaign", "start", "spring")
    end(cli, call(cli), ANSWERED)
    found = cli.json("campaign", "stats", "spring")
    assert (found["total"], found["contacted"], found["attempts"]["ended"]) == (4, 1, 1)
    assert_adds_up(found)
    assert "all leads" in cli.ok("campaign", "stats", "spring")


def test_outside_the_hours_of_the_campaign_no_lead_is_dialable_and_the_funnel_says_until_when(cli):
    tomorrow = (now() + timedelta(days=1)).strftime("%a").lower()
    cli.campaign("spring", hours=f"{tomorrow} 00:00-24:00")
    cli.ready("june", TWO)
    cli.ok("campaign", "assign", "spring", "june")
    found = stats(cli)
    opening = (now() + timedelta(days=1)).strftime("%Y-%m-%dT00:00:00.000Z")
    assert (found["dialable"], part(found, "outside_hours")) == (
        0,
        {"part": "outside_hours", "leads": 2, "until": opening},
    )
    assert cli.json("list", "list")[0]["leads"]["dialable"] == 0


def test_leads_that_are_over_are_told_apart(cli):
    active(cli, "june", content=TWO)
    cli.ok("list", "import", "june", cli.file("phone_number\n+14155551234\n"), "--mode", "replace")
    end(cli, call(cli), EndFacts(sip_code=404))
    found = stats(cli)
    assert (part(found, "withdrawn")["leads"], part(found, "invalid")["leads"]) == (1, 1)
    assert_adds_up(found)


def test_export_download_leads_as_csv_with_field_selection(cli):
    cli.ready("june", TWO)
    text = cli.ok("list", "export", "june", "--fields", "phone_number,disposition")
    header, *rows = csv.reader(io.StringIO(text))
    assert header[0] == "phone_number"
    assert "first_name" not in header
    assert [row[:2] for row in rows] == [["+14155551234", "new"], ["+14155555678", "new"]]


def test_reset_statuses_reset_lead_dispositions_for_re_dialing(cli):
    active(cli, "june", content=TWO)
    end(cli, call(cli), BUSY)
    assert lead(cli)["closed"]
    cli.ok("list", "reset", "june", "--disposition", "busy", "--yes", "--force")
    assert (lead(cli)["disposition"], lead(cli)["closed"]) == ("new", None)
    found = stats(cli)
    assert (found["dialable"], found["attempts"]["ended"]) == (2, 1)


def test_move_leads_transfer_leads_between_lists(cli):
    cli.ready("june", TWO)
    cli.ok("list", "create", "july")
    cli.ok("list", "move", "june", "july", "--limit", "1")
    assert numbers(cli, "july") == ["+14155551234"]
    assert (stats(cli, "july")["total"], stats(cli)["dialable"]) == (1, 1)


def test_delete_remove_the_list_and_its_leads(cli):
    active(cli, "june", content=TWO)
    end(cli, call(cli), BUSY)
    said = cli.refused(1, "list", "delete", "june", "--yes-delete", "june")
    assert "In Use" in said
    cli.ok("campaign", "pause", "spring")
    cli.ok("campaign", "unassign", "spring", "june")
    cli.ok("list", "delete", "june", "--yes-delete", "june")
    assert names(cli) == []
    assert len(cli.json("call", "list")) == 1
    assert cli.json("campaign", "stats", "spring")["attempts"]["ended"] == 1
