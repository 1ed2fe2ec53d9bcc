"""Which leads `dialerd list export` and `move` take, as it is typed."""

import csv

import pytest

from harness.lifetime import BUSY, active, call, end


def exported(cli, *options):
    """The numbers in the export."""
    return [row["phone_number"] for row in csv.DictReader(cli.ok("list", "export", *options).splitlines())]


@pytest.fixture
def june(cli):
    """John, Jane and Siân in an active campaign; John and Jane were called once."""
    active(cli, "june")
    for _ in range(2):
        end(cli, call(cli), BUSY)
    return cli


def test_a_move_takes_leads_by_fields_and_attempts(june):
    june.ok("list", "create", "july")
    move = ("list", "move", "june", "july", "--field", "first_name=Jane")
    assert june.json(*move, "--attempts", "0")["moved"] == 0
    assert june.json(*move, "--attempts", "1-2")["moved"] == 1
    assert exported(june, "july") == ["+14155555678"]


def test_an_export_takes_leads_by_words_number_and_disposition(june):
    assert exported(june, "june", "--search", "SIÂN") == ["+442071838750"]
    assert exported(june, "june", "--search", "+1415") == ["+14155551234", "+14155555678"]
    assert exported(june, "june", "--disposition", "busy", "--attempts", "1-") == ["+14155551234", "+14155555678"]


def test_an_export_takes_all_lists_of_a_campaign(june):
    june.ready("july", "phone_number,city\n+12125550100,Rome\n")
    june.ok("list", "assign", "july", "spring")
    assert exported(june, "--campaign", "spring", "--attempts", "0") == ["+442071838750", "+12125550100"]
    assert "campaign autumn has no list" in june.refused(1, "list", "export", "--campaign", "autumn")


def test_an_export_is_of_a_list_or_of_a_campaign(june):
    assert june("list", "export").code == 2
    assert june("list", "export", "june", "--campaign", "spring").code == 2


def test_a_field_without_its_text_is_refused(june):
    assert "must be NAME=TEXT" in june.refused(65, "list", "export", "june", "--field", "x")


@pytest.mark.parametrize("wrong", ["few", "-1", "1-x", "-", "٤", "1000000"])
def test_attempts_that_are_no_count_are_a_usage_error(cli, wrong):
    assert cli("list", "export", "june", "--attempts", wrong).code == 2
