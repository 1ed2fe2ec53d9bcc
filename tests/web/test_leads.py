"""Leads over HTTP: added, found, changed, moved, reset, exported, and why they are dialed or not."""

from datetime import timedelta

import pytest

from dialerd.domain.people import Role


@pytest.fixture
def api(each_office):
    return each_office.program(Role.OPERATOR)


@pytest.fixture
def lists(api):
    """Two lists, the first with three leads."""
    first, second = (api.post("/lists", json={"name": name}).json()["list_id"] for name in ("first", "second"))
    rows = b"phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n+14155559999,=cmd|x\n"
    assert api.post(f"/lists/{first}/imports", content=rows).status_code == 202
    return first, second


def leads_of(api, list_id):
    return [item["lead"] for item in api.get(f"/lists/{list_id}/leads").json()["items"]]


def test_a_lead_is_added_once_however_often_it_is_asked_for(api, lists):
    body = {"phone_number": "+14155550000", "fields": {"first_name": "Ann"}, "priority": 5}
    answers = [
        api.post(f"/lists/{lists[0]}/leads", json=body, headers={"Idempotency-Key": "crm-4711"}) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json() == answers[2].json()
    made = api.get(f"https://127.0.0.1{answers[0].headers['location']}").json()
    assert (made["lead"]["priority"], made["fields"]) == (5, {"first_name": "Ann"})
    assert len(leads_of(api, lists[0])) == 4
    assert api.post(f"/lists/{lists[0]}/leads", json=body).status_code == 409


def test_many_leads_are_added_as_one_version_and_each_is_accounted_for(api, lists):
    body = {
        "leads": [
            {"phone_number": "+14155550001", "fields": {"first_name": "A", "note": "=1+1"}, "priority": 3},
            {"phone_number": "nobody"},
            {"phone_number": "+14155551234", "fields": {"first_name": "Again"}},
        ]
    }
    answer = api.post(f"/lists/{lists[0]}/leads/batch", json=body)
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["version"]["imported"], done["version"]["rejected"], done["version"]["unchanged"]) == (1, 1, 1)
    assert [(row["index"], bool(row["reason"])) for row in done["rejected"]] == [(1, True)]
    (found,) = api.get("/leads", params={"text": "+14155550001"}).json()["leads"]
    assert (found["fields"], found["lead"]["priority"]) == ({"first_name": "A", "note": "=1+1"}, 3)


def test_leads_are_found_by_number_words_and_where_they_are(api, lists):
    assert [found["lead"]["phone"] for found in api.get("/leads", params={"text": "jan"}).json()["leads"]] == [
        "+14155555678"
    ]
    assert len(api.get("/leads", params={"list_id": lists[0]}).json()["leads"]) == 3
    assert api.get("/leads").status_code == 422
    assert api.get("/leads", params={"list_id": lists[0], "disposition": "nonsense"}).status_code == 422


def test_leads_of_a_list_come_in_pages(api, lists):
    first = api.get(f"/lists/{lists[0]}/leads", params={"limit": 2}).json()
    second = api.get(f"/lists/{lists[0]}/leads", params={"limit": 2, "cursor": first["next"]}).json()
    phones = [item["lead"]["phone"] for item in first["items"] + second["items"]]
    assert phones == ["+14155551234", "+14155555678", "+14155559999"]
    assert second["next"] is None


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "LTE", "InRleHQi", "é", "Wzld", "MWUzMDA"])
def test_a_cursor_that_is_none_of_ours_is_refused(api, lists, cursor):
    assert api.get(f"/lists/{lists[0]}/leads", params={"cursor": cursor}).status_code == 422


def test_an_edit_of_a_lead_that_was_changed_meanwhile_is_refused(api, lists):
    lead = leads_of(api, lists[0])[0]["lead_id"]
    tag = api.get(f"/leads/{lead}").headers["etag"]
    done = api.patch(f"/leads/{lead}", json={"fields": {"first_name": "Jon"}}, headers={"If-Match": tag})
    assert (done.status_code, done.json()["fields"]["first_name"]) == (200, "Jon")
    late = api.patch(f"/leads/{lead}", json={"fields": {"first_name": "X"}}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert (
        api.patch(f"/leads/{lead}", json={"priority": 4}, headers={"If-Match": done.headers["etag"]}).status_code == 200
    )


def test_the_state_of_a_lead_is_no_field_that_is_set(api, lists):
    lead = leads_of(api, lists[0])[0]["lead_id"]
    assert api.patch(f"/leads/{lead}", json={"disposition": "answered"}).status_code == 422
    assert api.patch(f"/leads/{lead}", json={"fields": {"first_name": "a\u0000b"}}).status_code == 422


def test_a_lead_is_closed_made_fresh_and_moved(api, lists):
    lead = leads_of(api, lists[0])[0]["lead_id"]
    assert api.post(f"/leads/{lead}/close", json={"reason": "asked to"}).json()["closed"] == "closed by hand"
    assert api.post(f"/leads/{lead}/close", json={"reason": "again"}).status_code == 409
    assert api.post(f"/leads/{lead}/reset").json()["closed"] is None
    moved = api.post(f"/leads/{lead}/move", json={"to": lists[1]})
    assert moved.json()["report"]["moved"] == 1
    assert [each["lead_id"] for each in leads_of(api, lists[1])] == [lead]


def test_many_leads_are_moved_and_reset_after_a_look_at_what_would_happen(api, lists):
    wish = {"to": lists[1], "which": {"search": "john"}}
    assert api.post(f"/lists/{lists[0]}/move", json={**wish, "dry_run": True}).json()["moved"] == 1
    assert len(leads_of(api, lists[1])) == 0
    assert api.post(f"/lists/{lists[0]}/move", json=wish).json()["moved"] == 1
    assert [each["phone"] for each in leads_of(api, lists[1])] == ["+14155551234"]
    plan = api.post(f"/lists/{lists[0]}/reset", json={"every": True, "dry_run": True}).json()
    assert (plan["leads"], plan["reset"]) == (0, None)  # nobody was dialed yet
    assert api.post(f"/lists/{lists[0]}/reset", json={"dispositions": ["nonsense"]}).status_code == 422
    assert api.post(f"/lists/{lists[0]}/reset/undo").status_code == 409


def test_an_export_is_safe_in_a_spreadsheet_and_in_the_audit(api, lists, each_office):
    file = api.get(f"/lists/{lists[0]}/leads.csv", params={"column": ["first_name", "phone_number"]})
    assert file.headers["content-type"].startswith("text/csv")
    assert file.content.decode("utf-8-sig").splitlines() == [
        "first_name,phone_number,exported_by_dialerd",
        "John,+14155551234,1",
        "Jane,+14155555678,2",
        "'=cmd|x,+14155559999,3",
    ]
    assert [deed.actor for deed in each_office.deeds("list.export")] == ["token operator-program"]
    assert list(each_office.site.uploads.iterdir()) == []
    assert api.get(f"/lists/{lists[0]}/leads.csv", params={"column": "nonsense"}).status_code == 422


def test_why_a_lead_is_not_dialed_is_said_gate_by_gate(api, lists):
    lead = leads_of(api, lists[0])[0]["lead_id"]
    why = api.get(f"/leads/{lead}/why").json()
    assert why["dialable"] is False
    assert {gate["says"] for gate in why["gates"]} <= {"yes", "no_until", "never"}
    (same,) = api.get("/why", params={"number": "+14155551234"}).json()
    assert same["reason"] == why["reason"]
    assert api.get("/why", params={"number": "x"}).status_code == 422


def test_leads_with_an_end_are_dialed_no_more_from_then_on(api, lists, each_office):
    assert api.post(f"/lists/{lists[0]}/assign", json={"campaign": "spring"}).status_code == 200
    later = (each_office.site.now() + timedelta(minutes=30)).isoformat()
    one = {"phone_number": "+14155550010", "expires_at": later}
    lead = api.post(f"/lists/{lists[0]}/leads", json=one).json()["lead"]
    many = {"leads": [{"phone_number": f"+1415555002{n}"} for n in range(3)], "expires_at": later}
    assert api.post(f"/lists/{lists[0]}/leads/batch", json=many).json()["version"]["imported"] == 3
    ends = {each["phone"]: each["expires_at"] for each in leads_of(api, lists[0])}
    assert [phone for phone, at in ends.items() if at is None] == ["+14155551234", "+14155555678", "+14155559999"]
    assert len({at for at in ends.values() if at is not None}) == 1
    expiry = {gate["gate"]: gate for gate in api.get(f"/leads/{lead['lead_id']}/why").json()["gates"]}["expiry"]
    assert (expiry["says"], expiry["changes_at"]) == ("yes", lead["expires_at"])
    each_office.clock.ahead = timedelta(minutes=30)
    expiry = {gate["gate"]: gate for gate in api.get(f"/leads/{lead['lead_id']}/why").json()["gates"]}["expiry"]
    assert (expiry["says"], expiry["reason"]) == ("never", "expired")
    assert (
        "is over already"
        in api.post(f"/lists/{lists[0]}/leads", json={**one, "phone_number": "+14155550011"}).json()["detail"]
    )
    assert api.post(f"/lists/{lists[0]}/leads/batch", json=many).status_code == 422
