"""`dialerd user` and `dialerd token`."""

import io
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from dialerd.store import audit

PASSWORD = "correct horse battery"


@pytest.fixture
def typed(monkeypatch):
    """typed(text): what comes on standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.fixture
def alice(cli, typed):
    typed(PASSWORD + "\n")
    answer = cli("user", "add", "alice", "--role", "admin", "--password-stdin")
    assert answer.code == 0, answer.err
    return cli


def test_the_first_admin_is_made_by_a_command_and_there_is_nobody_before(cli, typed):
    assert cli.json("user", "list") == []
    typed(PASSWORD + "\n")
    assert cli("user", "add", "alice", "--role", "admin", "--password-stdin").code == 0
    (user,) = cli.json("user", "list")
    assert (user["name"], user["role"], user["has_password"]) == ("alice", "admin", True)


def test_who_was_made_by_whom_is_in_the_audit_and_no_password_is(alice):
    (deed,) = alice.write(lambda conn, _: audit.page(conn))
    assert (deed.action, deed.subject, deed.source) == ("user.add", "user alice", "shell")
    assert "horse" not in str(deed)


@pytest.mark.parametrize("password", ["short", "", "alice-is-my-name", "dialerd-dialerd", "aaaaaaaaaaaaaa", "x" * 300])
def test_a_password_that_anybody_would_guess_is_refused_and_nobody_is_made(cli, typed, password):
    typed(password + "\n")
    assert "password" in cli.refused(65, "user", "add", "alice", "--role", "viewer", "--password-stdin")
    assert cli.json("user", "list") == []


@pytest.mark.parametrize("name", ["Alice", "", "a b", "-x", "x" * 65, "ali\nce"])
def test_a_name_is_plain(cli, name):
    assert "must be 1 to 64 of a-z" in cli.refused(65, "user", "add", "--role", "viewer", "--no-password", "--", name)
    assert cli.json("user", "list") == []


def test_a_password_is_no_argument_and_is_not_asked_for_without_a_terminal(cli, typed):
    typed("")
    assert "--password-stdin" in cli.refused(65, "user", "add", "alice", "--role", "viewer")


def test_a_name_is_taken_once(alice):
    said = alice.refused(1, "user", "add", "alice", "--role", "viewer", "--no-password")
    assert said.startswith("user alice exists already")


def test_the_last_admin_stays_one(alice):
    bob = alice.json("user", "add", "bob", "--role", "operator", "--no-password")
    assert (bob["name"], bob["role"], bob["has_password"]) == ("bob", "operator", False)
    for attempt in (("role", "alice", "viewer"), ("disable", "alice")):
        assert "is the last admin" in alice.refused(1, "user", *attempt)
    assert alice.json("user", "role", "bob", "admin")["role"] == "admin"
    assert alice.json("user", "disable", "alice")["disabled"] is True
    assert {user["name"]: user["disabled"] for user in alice.json("user", "list")} == {"alice": True, "bob": False}
    assert alice.json("user", "enable", "alice")["disabled"] is False


def test_another_password_needs_somebody_to_have_it(alice, typed):
    assert "did you mean alice?" in alice.refused(1, "user", "passwd", "alicia", "--password-stdin")
    typed("another horse battery\n")
    assert alice("user", "passwd", "alice", "--password-stdin").code == 0


def test_a_link_is_to_where_the_console_is(alice):
    url = urlsplit(alice.ok("user", "link", "alice").strip())
    assert (url.netloc, url.path) == ("127.0.0.1:8642", "/login/link")
    assert len(parse_qs(url.query)["key"][0]) > 40
    assert alice.json("user", "link", "alice")["user"] == "alice"


def test_a_token_is_shown_once_and_only_its_hash_is_kept(cli):
    answer = cli("token", "add", "ci", "--role", "viewer", "--lasts", "7d")
    secret = answer.out.strip()
    assert secret.startswith("dialerd_")
    assert secret not in cli.ok("token", "list") + (cli.folder / "dialerd.db").read_bytes().decode("latin-1")
    (token,) = cli.json("token", "list")
    assert (token["name"], token["role"], token["revoked_at"]) == ("ci", "viewer", None)


def test_a_token_is_revoked_once_and_its_name_is_never_another_ones(cli):
    cli("token", "add", "ci", "--role", "viewer")
    assert cli.json("token", "revoke", "ci")["revoked_at"] is not None
    assert "revoked already" in cli.refused(1, "token", "revoke", "ci")
    assert "choose another name" in cli.refused(1, "token", "add", "ci", "--role", "admin")
    assert cli.json("token", "list")[0]["revoked_at"] is not None
