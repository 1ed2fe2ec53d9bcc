"""Campaigns that are put away, frozen, and whose file came back."""

import json

import pytest

from dialerd.cli import freezing
from dialerd.domain.eligibility import Yes
from dialerd.domain.facts import AttemptState
from dialerd.service.campaigns import FILE_GONE, complete, pause
from dialerd.store import attempts, audit, claims
from harness.world import claim_request


@pytest.fixture
def active(cli):
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("campaign", "start", "spring")
    return cli


def two_ring(conn, now):
    """Two calls of the campaign are up."""
    request = claim_request(campaign="spring", trunk="carrier", limit=2)
    for lead in claims.claim(conn, request, lambda lead: Yes(), now):
        claims.mark_sending(conn, [lead.attempt_id], request.owner, now)
        attempts.mark_progress(conn, lead.attempt_id, AttemptState.RINGING, now)


def shown(cli, name="spring"):
    return cli.json("campaign", "show", name)


def test_an_archived_campaign_is_out_of_sight_until_it_is_unarchived(active):
    assert "stop it first" in active.refused(1, "campaign", "archive", "spring")
    active.ok("campaign", "stop", "spring")
    assert "is archived" in active.ok("campaign", "archive", "spring")
    assert active.json("campaign", "list") == []
    assert active.json("status")["campaigns"] == []
    assert [item["name"] for item in active.json("campaign", "list", "--archived")] == ["spring"]
    assert shown(active)["why"].endswith("bring it back: dialerd campaign unarchive spring")
    assert active.json("campaign", "unarchive", "spring")["state"] == "draft"
    assert [item["name"] for item in active.json("campaign", "list")] == ["spring"]
    assert shown(active)["lists"] == ["june"]


def test_an_archived_campaign_is_neither_started_nor_given_lists(cli):
    cli.ready("june")
    cli.ok("campaign", "archive", "spring")
    assert "unarchive it first" in cli.refused(1, "campaign", "start", "spring")
    assert "takes no lists" in cli.refused(1, "campaign", "assign", "spring", "june")


def test_a_frozen_campaign_says_by_whom_and_how_to_go_on_and_keeps_its_state(active):
    answer = active.json("campaign", "freeze", "spring")
    assert answer == {"frozen": "spring", "new": True, "calls_up": 0}
    found = shown(active)
    assert found["state"] == "active"
    assert found["why"].startswith("frozen by ")
    assert found["why"].endswith("; dialerd campaign unfreeze spring")
    assert active.json("campaign", "freeze", "spring")["new"] is False
    active.ok("campaign", "unfreeze", "spring")
    assert "frozen" not in shown(active)["why"]


def test_everything_can_be_frozen_and_that_is_the_first_thing_the_status_says(active):
    assert "everything is frozen" in active.ok("campaign", "freeze")
    assert active.json("status")["problem"].startswith("everything is frozen by ")
    assert "everything is frozen" in shown(active)["why"]
    assert "is frozen with everything else" in active.refused(1, "campaign", "unfreeze", "spring")
    active.ok("campaign", "unfreeze")
    assert "there is nothing to unfreeze" in active.refused(1, "campaign", "unfreeze")


def test_only_one_campaign_frozen_is_not_everything(active):
    active.ok("campaign", "freeze", "spring")
    assert "only spring" in active.refused(1, "campaign", "unfreeze")


def test_who_froze_and_thawed_is_kept_in_the_audit(active):
    active.ok("campaign", "freeze", "spring")
    active.ok("campaign", "unfreeze", "spring")
    active.ok("campaign", "freeze")
    entries = active.write(lambda conn, now: audit.page(conn))
    assert [(entry.action, entry.subject) for entry in entries[:3]] == [
        ("campaign.freeze", "everything"),
        ("campaign.unfreeze", "campaign spring"),
        ("campaign.freeze", "campaign spring"),
    ]


def test_a_freeze_says_how_many_calls_nobody_hung_up(active, monkeypatch):
    monkeypatch.setattr(freezing, "WAIT_SECONDS", 0.2)
    active.write(two_ring)
    answer = active("campaign", "freeze", "--json")
    assert json.loads(answer.out)["calls_up"] == 2
    assert "2 calls have not ended yet" in active("campaign", "freeze").err


def test_new_leads_and_a_reset_leave_a_completed_campaign_until_somebody_starts_it(active):
    close = "UPDATE leads SET disposition = 'busy', closed = 'all attempts used: 3 of 3', due_at = NULL"
    active.write(lambda conn, now: conn.exec_driver_sql(close))
    assert active.write(lambda conn, now: complete(conn, "spring", now)) is True
    assert shown(active)["state"] == "completed"
    active.ok("list", "import", "june", active.file("phone_number\n+14155550199\n", "more.csv"))
    active.ok("list", "reset", "june", "--disposition", "busy", "--force")
    assert shown(active)["remaining"] > 1
    assert shown(active)["state"] == "completed"
    active.ok("campaign", "start", "spring")
    assert shown(active)["state"] == "active"


def test_a_pause_shows_the_calls_that_go_on_to_their_end(active):
    active.write(two_ring)
    assert "; 2 calls up; they go on to their end" in active.ok("campaign", "pause", "spring")
    assert "they go on to their end" in active.ok("campaign", "show", "spring")
    assert shown(active)["calls"] == 2


def test_an_unknown_campaign_is_not_frozen(cli):
    assert "does not exist" in cli.refused(1, "campaign", "freeze", "sprng")
    assert "does not exist" in cli.refused(1, "campaign", "unfreeze", "sprng")


def test_a_campaign_whose_file_is_back_stays_paused_and_says_how_to_go_on(active):
    file = active.folder / "campaigns.d" / "spring.toml"
    text = file.read_text()
    file.unlink()
    active.write(lambda conn, now: pause(conn, "spring", FILE_GONE, now))
    assert shown(active)["why"] == "its configuration file is gone; put it back"
    file.write_text(text)
    found = shown(active)
    assert (found["state"], found["why"]) == (
        "paused",
        "paused: its configuration file was gone; go on: dialerd campaign resume spring",
    )
    assert active.json("campaign", "resume", "spring")["state"] == "active"
