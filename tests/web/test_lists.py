"""Lists over HTTP: made, found, changed, refused, put away."""

import pytest

from dialerd.domain.people import Role

THREE = b"phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n+442071838750,Si\xc3\xa2n\n"


@pytest.fixture
def api(each_office):
    return each_office.program(Role.OPERATOR)


def make(api, name="spring"):
    answer = api.post("/lists", json={"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()["list_id"]


def bring(api, list_id, content=THREE, **wishes):
    answer = api.post(f"/lists/{list_id}/imports", content=content, params=wishes)
    assert answer.status_code == 202, answer.text
    return answer.json()["version"]


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return answer.json()["detail"]


def test_a_list_is_made_and_is_where_the_answer_says(api):
    answer = api.post("/lists", json={"name": "spring", "region": "us"})
    made = api.get("https://127.0.0.1" + answer.headers["location"]).json()
    assert (made["name"], made["status"], made["policy"], made["region"]) == ("spring", "draft", "clean", "US")


def test_lists_are_found_by_name_and_status_and_come_in_pages(api):
    for name in ("b", "a/b", "c", "A"):
        make(api, name)
    first = api.get("/lists", params={"limit": 3}).json()
    second = api.get("/lists", params={"limit": 3, "cursor": first["next"]}).json()
    assert [each["name"] for each in first["items"] + second["items"]] == ["A", "a/b", "b", "c"]
    assert second["next"] is None
    assert [each["name"] for each in api.get("/lists", params={"search": "B"}).json()["items"]] == ["a/b", "b"]
    assert [each["name"] for each in api.get("/lists", params={"name": "b"}).json()["items"]] == ["b"]
    assert api.get("/lists", params={"status": "in_use"}).json()["items"] == []


def test_a_filter_that_there_is_not_is_refused_instead_of_overlooked(api):
    assert "no such parameter" in problem(api.get("/lists", params={"sort": "(select 1)"}), 422)


def test_an_edit_of_what_was_changed_meanwhile_is_refused(api):
    list_id = make(api)
    tag = api.get(f"/lists/{list_id}").headers["etag"]
    edited = api.patch(f"/lists/{list_id}", json={"description": "x"}, headers={"If-Match": tag})
    assert edited.status_code == 200
    assert edited.headers["etag"] == api.get(f"/lists/{list_id}").headers["etag"] != tag
    late = api.patch(f"/lists/{list_id}", json={"description": "y"}, headers={"If-Match": tag})
    assert "was changed since" in problem(late, 412)
    assert api.get(f"/lists/{list_id}").json()["description"] == "x"


def test_a_transition_that_a_rule_forbids_is_refused_with_the_rule(api, each_office):
    list_id = make(api)
    said = problem(api.post(f"/lists/{list_id}/assign", json={"campaign": "spring"}), 409)
    assert said.startswith("list spring is Draft: only")
    (deed,) = each_office.deeds("refused")
    assert (deed.actor, deed.subject) == ("token operator-program", f"POST /api/v1/lists/{list_id}/assign")
    assert deed.detail["why"] == said


def test_a_list_goes_from_campaign_to_archive_and_away(api):
    list_id = make(api)
    bring(api, list_id)
    assigned = api.post(f"/lists/{list_id}/assign", json={"campaign": "spring"}).json()
    assert assigned["list"]["campaign"] == "spring"
    assert api.post(f"/lists/{list_id}/unassign").json()["campaign"] is None
    assert api.post(f"/lists/{list_id}/archive").json()["status"] == "archived"
    assert problem(api.post(f"/lists/{list_id}/assign", json={"campaign": "spring"}), 409)
    assert api.post(f"/lists/{list_id}/unarchive").json()["status"] == "ready"
    copied = api.post(f"/lists/{list_id}/copy", json={"name": "autumn"})
    assert (copied.status_code, copied.json()["leads"]) == (201, 3)
    assert "asks for the list's name" in problem(api.delete(f"/lists/{list_id}", params={"name": "autumn"}), 409)
    assert api.delete(f"/lists/{list_id}", params={"name": "spring"}).json() == {"name": "spring", "leads": 3}
    assert problem(api.get(f"/lists/{list_id}"), 404)


def test_an_archived_list_is_not_taken_for_the_one_that_has_its_name_now(api):
    old = make(api)
    api.post(f"/lists/{old}/archive")
    new = make(api)
    assert "another list has its name" in problem(api.get(f"/lists/{old}/leads"), 409)
    assert api.post(f"/lists/{old}/unarchive", json={"name": "spring-old"}).json()["name"] == "spring-old"
    assert api.get(f"/lists/{new}").json()["name"] == "spring"


def test_a_deed_is_in_the_audit_with_who_before_after_and_from_where(api, each_office):
    list_id = make(api)
    api.patch(f"/lists/{list_id}", json={"description": "for May"})
    (deed,) = each_office.deeds("list.edit")
    assert (deed.actor, deed.source) == ("token operator-program", "192.0.2.7")
    assert (deed.detail["before"]["description"], deed.detail["description"]) == ("", "for May")


def test_a_key_that_nobody_knows_is_a_mistake_that_says_where(api):
    answer = api.post("/lists", json={"name": "x", "state": "ready"})
    problem(answer, 422)
    assert answer.json()["errors"] == [{"where": "body.state", "what": "Extra inputs are not permitted"}]


def test_the_same_request_with_the_same_key_is_done_once(api):
    key = {"Idempotency-Key": "k-1"}
    first = api.post("/lists", json={"name": "spring"}, headers=key)
    again = api.post("/lists", json={"name": "spring"}, headers=key)
    assert (again.status_code, again.json(), again.headers["location"]) == (
        201,
        first.json(),
        first.headers["location"],
    )
    assert again.headers["idempotency-replayed"] == "true"
    assert "was used for another request" in problem(api.post("/lists", json={"name": "x"}, headers=key), 422)
    assert len(api.get("/lists").json()["items"]) == 1


def test_a_key_is_one_persons_own_and_free_again_after_a_refusal(api, each_office):
    make(api)
    key = {"Idempotency-Key": "k-1"}
    problem(api.post("/lists", json={"name": "spring"}, headers=key), 409)
    assert api.post("/lists", json={"name": "summer"}, headers=key).status_code == 201
    other = each_office.program(Role.ADMIN)
    assert other.post("/lists", json={"name": "autumn"}, headers=key).status_code == 201


def test_what_is_too_large_is_not_read_to_its_end(api):
    assert "at most" in problem(api.post("/lists", content=b"[" + b" " * 17_000_000), 413)
