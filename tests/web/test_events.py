"""The stream of changes, over a socket."""

import json
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from dialerd.domain.people import Role
from dialerd.service import lists, tokens


@contextmanager
def listening(office, role, **headers):
    """The events of the stream, as pairs of a kind and its data, one after the other."""
    office.program(role)
    headers = {"Authorization": f"Bearer {office.made[role]}", **headers}
    with httpx.stream("GET", f"{office.url}/api/v1/events", headers=headers, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer.iter_lines())


def events(lines):
    kind = number = None
    for line in lines:
        name, _, text = line.partition(": ")
        if name == "event":
            kind = text
        elif name == "id":
            number = int(text)
        elif name == "data":
            yield kind, json.loads(text), number
            number = None


def first(stream, kind):
    return next(event for event in stream if event[0] == kind)


def create(office, name):
    lists.create(office.site.database, name, actor="alice", now=office.site.now())


def test_a_stream_says_how_it_is_and_then_what_changes(served_office):
    with listening(served_office, Role.OPERATOR) as stream:
        assert first(stream, "campaigns")[1] == {}
        create(served_office, "spring")
        _, deed, number = first(stream, "deed")
        assert (deed["actor"], deed["action"], deed["subject"]) == ("alice", "list.create", "list spring")
        assert deed["entry_id"] == number


def test_who_comes_back_hears_what_was_missed(served_office):
    create(served_office, "first")
    last = served_office.deeds()[-1].entry_id
    create(served_office, "second")
    with listening(served_office, Role.OPERATOR, **{"Last-Event-ID": str(last)}) as stream:
        assert first(stream, "deed")[1]["subject"] == "list second"


@pytest.mark.parametrize("count", [3, 4000])
def test_an_import_is_followed_to_its_end_however_short_it_is(served_office, count):
    create(served_office, "spring")
    with listening(served_office, Role.VIEWER) as stream:
        first(stream, "campaigns")
        rows = "".join(f"+1415555{number:04d},{'x' * 60}\n" for number in range(count))
        token = {"Authorization": f"Bearer {served_office.made.get(Role.OPERATOR) or office_token(served_office)}"}
        url = f"{served_office.url}/api/v1/lists/1/imports"
        httpx.post(url, content=f"phone_number,first_name\n{rows}", headers=token, timeout=30).raise_for_status()
        ended = next(data for kind, data, _ in stream if kind == "import" and data["state"] == "armed")
        assert (ended["list"], ended["number"], ended["rows"]) == ("spring", 1, count)


def office_token(office):
    office.program(Role.OPERATOR)
    return office.made[Role.OPERATOR]


def test_a_stream_ends_with_the_token_it_was_opened_with(served_office):
    served_office.program(Role.VIEWER, lasts=timedelta(hours=1))
    with listening(served_office, Role.VIEWER) as stream:
        first(stream, "campaigns")
        tokens.revoke(served_office.site.database, "viewer-program", actor="test", now=served_office.site.now())
        assert {event[1]["action"] for event in stream if event[0] == "deed"} <= {"token.revoke"}


def test_a_stream_ends_when_the_server_does(served_office):
    with listening(served_office, Role.VIEWER) as stream:
        first(stream, "campaigns")
        served_office.site.stopping.set()
        assert list(stream) == []


def test_a_place_to_go_on_from_that_is_none_is_refused(served_office):
    served_office.program(Role.VIEWER)
    headers = {"Authorization": f"Bearer {served_office.made[Role.VIEWER]}", "Last-Event-ID": "x"}
    assert httpx.get(f"{served_office.url}/api/v1/events", headers=headers).status_code == 422
