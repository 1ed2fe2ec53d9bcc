"""One lead from its list to another."""

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import NotFound, Refused
from dialerd.service import leads, list_life
from dialerd.service.lead_moves import move_lead
from harness.world import CAMPAIGN, NOW, lead, phones

BUSY = Disposition.BUSY
JANE, SIAN, BOB = phones(3)


@pytest.fixture
def move(people):
    return lambda which, target="second", **more: move_lead(
        people.database, which, target, clock=people.clock, **people.words, **more
    )


def test_a_lead_moves_with_its_calls_and_both_lists_say_so(people, move):
    (jane,) = people.called(BUSY)
    moved, report = move(JANE)
    assert (moved.lead_id, moved.list_name, report.moved) == (jane, "first", 1)
    story = leads.show(people.database, str(jane))
    assert (story.lead.list_name, story.lead.disposition, len(story.calls)) == ("second", "busy", 1)
    assert people.phones("first") == [SIAN, BOB]
    (entry,) = people.audit("lead.move")
    assert (entry.subject, entry.detail) == (f"lead {jane}", {"from": "first", "to": "second", "updated": False})


def test_a_lead_whose_number_is_there_already_moves_only_to_update_it(people, move):
    people.world.add_list([lead(JANE, first_name="Janet")], name="third", campaign=None)
    with pytest.raises(Refused, match=r"list third has this number already.*--duplicates update"):
        move(JANE, "third", list_name="first")
    assert people.audit("lead.move") == []
    assert move(JANE, "third", list_name="first", update=True)[1].updated == 1
    assert leads.show(people.database, JANE, list_name="third").fields["first_name"] == "Jane"
    assert people.phones("first") == [SIAN, BOB]


def test_a_lead_in_a_call_moves_when_the_call_has_ended(people, move):
    (call,) = people.world.claim(1)
    people.world.send(call)
    with pytest.raises(Refused, match="is in a call"):
        move(str(call.lead_id))
    assert len(people.phones("first")) == 3


def test_a_withdrawn_lead_does_not_move(people, move):
    people.world.add_list([lead(JANE)], name="third", campaign=None)
    move(JANE, "third", list_name="first", update=True)
    with pytest.raises(Refused, match=r"is withdrawn"):
        move(JANE, "second", list_name="first")


def test_a_lead_that_is_nowhere_or_goes_nowhere_is_refused(people, move):
    with pytest.raises(NotFound):
        move("+12025559999")
    with pytest.raises(NotFound):
        move(JANE, "fourth")
    with pytest.raises(Refused, match="both source and target"):
        move(JANE, "first")
    list_life.archive(people.database, "second", now=NOW, **people.words)
    with pytest.raises(Refused, match="Archived"):
        move(JANE)


def test_a_moved_lead_is_dialed_by_the_campaign_of_its_new_list(people, move):
    people.world.campaign("autumn")
    people.world.add_list(phones(1, 50), name="third", campaign="autumn")
    move(BOB, "third")
    assert BOB in [claimed.phone for claimed in people.world.claim(campaign="autumn")]
    assert BOB not in [claimed.phone for claimed in people.world.claim(campaign=CAMPAIGN)]
