from __future__ import annotations

import itertools

import pytest

from dialerd.domain.errors import Refused
from dialerd.domain.lifecycle import (
    CampaignAction,
    CampaignState,
    ListFacts,
    ListStatus,
    VersionState,
    campaign_after,
    check_assign,
    check_start,
    check_unassign,
    list_status,
)

S, A, L, V = CampaignState, CampaignAction, ListStatus, VersionState

ALLOWED = {
    (S.DRAFT, A.START): S.ACTIVE,
    (S.COMPLETED, A.START): S.ACTIVE,
    (S.ACTIVE, A.PAUSE): S.PAUSED,
    (S.PAUSED, A.RESUME): S.ACTIVE,
    (S.ACTIVE, A.STOP): S.DRAFT,
    (S.PAUSED, A.STOP): S.DRAFT,
    (S.DRAFT, A.ARCHIVE): S.ARCHIVED,
    (S.PAUSED, A.ARCHIVE): S.ARCHIVED,
    (S.COMPLETED, A.ARCHIVE): S.ARCHIVED,
    (S.ARCHIVED, A.UNARCHIVE): S.DRAFT,
}


@pytest.mark.parametrize(("state", "action"), ALLOWED)
def test_a_campaign_goes_where_it_is_told(state, action):
    assert campaign_after(state, action, name="demo") is ALLOWED[state, action]


@pytest.mark.parametrize(
    ("state", "action"), [pair for pair in itertools.product(S, A) if pair not in ALLOWED], ids=lambda part: part.value
)
def test_every_other_step_is_refused_with_the_state_the_rule_and_the_way_out(state, action):
    with pytest.raises(Refused) as refusal:
        campaign_after(state, action, name="demo")
    text = str(refusal.value)
    assert text.startswith(f"campaign demo is {state}: only a")
    assert text.rpartition("; ")[2]


@pytest.mark.parametrize(
    ("state", "action", "way_out"),
    [
        (S.PAUSED, A.START, "resume it"),
        (S.ACTIVE, A.START, "dialing already"),
        (S.DRAFT, A.PAUSE, "start it"),
        (S.COMPLETED, A.RESUME, "start it"),
        (S.ARCHIVED, A.START, "unarchive"),
        (S.DRAFT, A.STOP, "nothing to stop"),
        (S.ACTIVE, A.ARCHIVE, "stop it first"),
        (S.DRAFT, A.UNARCHIVE, "nothing to unarchive"),
        (S.ARCHIVED, A.PAUSE, "unarchive it first"),
    ],
)
def test_the_way_out_fits_the_state(state, action, way_out):
    with pytest.raises(Refused, match=way_out):
        campaign_after(state, action)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (ListFacts(None, False), L.DRAFT),
        (ListFacts(None, False, campaign=S.ACTIVE), L.DRAFT),
        (ListFacts(V.STAGING, False), L.PROCESSING),
        (ListFacts(V.STAGING, True), L.PROCESSING),
        (ListFacts(V.PUBLISHED, True), L.PROCESSING),
        (ListFacts(V.ARMED, True), L.READY),
        (ListFacts(V.ARMED, True, campaign=S.DRAFT), L.READY),
        (ListFacts(V.ARMED, True, campaign=S.PAUSED), L.READY),
        (ListFacts(V.ARMED, True, campaign=S.ACTIVE), L.IN_USE),
        (ListFacts(V.STAGING, True, campaign=S.ACTIVE), L.IN_USE),
        (ListFacts(V.ARMED, True, campaign=S.COMPLETED), L.USED),
        (ListFacts(V.STAGING, True, campaign=S.COMPLETED), L.PROCESSING),
        (ListFacts(V.FAILED, False), L.FAILED),
        (ListFacts(V.FAILED, False, campaign=S.ACTIVE), L.FAILED),
        (ListFacts(V.FAILED, True), L.READY),
        (ListFacts(V.FAILED, True, campaign=S.ACTIVE), L.IN_USE),
        (ListFacts(V.ARMED, True, campaign=S.ACTIVE, archived=True), L.ARCHIVED),
    ],
)
def test_a_list_s_status_follows_from_what_is_true(facts, status):
    assert list_status(facts) is status


def test_statuses_are_shown_in_people_s_words():
    assert [status.label for status in L] == ["Draft", "Processing", "Ready", "In Use", "Used", "Failed", "Archived"]


@pytest.mark.parametrize("status", [L.READY, L.USED])
def test_ready_and_used_lists_can_be_assigned(status):
    check_assign("spring", status, current=None, campaign="demo")


def test_a_used_list_goes_on_to_another_campaign():
    check_assign("spring", L.USED, current="last", campaign="demo")


@pytest.mark.parametrize("status", [status for status in L if status not in (L.READY, L.USED)])
def test_no_other_list_can_be_assigned(status):
    with pytest.raises(Refused, match=rf"list spring is {status.label}: only Ready or Used lists can be assigned; \w"):
        check_assign("spring", status, current=None, campaign="demo")


def test_a_list_belongs_to_one_campaign():
    with pytest.raises(Refused, match=r"assigned to campaign other, .*: unassign it there first"):
        check_assign("spring", L.READY, current="other", campaign="demo")
    with pytest.raises(Refused, match="already"):
        check_assign("spring", L.READY, current="demo", campaign="demo")


@pytest.mark.parametrize("state", [state for state in S if state is not S.ACTIVE])
def test_a_list_of_a_campaign_that_does_not_dial_can_be_unassigned(state):
    check_unassign("spring", current="demo", state=state)


def test_a_list_of_an_active_campaign_cannot_be_unassigned():
    with pytest.raises(Refused, match="list of an Active campaign cannot be unassigned; pause campaign demo first"):
        check_unassign("spring", current="demo", state=S.ACTIVE)


def test_a_list_of_no_campaign_cannot_be_unassigned():
    with pytest.raises(Refused, match="assigned to no campaign"):
        check_unassign("spring", current=None, state=None)


def test_a_campaign_starts_with_a_list_that_has_leads():
    check_start("demo", lists=1, leads=1)
    with pytest.raises(Refused, match="campaign cannot start without an assigned list"):
        check_start("demo", lists=0, leads=0)
    with pytest.raises(Refused, match="needs a lead"):
        check_start("demo", lists=1, leads=0)
