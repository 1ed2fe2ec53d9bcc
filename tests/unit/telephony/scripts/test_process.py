"""`dialerd agi` as systemd sees it: ready, reloaded, drained, or refused with one clear line."""

from __future__ import annotations

import contextlib
import signal
import socket
import sqlite3

import pytest

from harness import configuration
from harness.desk import Desk
from harness.program import Program
from harness.waiting import wait_for

SLOW = "def run(session, context):\n    session.get_variable('X')\n    session.set_variable('DONE', '1')\n"


@pytest.fixture
def desk(tmp_path, sqlite_url):
    desk = Desk(tmp_path, sqlite_url)
    yield desk
    desk.close()


@pytest.fixture
def agi(desk):
    program = Program(desk.config, ("agi",), desk.folder / "agi.log")
    yield program
    program.kill()


def test_it_serves_tells_systemd_and_ends_with_zero_on_sigterm(desk, agi):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(desk.folder / "notify"))
        systemd.settimeout(10)
        agi.start({"NOTIFY_SOCKET": str(desk.folder / "notify"), "WATCHDOG_USEC": "100000"})
        agi.wait_for("serving")
        attempt = desk.sent()
        call = desk.call("route", attempt)
        call.obey()
        assert call.variables["DIALERD_OK"] == "1"
        said = [systemd.recv(1000).decode() for _ in range(3)]
        agi.signal(signal.SIGTERM)
        assert agi.exit_code() == 0
        while not said[-1].startswith("STOPPING=1"):
            said.append(systemd.recv(1000).decode())
    assert said[0].startswith("READY=1\nSTATUS=FastAGI on 127.0.0.1:")
    assert said[1] == "WATCHDOG=1"


def test_sighup_reloads_and_refuses_what_is_broken(desk, agi):
    agi.start()
    agi.wait_for("serving", scripts="amd, attr, callback, disposition, ended, freeze, optout, route")
    (desk.folder / "agi" / "mine.py").write_text(SLOW)
    agi.signal(signal.SIGHUP)
    agi.wait_for("reloaded", scripts="amd, attr, callback, disposition, ended, freeze, mine, optout, route")
    (desk.folder / "agi" / "mine.py").write_text("def run(")
    agi.signal(signal.SIGHUP)
    refused = agi.wait_for("reload_refused")
    assert "agi/mine.py: line 1" in refused["problems"]
    call = desk.call("mine", "1700000000.1")
    call.obey()
    assert call.variables["DONE"] == "1"


def test_sigterm_lets_a_session_finish_and_a_second_one_does_not_wait(desk, agi):
    (desk.folder / "agi" / "slow.py").write_text(SLOW)
    agi.start()
    agi.wait_for("serving")
    first = desk.call("slow", "1700000000.1")
    assert first.sock.recv(100) == b'GET VARIABLE "X"\n'
    agi.signal(signal.SIGTERM)
    agi.wait_for("stopping", sessions=1)
    first.sock.sendall(b"200 result=0\n")
    first.obey()
    assert first.variables["DONE"] == "1"
    assert agi.exit_code() == 0

    agi.start()
    agi.wait_for("serving")
    second = desk.call("slow", "1700000000.2")
    assert second.sock.recv(100) == b'GET VARIABLE "X"\n'
    agi.signal(signal.SIGTERM)
    agi.wait_for("stopping")
    agi.signal(signal.SIGTERM)
    assert agi.exit_code() == 1


@pytest.mark.parametrize("wrong", ["port in use", "another schema", "broken script", "broken settings"])
def test_what_keeps_it_from_starting_is_said_in_one_line_with_the_way_out(desk, agi, wrong):
    with socket.socket() as taken:
        match wrong:
            case "port in use":
                taken.bind(("127.0.0.1", desk.ports.numbers[0]))
                taken.listen()
                expected = (69, "cannot listen")
            case "another schema":
                with contextlib.closing(sqlite3.connect(desk.folder / "other.db", isolation_level=None)) as other:
                    other.execute("CREATE TABLE alembic_version AS SELECT '0000_before' AS version_num")
                desk.settings["database"]["url"] = f"sqlite:///{desk.folder}/other.db"
                configuration.write(desk.config, desk.settings)
                expected = (78, "dialerd db upgrade")
            case "broken script":
                (desk.folder / "agi" / "route.py").write_text("def run(")
                expected = (78, "agi/route.py: line 1: ")
            case _:
                desk.settings["agi"]["threads"] = 0
                configuration.write(desk.config, desk.settings)
                expected = (78, "agi.threads")
        agi.start()
        assert agi.exit_code() == expected[0], agi.tail()
    wait_for(agi.plain_lines, "a line for people")
    (line,) = agi.plain_lines()
    assert expected[1] in line
