"""Campaigns, do-not-call, calls, people and what was done, over HTTP."""

import pytest

from dialerd.domain.people import Role
from dialerd.service import people
from dialerd.store import audit
from harness.world import NOW, World


@pytest.fixture
def api(each_office):
    return each_office.program(Role.OPERATOR)


@pytest.fixture
def assigned(api):
    """A list with two leads, assigned to the campaign spring."""
    list_id = api.post("/lists", json={"name": "first"}).json()["list_id"]
    rows = b"phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n"
    assert api.post(f"/lists/{list_id}/imports", content=rows).status_code == 202
    assert api.post(f"/lists/{list_id}/assign", json={"campaign": "spring"}).status_code == 200
    return list_id


def test_a_campaign_starts_pauses_goes_on_and_stops_and_refuses_what_it_cannot(api, assigned):
    assert api.post("/campaigns/spring/pause").status_code == 409
    states = [
        api.post(f"/campaigns/spring/{action}").json()["state"] for action in ("start", "pause", "resume", "stop")
    ]
    assert states == ["active", "paused", "active", "draft"]
    said = api.post("/campaigns/spring/resume").json()
    assert said["detail"].startswith("campaign spring is draft: only a paused campaign can be resumed")
    assert api.post("/campaigns/nobody/start").status_code == 404


def test_a_campaign_without_leads_does_not_start(api):
    assert "no list" in api.post("/campaigns/spring/start").json()["detail"]


def test_a_list_of_an_active_campaign_is_not_unassigned(api, assigned):
    api.post("/campaigns/spring/start")
    assert "pause" in api.post(f"/lists/{assigned}/unassign").json()["detail"]
    assert api.get(f"/lists/{assigned}").json()["status"] == "in_use"


def test_where_the_leads_are_adds_up_and_the_reason_is_said(api, assigned):
    why = api.get("/campaigns/spring/why").json()
    assert sum(part["leads"] for part in why["funnel"]) == why["total"] == 2
    assert why["why"]
    figures = api.get("/campaigns/spring/statistics").json()
    assert figures["total"] == api.get(f"/lists/{assigned}/statistics").json()["total"] == 2
    assert [view["name"] for view in api.get("/campaigns/spring/lists").json()] == ["first"]
    assert [each["name"] for each in api.get("/campaigns").json()["items"]] == ["spring"]


def test_freezing_holds_everything_until_it_is_thawed(api, assigned):
    api.post("/campaigns/spring/start")
    assert api.post("/freeze").json() == {"campaign": None, "new": True, "calls_up": 0}
    assert api.post("/freeze").json()["new"] is False
    assert [each["campaign"] for each in api.get("/freezes").json()] == [None]
    assert "frozen" in api.get("/campaigns/spring").json()["why"]
    assert api.post("/campaigns/spring/thaw").status_code == 409
    assert api.post("/thaw").json() == {"campaign": None}
    assert api.post("/campaigns/spring/freeze").json()["campaign"] == "spring"
    assert api.post("/campaigns/spring/thaw").status_code == 200
    assert api.get("/freezes").json() == []


def test_the_status_says_what_to_look_at_first(api):
    found = api.get("/status").json()
    assert found["engines"] == []
    assert found["problem"]


def test_do_not_call_stops_leads_and_lets_them_go_again(api, assigned):
    wish = {"numbers": ["+14155551234"], "reason": "asked us to", "source": "phone"}
    added = api.post("/do-not-call", json=wish).json()
    assert (added["entries"][0]["outcome"], added["leads"]["closed"]) == ("added", 1)
    (answer,) = api.post("/do-not-call/check", json={"numbers": ["+1 415 555 1234"]}).json()
    assert (answer["on_dnc"], answer["stopped_by"]["reason"]) == (True, "asked us to")
    assert [item["entry"]["number"] for item in api.get("/do-not-call").json()["items"]] == ["+14155551234"]
    assert api.get("/do-not-call", params={"global": True, "campaign": "spring"}).status_code == 422
    removed = api.post("/do-not-call/remove", json={"numbers": ["+14155551234"]}).json()
    assert removed["leads"]["released"] == 1
    assert api.post("/do-not-call/remove", json={"numbers": ["+14155551234"]}).status_code == 404


def test_a_file_of_do_not_call_comes_in_and_goes_out_again(api):
    report = api.post("/do-not-call/imports", content=b"+14155551234\n+14155551234\nnobody\n").json()
    assert (report["rows"], report["added"], report["duplicate"], report["rejected"]) == (3, 1, 1, 1)
    first = api.get("/do-not-call", params={"limit": 1}).json()
    assert first["next"] is None
    file = api.get("/do-not-call/entries.csv").content.decode("utf-8-sig")
    assert "+14155551234" in file
    assert (
        api.post("/do-not-call", json={"numbers": ["+14155551234"], "expires_at": "2020-01-01T00:00:00Z"}).status_code
        == 422
    )
    assert (
        api.post("/do-not-call", json={"numbers": ["+14155551234"], "expires_at": "2099-01-01T00:00:00"}).status_code
        == 422
    )


def test_a_file_may_be_a_copy_of_a_registry_and_how_old_that_is_is_told(each_office, api):
    file = each_office.site.settings.paths.campaigns / "spring.toml"
    file.write_text(file.read_text().replace('["none"]', '["us-federal"]'))
    each_office.site.reload()
    copied = {"registry": "us-national", "copied": "2020-02-01"}
    assert api.post("/do-not-call/imports", content=b"+14155551234\n", params=copied).json()["added"] == 1
    (found,) = api.get("/do-not-call/registries").json()
    assert (found["copy"]["copied_at"], found["too_old"], found["max_days"]) == ("2020-02-01T00:00:00Z", True, 31)
    answer = api.post("/do-not-call/imports", content=b"+14155551234\n", params={"registry": "us-natonal"})
    assert (answer.status_code, "us-national" in answer.json()["detail"]) == (422, True)


@pytest.fixture
def called(each_office):
    """Three leads of an active campaign, each of which was called; the attempts, the newest first."""
    world = World(each_office.site.database)
    world.add_list(["+12025550100", "+12025550101", "+12025550102"])
    claimed = world.claim()
    world.send(*claimed)
    return each_office.program(Role.OPERATOR), sorted((lead.attempt_id for lead in claimed), reverse=True)


def test_calls_come_in_pages_the_newest_first(called):
    api, attempts = called
    first = api.get("/calls", params={"limit": 2, "campaign": "spring"}).json()
    second = api.get("/calls", params={"limit": 2, "cursor": first["next"]}).json()
    assert [call["attempt_id"] for call in first["items"] + second["items"]] == attempts
    assert second["next"] is None
    assert len(api.get("/calls", params={"open": True, "phone": "+12025550100"}).json()["items"]) == 1
    assert api.get("/calls", params={"campaign": "nobody"}).status_code == 404


def test_a_word_about_a_call_that_is_up_or_is_none_is_refused(called):
    api, attempts = called
    word = {"disposition": "answered"}
    assert api.post(f"/calls/{attempts[0]}/disposition", json=word).status_code == 409
    assert api.post("/calls/00000000-0000-7000-8000-000000000000/disposition", json=word).status_code == 404
    assert api.post(f"/calls/{attempts[0]}/disposition", json={"disposition": "nonsense"}).status_code == 422
    assert api.post(f"/calls/{attempts[0]}/disposition", json={**word, "at": "whenever"}).status_code == 422


def test_the_dispositions_and_their_flags_are_shown(api):
    flags = {each["name"]: each for each in api.get("/dispositions").json()}
    assert flags["opted_out"]["do_not_call"] is True
    assert flags["new"]["system"] is True


def test_the_audit_comes_in_pages_and_is_narrowed(each_office):
    api = each_office.program(Role.VIEWER)
    with each_office.site.database.write() as conn:
        for number in range(5):
            audit.add(conn, at=NOW, actor="alice", action="list.edit", subject=f"list {number}")
    first = api.get("/audit", params={"limit": 3, "actor": "alice"}).json()
    second = api.get("/audit", params={"limit": 3, "actor": "alice", "cursor": first["next"]}).json()
    assert [deed["subject"] for deed in first["items"] + second["items"]] == [f"list {n}" for n in (4, 3, 2, 1, 0)]
    assert [deed["subject"] for deed in api.get("/audit", params={"subject": "list 2"}).json()["items"]] == ["list 2"]
    assert {deed["action"] for deed in api.get("/audit", params={"action": "token.add"}).json()["items"]} == {
        "token.add"
    }


def test_people_are_made_changed_and_shut_out(each_office):
    api = each_office.program(Role.ADMIN)
    people.add(each_office.site.database, "root", Role.ADMIN, password=None, actor="test", now=NOW)
    made = api.post("/users", json={"name": "bob", "role": "viewer", "password": "correct horse battery"})
    assert (made.status_code, made.json()["has_password"]) == (201, True)
    assert "password" not in made.json()
    assert api.post("/users", json={"name": "bob", "role": "viewer"}).status_code == 409
    assert api.post("/users", json={"name": "eve", "role": "viewer", "password": "short"}).status_code == 422
    assert api.post("/users/bob/role", json={"role": "operator"}).json()["role"] == "operator"
    assert api.post("/users/bob/password", json={"password": "another horse battery"}).status_code == 200
    assert api.post("/users/bob/disable").json()["disabled"] is True
    assert api.post("/users/bob/link").status_code == 409
    assert api.post("/users/bob/enable").json()["disabled"] is False
    assert api.post("/users/root/disable").status_code == 409
    assert [user["name"] for user in api.get("/users").json()] == ["bob", "root"]


def test_a_token_is_made_shown_once_and_revoked(each_office):
    api = each_office.program(Role.ADMIN)
    made = api.post("/tokens", json={"name": "crm", "role": "viewer", "lasts": 3600}).json()
    assert made["secret"].startswith("dialerd_")
    assert made["secret"] not in api.get("/tokens").text
    assert api.post("/tokens/crm/revoke").json()["revoked_at"] is not None
    assert api.post("/tokens/crm/revoke").status_code == 409


def test_a_mapping_is_saved_used_and_forgotten(api):
    saved = api.post("/mappings", json={"name": "crm", "columns": {"Cell": "phone_number", "Fax": "-"}}).json()
    assert saved["columns"] == {"Cell": "phone_number", "Fax": "-"}
    list_id = api.post("/lists", json={"name": "first"}).json()["list_id"]
    done = api.post(f"/lists/{list_id}/imports", content=b"Cell,Fax\n+14155551234,1\n", params={"mapping": "crm"})
    assert done.json()["version"]["imported"] == 1
    assert [each["name"] for each in api.get("/mappings").json()] == ["crm"]
    assert api.delete("/mappings", params={"name": "crm"}).json() == {"name": "crm"}
    assert api.delete("/mappings", params={"name": "crm"}).status_code == 404
