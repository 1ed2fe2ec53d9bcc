"""`dialerd agi` with several processes: one port, a death of one is not that of the others, one signal for all."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.request

import pytest

from dialerd.fastagi.board import Board
from dialerd.lab.guarded import Guarded
from dialerd.lab.ports import claim_ports
from dialerd.service.here import here
from dialerd.settings.model import Paths
from harness import configuration
from harness.desk import Desk
from harness.program import Program
from harness.waiting import wait_for

WHO = (
    "import os\n"
    "def run(session, context):\n"
    "    session.set_variable('PID', str(os.getpid()))\n"
    "    session.get_variable('GO')\n"
    "    session.set_variable('DONE', '1')\n"
)
# `dialerd agi` that is quicker to say that a process is stuck.
HASTY = """
import signal, sys
from pathlib import Path
from dialerd.fastagi.serving import SIGNALS
from dialerd.fastagi.workers import Workers
from dialerd.ops import logs
from dialerd.ops.sdnotify import Notifier
from dialerd.settings import load
path = Path(sys.argv[1])
signal.pthread_sigmask(signal.SIG_BLOCK, (*SIGNALS, signal.SIGCHLD))
settings = load(path)
logs.setup(settings.log, "agi")
sys.exit(Workers(path, settings, "", Notifier(), stuck_seconds=3.0).run())
"""


@pytest.fixture
def desk(tmp_path, sqlite_url):
    desk = Desk(tmp_path, sqlite_url)
    desk.settings["agi"]["processes"] = 2
    configuration.write(desk.config, desk.settings)
    (desk.folder / "agi" / "who.py").write_text(WHO)
    yield desk
    desk.close()


@pytest.fixture
def agi(desk):
    program = Program(desk.config, ("agi",), desk.folder / "agi.log")
    yield program
    program.kill()
    wait_for(lambda: not alive(*pids(desk, program)), "the end of the processes")


def pids(desk, agi):
    """The pids of the processes in the log, those that have died among them."""
    return [entry["pid"] for entry in agi.entries("worker_serving")]


def alive(*found):
    return [pid for pid in found if os.path.exists(f"/proc/{pid}")]  # noqa: PTH110


def serving(desk):
    return [process.pid for process in here(Paths(state_dir=desk.folder)).processes]


def begun(desk):
    """A session of the script `who` that has begun and waits, and the process it is in."""
    call = desk.call("who", "1700000000.1")
    said = call.sock.recv(100).decode()
    call.sock.sendall(b"200 result=1\n")
    assert call.sock.recv(100) == b'GET VARIABLE "GO"\n'
    return call, int(said.split('"')[3])


def end(call):
    call.sock.sendall(b"200 result=0\n")
    call.obey()
    return call.variables.get("DONE")


def test_one_process_killed_in_mid_session_costs_that_session_and_its_place_is_taken_again(desk, agi):
    agi.start()
    agi.wait_for("serving", processes=2)
    before = serving(desk)
    call, struck = begun(desk)
    other = next(pid for pid in before if pid != struck)
    while (kept := begun(desk))[1] != other:
        assert end(kept[0]) == "1"
    os.kill(struck, signal.SIGKILL)
    assert call.closed()
    assert agi.wait_for("worker_ended")["code"] == -signal.SIGKILL
    assert end(kept[0]) == "1"
    wait_for(lambda: struck not in serving(desk) and len(alive(*serving(desk))) == 2, "a new process in its place")
    assert other in serving(desk)
    assert sorted(process.restarts for process in here(Paths(state_dir=desk.folder)).processes) == [0, 1]
    attempt = desk.sent()
    route = desk.call("route", attempt)
    route.obey()
    assert route.variables["DIALERD_OK"] == "1"
    assert agi.running


def test_sigterm_lets_the_sessions_of_all_processes_finish_and_a_second_one_does_not_wait(desk, agi):
    agi.start()
    agi.wait_for("serving")
    calls = [begun(desk) for _ in range(4)]
    agi.signal(signal.SIGTERM)
    wait_for(lambda: len(agi.entries("stopping")) == 3, "the parent and both processes stop")
    with pytest.raises(ConnectionRefusedError):
        wait_for(lambda: socket.create_connection(("127.0.0.1", desk.ports.numbers[0])).close(), "nobody listens", 2)
    assert [end(call) for call, _ in calls] == ["1"] * 4
    assert agi.exit_code() == 0
    assert here(Paths(state_dir=desk.folder)).listen is None

    agi.start()
    agi.wait_for("serving")
    begun(desk)
    agi.signal(signal.SIGTERM)
    wait_for(lambda: len(agi.entries("stopping")) == 3, "the parent and both processes stop")
    agi.signal(signal.SIGTERM)
    assert agi.exit_code() == 1


def test_when_the_parent_is_killed_its_processes_let_their_sessions_finish_and_leave(desk, agi):
    agi.start()
    agi.wait_for("serving")
    call, _ = begun(desk)
    found = serving(desk)
    agi.kill()
    assert end(call) == "1"
    wait_for(lambda: not alive(*found), "the end of the processes")
    assert here(Paths(state_dir=desk.folder)).listen is None


def test_sighup_reaches_every_process_and_what_is_broken_reaches_none(desk, agi):
    agi.start()
    agi.wait_for("serving")
    (desk.folder / "agi" / "mine.py").write_text(WHO)
    agi.signal(signal.SIGHUP)
    wait_for(lambda: len(agi.entries("reloaded")) == 2, "both have reloaded")
    (desk.folder / "agi" / "mine.py").write_text("def run(")
    agi.signal(signal.SIGHUP)
    assert "agi/mine.py: line 1" in agi.wait_for("reload_refused")["problems"]
    assert {entry["process"] for entry in agi.entries("reload_refused")} == {"agi"}


def test_the_parent_speaks_to_systemd_for_all_and_each_process_has_its_own_page_of_metrics(desk, agi):
    ports = claim_ports(2)
    desk.settings["agi"]["metrics_port"] = ports.numbers[0]
    configuration.write(desk.config, desk.settings)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(desk.folder / "notify"))
        systemd.settimeout(10)
        agi.start({"NOTIFY_SOCKET": str(desk.folder / "notify"), "WATCHDOG_USEC": "30000000"})
        agi.wait_for("serving")
        assert systemd.recv(1000).decode().endswith(", 2 processes")
        assert systemd.recv(1000) == b"WATCHDOG=1"
        pages = [urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) for port in ports.numbers]
        assert all(b"dialerd_agi_seconds" in page.read() for page in pages)
        os.kill(serving(desk)[0], signal.SIGSTOP)
        agi.signal(signal.SIGTERM)
        said = systemd.recv(1000)
        while not said.startswith(b"STOPPING=1"):
            said = systemd.recv(1000)
        for pid in serving(desk):
            os.kill(pid, signal.SIGCONT)
        assert agi.exit_code() == 0
    ports.release()


def test_a_process_that_cannot_begin_ends_them_all_with_one_clear_line(desk, agi):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        desk.settings["agi"]["metrics_port"] = taken.getsockname()[1]
        configuration.write(desk.config, desk.settings)
        agi.start()
        assert agi.exit_code() == 69
    assert any("cannot listen" in entry["error"] for entry in agi.entries("worker_failed"))
    (line,) = agi.plain_lines()
    assert "a process ended with 69 at its start; see the log" in line


def test_a_process_that_says_nothing_any_more_is_killed_and_its_place_is_taken_again(desk):
    parent = Guarded([sys.executable, "-c", HASTY, str(desk.config)], desk.folder / "agi.log")
    try:
        stuck, _ = wait_for(lambda: serving(desk), "both serve")
        os.kill(stuck, signal.SIGSTOP)
        wait_for(lambda: stuck not in serving(desk), "another process in its place")
        assert '"event": "worker_stuck"' in (desk.folder / "agi.log").read_text()
    finally:
        found = serving(desk)
        parent.end()
    wait_for(lambda: not alive(*found), "the end of the processes")


def test_a_place_on_the_board_is_empty_until_its_process_has_said_that_it_works():
    board = Board(2)
    board.beat(1)
    assert board.read(0) == 0
    assert 0 < board.read(1) <= time.monotonic()
    board.clear(1)
    assert board.read(1) == 0
