"""`dialerd campaign`: the rules about lists and states, one test for each."""

import pytest

ACTIONS = ("start", "pause", "resume", "stop")


def state(cli, name="spring"):
    return cli.json("campaign", "show", name)["state"]


def started(cli):
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("campaign", "start", "spring")


def test_a_campaign_is_known_by_its_file_and_begins_as_a_draft(cli):
    (shown,) = cli.json("campaign", "list")
    assert (shown["name"], shown["state"], shown["lists"]) == ("spring", "draft", [])


def test_a_campaign_cannot_start_without_an_assigned_list(cli):
    assert "a campaign cannot start without an assigned list" in cli.refused(1, "campaign", "start", "spring")
    assert state(cli) == "draft"


@pytest.mark.parametrize("content", [None, ""], ids=["draft", "failed"])
def test_only_ready_lists_can_be_assigned(cli, content):
    cli.ok("list", "create", "june")
    if content is not None:
        cli("list", "import", "june", cli.file(content))
    assert "only Ready or Used lists can be assigned" in cli.refused(1, "campaign", "assign", "spring", "june")
    assert cli.json("campaign", "show", "spring")["lists"] == []


def test_a_list_belongs_to_at_most_one_campaign(cli):
    cli.campaign("summer")
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    assert "a list belongs to one campaign" in cli.refused(1, "campaign", "assign", "summer", "june")
    assert cli.json("campaign", "show", "spring")["lists"] == ["june"]


def test_a_campaign_may_have_several_lists_in_the_order_they_were_assigned(cli):
    for name in ("zulu", "alpha"):
        cli.ready(name)
        cli.ok("campaign", "assign", "spring", name)
    assert cli.json("campaign", "show", "spring")["lists"] == ["zulu", "alpha"]


def test_the_list_status_changes_to_in_use_when_the_campaign_is_active(cli):
    started(cli)
    assert cli.json("list", "show", "june")["status"] == "in_use"
    cli.ok("campaign", "pause", "spring")
    assert cli.json("list", "show", "june")["status"] == "ready"


def test_you_cannot_unassign_a_list_from_an_active_campaign_but_from_a_paused_one(cli):
    started(cli)
    assert "pause campaign spring first" in cli.refused(1, "campaign", "unassign", "spring", "june")
    assert cli.json("campaign", "show", "spring")["lists"] == ["june"]
    cli.ok("campaign", "pause", "spring")
    cli.ok("campaign", "unassign", "spring", "june")
    assert cli.json("campaign", "show", "spring")["lists"] == []


def test_a_paused_campaign_that_lost_its_lists_cannot_be_resumed(cli):
    started(cli)
    cli.ok("campaign", "pause", "spring")
    cli.ok("campaign", "unassign", "spring", "june")
    assert "without an assigned list" in cli.refused(1, "campaign", "resume", "spring")
    assert state(cli) == "paused"


def test_unassigning_from_another_campaign_is_refused(cli):
    cli.campaign("summer")
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    assert "is assigned to campaign spring, not to summer" in cli.refused(1, "campaign", "unassign", "summer", "june")
    cli.ready("july")
    assert "is assigned to no campaign" in cli.refused(1, "campaign", "unassign", "spring", "july")


def test_start_pause_resume_stop_and_start_again(cli):
    started(cli)
    for action, after in (("pause", "paused"), ("resume", "active"), ("stop", "draft"), ("start", "active")):
        assert cli.json("campaign", action, "spring")["state"] == after


@pytest.mark.parametrize(
    ("before", "refused"),
    [([], ("pause", "resume", "stop")), (["start"], ("start", "resume")), (["start", "pause"], ("start", "pause"))],
)
def test_what_a_state_does_not_allow_is_refused_and_changes_nothing(cli, before, refused):
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    for action in before:
        cli.ok("campaign", action, "spring")
    was = state(cli)
    for action in refused:
        assert cli.refused(1, "campaign", action, "spring").startswith(f"campaign spring is {was}: ")
        assert state(cli) == was


@pytest.mark.parametrize("action", ACTIONS)
def test_an_unknown_campaign_names_the_nearest_one(cli, action):
    assert cli.refused(1, "campaign", action, "sprnig") == (
        "campaign sprnig does not exist; did you mean spring?; `dialerd campaign list` shows those that do"
    )


def test_an_unknown_campaign_or_list_cannot_be_assigned(cli):
    cli.ready("june")
    assert "campaign sprin does not exist" in cli.refused(1, "campaign", "assign", "sprin", "june")
    assert "list jun does not exist; did you mean june?" in cli.refused(1, "campaign", "assign", "spring", "jun")
    assert "campaign sprin does not exist" in cli.refused(1, "campaign", "unassign", "sprin", "june")
    assert [found["name"] for found in cli.json("campaign", "list")] == ["spring"]


def test_a_campaign_whose_file_is_gone_is_still_shown_and_can_be_paused_but_not_started(cli):
    started(cli)
    (cli.folder / "campaigns.d" / "spring.toml").unlink()
    assert "its configuration file is gone" in cli.json("campaign", "show", "spring")["why"]
    cli.ok("campaign", "pause", "spring")
    assert "has no configuration file any more" in cli.refused(1, "campaign", "resume", "spring")


def test_who_did_it_is_shown_and_kept_in_the_audit(cli):
    from dialerd.store import audit

    started(cli)
    cli.ok("campaign", "pause", "spring")
    assert "paused by" in cli.json("campaign", "show", "spring")["why"]
    entries = cli.write(lambda conn, now: audit.page(conn, subject="campaign spring"))
    assert [entry.action for entry in entries] == ["campaign.pause", "campaign.start", "campaign.assign"]
    assert all(entry.actor for entry in entries)


def test_a_refused_action_leaves_no_audit_entry(cli):
    from dialerd.store import audit

    cli.refused(1, "campaign", "start", "spring")
    assert cli.write(lambda conn, now: audit.page(conn)) == []
