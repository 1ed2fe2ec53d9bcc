"""Copies of do-not-call registries: imported, told with their ages, and no call where one is missing or too old."""

from datetime import UTC, datetime, timedelta

import pytest

JOHN = "+14155551234"
NUMBERS = "+12025550101\n+12025550102\n"


@pytest.fixture
def held(cli):
    """Campaign spring sells in the United States."""
    cli.ready("june")
    file = cli.folder / "campaigns.d" / "spring.toml"
    file.write_text(file.read_text().replace('["none"]', '["us-federal"]'))
    cli.ok("campaign", "assign", "spring", "june")
    return cli


def bring(cli, days_old, *options):
    day = datetime.now(UTC) - timedelta(days=days_old)
    copied = ("--copied", day.isoformat(), *options)
    return cli.json("dnc", "import", cli.file(NUMBERS, "copy.csv"), "--registry", "us-national", *copied)


def registry_gate(cli):
    (found,) = cli.json("why", JOHN)
    (answer,) = [each for each in found["gates"] if each["gate"] == "do-not-call registry"]
    return answer


def test_without_a_copy_why_says_that_one_is_missing_and_how_to_bring_it(held):
    answer = registry_gate(held)
    assert answer["says"] == "never"
    assert answer["reason"].startswith(
        "no copy of the do-not-call registry us-national was imported: dialerd dnc import"
    )
    (told,) = held.json("dnc", "registries")["registries"]
    assert (told["copy"], told["too_old"], told["asked_by"]) == (None, True, ["spring"])


def test_with_a_young_copy_the_campaign_may_dial_until_it_is_31_days_old(held):
    assert bring(held, 3)["added"] == 2
    answer = registry_gate(held)
    assert answer["says"] == "yes"
    left = datetime.fromisoformat(answer["changes_at"]) - datetime.now(UTC)
    assert timedelta(days=27, hours=23) < left <= timedelta(days=28)
    (told,) = held.json("dnc", "registries")["registries"]
    assert (told["age_days"], told["max_days"], told["too_old"]) == (3.0, 31.0, False)
    assert (told["copy"]["file"], told["copy"]["entries"]) == ("copy.csv", 2)
    assert "us-national" in held.ok("dnc", "registries")
    (number,) = held.json("dnc", "check", "+12025550101")["numbers"]
    assert number["stopped_by"]["source"] == "us-national"


def test_a_copy_that_is_too_old_is_said_by_why_and_by_the_campaign_and_a_newer_one_helps(held):
    bring(held, 32)
    said = "is 32 days old, 31 days at most: dialerd dnc import FILE --registry us-national"
    assert said in registry_gate(held)["reason"]
    assert "too old" in held.ok("dnc", "registries")
    bring(held, 1)
    assert registry_gate(held)["says"] == "yes"
    bring(held, 20)
    assert registry_gate(held)["says"] == "yes", "the newest copy counts"


def test_a_copy_for_another_campaign_is_none_for_this_one(held):
    held.campaign("autumn")
    bring(held, 1, "--campaign", "autumn")
    assert registry_gate(held)["says"] == "never"
    bring(held, 1, "--campaign", "spring")
    assert registry_gate(held)["says"] == "yes"


def test_a_file_none_of_whose_rows_can_be_used_is_no_copy(held):
    held("dnc", "import", held.file("phone\nnobody\n", "bad.csv"), "--registry", "us-national")
    assert registry_gate(held)["says"] == "never"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--registry", "us-natonal"), "no campaign's profile asks for it; they ask for us-national"),
        (("--registry", "us-national", "--copied", "2999-01-01"), "is of a time to come"),
        (("--registry", "us-national", "--copied", "yesterday"), "must be a day such as 2026-11-20"),
    ],
)
def test_a_copy_that_cannot_be_is_refused_and_nothing_is_imported(held, options, said):
    assert said in held.refused(65, "dnc", "import", held.file(NUMBERS, "copy.csv"), *options)
    assert held.json("dnc", "check", "+12025550101")["numbers"][0]["on_dnc"] is False
