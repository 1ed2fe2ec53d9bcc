"""Every route and every stream without credentials, with wrong ones, with such as are over, and with too low a role."""

import re
from datetime import timedelta

import pytest

from dialerd.domain.people import Role
from dialerd.service import tokens
from dialerd.store import audit
from dialerd.web import people
from dialerd.web.api import ROUTERS
from dialerd.web.people import COOKIE, NEEDS

ROUTES = sorted(
    ((method, route.path, route) for router in ROUTERS for route in router.routes for method in route.methods),
    key=lambda each: each[:2],
)
NEEDED = {call: role for role, call in NEEDS.items()}
HOME = "https://127.0.0.1"
READERS = {"/do-not-call/check"}
"""What a viewer may POST: it changes nothing."""


def role_of(route):
    """The role that the route says it needs; None when it says none."""
    found = [NEEDED[each.call] for each in route.dependant.dependencies if each.call in NEEDED]
    return found[0] if found else None


def place(path):
    """The path with something in the place of each parameter."""
    nobody = "00000000-0000-7000-8000-000000000000"
    values = {"attempt_id": nobody, "trial_id": nobody, "name": "spring"}
    return re.sub(r"{(\w+)}", lambda found: values.get(found[1], "1"), path)


def ask_all(client):
    """The status of every route when this client asks."""
    return {
        (method, path): client.request(method, f"{HOME}/api/v1{place(path)}").status_code for method, path, _ in ROUTES
    }


def state(office):
    """What asking may not change: all that is in the database but the notes of refused attempts."""
    with office.site.database.read() as conn:
        entries = [entry for entry in audit.page(conn, limit=1000) if entry.action != "refused"]
    return [(entry.entry_id, entry.action) for entry in entries]


def test_every_route_says_which_role_it_needs_and_a_viewer_changes_nothing():
    assert len(ROUTES) > 80
    for method, path, route in ROUTES:
        role = role_of(route)
        assert role is not None, f"{method} {path} is for everybody"
        if method != "GET" and path not in READERS:
            assert role.covers(Role.OPERATOR), f"{method} {path}"
        if path.startswith(("/users", "/tokens")):
            assert role is Role.ADMIN, f"{method} {path}"


def test_nobody_gets_anything_from_any_route(office):
    before = state(office)
    assert set(ask_all(office.browser()).values()) == {401}
    assert state(office) == before


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer dialerd_wrong",
        "Bearer nonsense",
        "Basic YWxpY2U6eA==",
        "bearer \udcff".encode("utf-8", "surrogateescape"),
    ],
)
def test_wrong_credentials_are_none_and_a_cookie_does_not_make_up_for_them(office, authorization):
    browser = office.logged_in()
    for path in ("/api/v1/lists", "/api/v1/session", "/api/v1/events"):
        assert browser.get(path, headers={"Authorization": authorization}).status_code == 401


@pytest.mark.parametrize("end", ["over", "revoked"])
def test_a_token_that_is_over_opens_nothing(office, end):
    program = office.program(Role.ADMIN, lasts=timedelta(hours=1))
    assert program.get("/session").status_code == 200
    if end == "over":
        office.clock.ahead = timedelta(hours=1)
    else:
        tokens.revoke(office.site.database, "admin-program", actor="test", now=office.site.now())
    assert set(ask_all(program).values()) == {401}


def test_a_session_that_is_over_opens_nothing(office):
    browser = office.logged_in()
    office.clock.ahead = office.site.settings.web.lifetime
    assert set(ask_all(browser).values()) == {401}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_may_not_is_told_so_and_nothing_happens_and_it_is_written_down(office, role):
    program = office.program(role)
    before = state(office)
    beyond = [(method, path) for method, path, route in ROUTES if not role.covers(role_of(route))]
    assert beyond
    for method, path in beyond:
        answer = program.request(method, place(path))
        assert answer.status_code == 403, f"{method} {path}: {answer.text}"
        assert answer.json()["type"] == "urn:dialerd:forbidden"
    assert state(office) == before
    told = office.deeds("refused")
    assert {deed.actor for deed in told} == {f"token {role}-program"}
    assert len(told) == min(len(beyond), 60)


def test_every_role_may_do_what_it_may(office):
    for role in Role:
        program = office.program(role)
        for method, path, route in ROUTES:
            if role.covers(role_of(route)) and path != "/events":
                answer = program.request(method, place(path))
                assert answer.status_code not in (401, 403, 500), f"{role} {method} {path}: {answer.text}"


def test_a_cookie_that_another_page_sends_along_writes_nothing_anywhere(office):
    browser = office.logged_in()
    del browser.headers[people.CSRF_HEADER]
    for method, path, _ in ROUTES:
        if method != "GET":
            assert browser.request(method, f"/api/v1{place(path)}").status_code == 403, f"{method} {path}"


def test_refused_attempts_do_not_fill_the_disk(office):
    browser = office.browser()
    for _ in range(65):
        browser.get("/api/v1/lists")
    told = office.deeds("refused")
    assert len(told) == 60
    assert "further ones" in told[-1].detail["more"]


def test_a_secret_is_neither_in_the_audit_nor_among_what_is_kept_for_repeats(office):
    program = office.program(Role.ADMIN)
    password = "correct horse battery"
    made = program.post("/users", json={"name": "bob", "role": "viewer", "password": password})
    assert made.status_code == 201, made.text
    secret = program.post("/tokens", json={"name": "crm", "role": "viewer"}).json()["secret"]
    link = program.post("/users/bob/link").json()["secret"]
    key = program.post("/tokens", json={"name": "erp", "role": "viewer"}, headers={"Idempotency-Key": "k"})
    assert key.status_code == 422
    kept = "".join(path.read_bytes().decode("latin-1") for path in office.site.settings.paths.state_dir.glob("*.db*"))
    assert [one for one in (password, secret, link, office.made[Role.ADMIN]) if one in kept] == []


def test_the_cookie_of_the_login_is_the_one_that_the_document_names(office):
    document = office.browser().get("/api/v1/openapi.json").json()
    assert document["components"]["securitySchemes"]["session"]["name"] == COOKIE


def test_the_document_offers_keys_where_they_are_taken_and_only_there(office):
    paths = office.browser().get("/api/v1/openapi.json").json()["paths"]
    keyed = {
        (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
    }
    writes = {(method, path) for method, path, route in ROUTES if method != "GET"}
    secret = {
        ("POST", "/users"),
        ("POST", "/users/{name}/password"),
        ("POST", "/users/{name}/link"),
        ("POST", "/tokens"),
    }
    assert keyed == writes - secret


def test_what_is_not_there_and_what_is_not_done_that_way_is_said_so(office):
    program = office.program(Role.ADMIN)
    assert program.get("/nothing").status_code == 404
    answer = program.request("TRACE", "/lists")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
