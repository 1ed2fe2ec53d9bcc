"""Which leads an export or a move takes: by disposition, attempts, fields, number and words, on both databases."""

import csv
import io

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, NotFound
from dialerd.service import exports, moves
from dialerd.service.exports import ExportWish
from dialerd.service.moves import MoveWish
from dialerd.service.which import lead_filter
from dialerd.store.filters import LeadFilter
from harness.world import CAMPAIGN, NOW, lead, phones

BUSY, NEW = Disposition.BUSY, Disposition.NEW
JANE, SIAN, BOB = phones(3)


@pytest.fixture
def exported(people):
    """exported(name="first", **filter): the numbers of the leads that an export takes."""

    def run(name="first", *, campaign=False, **which):
        out = io.StringIO(newline="")
        wish = ExportWish(name, ("phone_number",), lead_filter(**which), campaign=campaign)
        exports.export(people.database, wish, out, now=NOW, **people.words)
        return [row["phone_number"] for row in csv.DictReader(io.StringIO(out.getvalue(), newline=""))]

    return run


@pytest.mark.parametrize(
    ("which", "numbers"),
    [
        ({}, [JANE, SIAN, BOB]),
        ({"fields": {"first_name": "Jane"}}, [JANE]),
        ({"fields": {"First Name": "Jane", "city": "São Paulo"}}, [JANE]),
        ({"fields": {"first_name": "Jane", "city": "Rome"}}, []),
        ({"fields": {"first_name": "jane"}}, []),
        ({"fields": {"city": ""}}, [SIAN, BOB]),
        ({"fields": {"note": 'says "100%_!"'}}, [BOB]),
        ({"fields": {"first_name": "' OR 1=1 --"}}, []),
        ({"text": "SMITH jane"}, [JANE]),
        ({"text": "évans"}, [SIAN]),
        ({"text": "SIÂN ÉVANS"}, [SIAN]),
        ({"text": "%_!"}, [BOB]),
        ({"text": "first_name"}, []),
        ({"text": JANE}, [JANE]),
        ({"text": "+1 (202) 555"}, [JANE, SIAN, BOB]),
        ({"text": "+44"}, []),
    ],
)
def test_leads_are_chosen_by_their_fields_number_and_words(exported, which, numbers):
    assert exported(**which) == numbers


def test_leads_are_chosen_by_attempts_that_counted_and_by_disposition(people, exported):
    people.called(BUSY)
    assert exported(attempts=(1, 1)) == [JANE]
    assert exported(attempts=(0, 0)) == [SIAN, BOB]
    assert exported(attempts=(0, None)) == [JANE, SIAN, BOB]
    assert exported(attempts=(2, None)) == []
    assert exported(dispositions=[BUSY, NEW], attempts=(None, 0)) == [SIAN, BOB]


def test_an_export_of_a_campaign_has_the_leads_of_all_its_lists(people, exported):
    people.world.add_list([lead("+442079460002", shoe_size="42")], name="third")
    assert exported(CAMPAIGN, campaign=True) == [JANE, SIAN, BOB, "+442079460002"]
    assert exported(CAMPAIGN, campaign=True, text="+44") == ["+442079460002"]
    with pytest.raises(NotFound, match="campaign autumn has no list"):
        exported("autumn", campaign=True)


def test_the_audit_says_what_was_asked_for(people, exported):
    exported(fields={"city": "Rome"}, dispositions=[BUSY], attempts=(1, None), text="jane smith")
    (entry,) = people.audit("list.export")
    assert entry.detail == {
        "columns": ["phone_number"],
        "dispositions": ["busy"],
        "least": 1,
        "fields": [["city", "Rome"]],
        "words": ["jane", "smith"],
    }


def test_a_move_takes_the_leads_that_fit_and_no_others(people):
    wish = MoveWish("first", "second", lead_filter(text="siân"))
    assert moves.plan(people.database, wish).moved == 1
    assert moves.move(people.database, wish, clock=people.clock, **people.words).moved == 1
    assert people.phones("first") == [JANE, BOB]
    assert SIAN in people.phones("second")


@pytest.mark.parametrize("wrong", [{"text": " "}, {"text": "+"}, {"fields": {"phone_number": "1"}}])
def test_a_filter_that_cannot_be_is_bad_input(wrong):
    with pytest.raises(BadInput):
        lead_filter(**wrong)


def test_a_filter_that_asks_for_nothing_fits_every_lead():
    assert lead_filter() == LeadFilter()
