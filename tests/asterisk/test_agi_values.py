"""A real Asterisk takes every value as text: nothing is evaluated, nothing breaks out, all bytes come back."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from ipaddress import ip_network

import pytest

from dialerd.domain.callstate import ChannelUp
from dialerd.telephony.agi_server import AgiLimits, AgiServer
from dialerd.telephony.agi_session import AgiSession, CallerGone
from dialerd.telephony.ami import LinkUp
from harness.ami_line import play

pytestmark = pytest.mark.asterisk

HOSTILE = {
    "quote": 'say "hi" "',
    "backslash": "back\\slash\\",
    "shell": "${SHELL(id)}",
    "sum": "$[1 + 1]",
    "hangup": "hangup",
    "reply": "200 result=-1",
    "override": "\u202etxt.exe\u202c",
    "brackets": "a) (b [c] ]d[ (",
    "commas": ",a,b,",
    "equals": "=a=b",
    "escaped": '\\" \\, \\( \\\\',
    "blanks": "  two  ",
    "empty": "",
    "umlauts": "Zoë Müller-Lüdenscheidt ☎ 名前",
    "others": "a;b|c&d#e'f`g$h%i@j!k*l?m~n^o",
    "long": 'x"' * 400,
}


@pytest.fixture(params=["lab", "old_lab"])
def any_lab(request):
    return request.getfixturevalue(request.param)


@contextmanager
def serving(lab, script):
    """Run `script(session)` for the route of each call; its own error, if any, comes out at the end."""
    errors: list[BaseException] = []

    def dispatch(request, session):
        if request.script != "route":
            return
        try:
            script(session)
        except BaseException as error:
            errors.append(error)
            raise

    limits = AgiLimits(threads=2, session_timeout=20)
    server = AgiServer("127.0.0.1", lab.ports.agi, peers=[ip_network("127.0.0.1")], dispatch=dispatch, limits=limits)
    server.start()
    try:
        yield
    finally:
        server.close(5)
    if errors:
        raise errors[0]


def answer_a_call(lab, until, number="+12025550201"):
    """Place a call that is answered, and hang up once `until` is set."""

    async def scenario(line):
        await line.until(lambda: line.seen(LinkUp))
        attempt = await line.call(number)
        await line.until(lambda: ChannelUp(attempt) in line.of(attempt))
        await line.until(until.is_set)
        await line.link.session.hangup(attempt)
        await line.end_of(attempt)

    play(lab, scenario)


def test_hostile_values_come_back_byte_for_byte(any_lab):
    found: dict[str, dict[str, str]] = {"together": {}, "single": {}}
    done = threading.Event()

    def script(session: AgiSession) -> None:
        try:
            session.set_variables({f"V_{name}": value for name, value in HOSTILE.items()})
            for name, value in HOSTILE.items():
                found["together"][name] = session.get_full_variable(f"${{V_{name}}}")
                session.set_variable(f"W_{name}", value)
                found["single"][name] = session.get_full_variable(f"${{W_{name}}}")
        finally:
            done.set()

    with serving(any_lab, script):
        answer_a_call(any_lab, done)
    assert found == {"together": HOSTILE, "single": HOSTILE}


def test_the_longest_command_is_taken_whole_and_the_next_one_too(any_lab):
    found = {}
    done = threading.Event()

    def script(session: AgiSession) -> None:
        try:
            session.set_variables({"LONG": "ä" * 3000, "QUOTES": '"' * 3000, "NEXT": "next"})
            found.update({name: session.get_full_variable(f"${{{name}}}") for name in ("LONG", "QUOTES", "NEXT")})
        finally:
            done.set()

    with serving(any_lab, script):
        answer_a_call(any_lab, done)
    assert found["NEXT"] == "next"
    assert (set(found["LONG"]), len(found["LONG"])) == ({"ä"}, 1014)
    assert (set(found["QUOTES"]), len(found["QUOTES"])) == ({'"'}, 506)


def test_a_hang_up_in_the_middle_of_a_script_is_a_lost_caller(any_lab):
    told = []
    done = threading.Event()

    def script(session: AgiSession) -> None:
        done.set()
        try:
            session.appexec("Wait", "30")
            session.get_variable("X")
        except CallerGone as error:
            told.append(error)

    with serving(any_lab, script):
        answer_a_call(any_lab, done)
    assert len(told) == 1
