"""`dialerd up`: two children, one terminal, one end."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from harness.waiting import wait_for

# A child that tells which signals it got, and ends as it was told to; "dies" does so at the first signal of any kind.
# It waits for signals and handles none: one that comes between two waits stays pending. Without its parent it ends.
CHILD = """
import os, signal, sys
parent = os.getppid()
name, ends_with = sys.argv[1], int(sys.argv[2])
signals = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print(name, "ready", flush=True)
ends = 0
while True:
    got = signal.sigtimedwait(signals, 0.5)
    if os.getppid() != parent:
        sys.exit("left behind")
    if got is None:
        continue
    number = got.si_signo
    print(name, signal.Signals(number).name, flush=True)
    if name == "dies":
        sys.exit(ends_with)
    if number != signal.SIGHUP:
        ends += 1
        if name != "slow":
            sys.exit(ends_with)
        if ends == 2:
            sys.exit(9)
"""
PAIR = """
import json, sys
from dialerd.cli.up import Pair
sys.exit(Pair(json.loads(sys.argv[1])).supervise())
"""


@pytest.fixture
def up(tmp_path):
    """up(run=(name, code), agi=(name, code)): the two children under supervision, once both are ready."""
    started = []

    def start(*, run, agi):
        child = tmp_path / "child.py"
        child.write_text(CHILD)
        commands = {
            which: [sys.executable, str(child), name, str(code)] for which, (name, code) in (("run", run), ("agi", agi))
        }
        out = tmp_path / "out"
        with out.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", PAIR, json.dumps(commands)], stdout=output, stderr=subprocess.STDOUT
            )
        started.append(process)
        wait_for(lambda: out.read_text().count("ready") == 2, "both children are ready", 60, out.read_text)
        return process, out

    yield start
    for process in started:
        process.kill()
        process.wait()


def said(out, line):
    wait_for(lambda: line in out.read_text().splitlines(), line, 30, out.read_text)


def test_lines_are_shown_behind_the_name_of_their_process(up):
    _, out = up(run=("engine", 0), agi=("server", 0))
    assert sorted(out.read_text().splitlines()) == ["agi | server ready", "run | engine ready"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_the_engine_and_after_it_the_server(up, number):
    process, out = up(run=("engine", 0), agi=("server", 0))
    process.send_signal(number)
    assert process.wait(60) == 0
    assert out.read_text().splitlines()[-2:] == ["run | engine SIGTERM", "agi | server SIGTERM"]


def test_a_second_signal_reaches_the_engine_too(up):
    process, out = up(run=("slow", 0), agi=("server", 0))
    process.send_signal(signal.SIGTERM)
    said(out, "run | slow SIGTERM")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 9


def test_reload_goes_to_both_and_ends_none(up):
    process, out = up(run=("engine", 0), agi=("server", 0))
    process.send_signal(signal.SIGHUP)
    said(out, "run | engine SIGHUP")
    said(out, "agi | server SIGHUP")
    assert process.poll() is None


@pytest.mark.parametrize(
    ("run", "agi", "code"),
    [
        (("dies", 69), ("server", 0), 69),
        (("engine", 0), ("dies", 78), 78),
        (("dies", 0), ("server", 0), 1),
    ],
)
def test_when_one_ends_by_itself_the_other_is_ended_and_the_exit_code_says_so(up, run, agi, code):
    process, out = up(run=run, agi=agi)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == code
    assert "ended with" in out.read_text()


def test_a_reader_that_left_does_not_end_the_children(tmp_path):
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    commands = {"run": [sys.executable, str(child), "engine", "0"], "agi": [sys.executable, str(child), "server", "0"]}
    reading, writing = os.pipe()
    with subprocess.Popen([sys.executable, "-c", PAIR, json.dumps(commands)], stdout=writing) as process:
        os.close(writing)
        with os.fdopen(reading, "rb") as output:
            for _ in range(2):
                assert output.readline().endswith(b"ready\n")
        # Nobody reads any more: what the children say now has no place to go.
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_the_real_daemons_come_up_and_go_down_together(cli, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    secret = '[asterisk]\nport = 1\nsecret = "none"\n[engine]\nmetrics_port = 0\n'
    cli.config.touch(mode=0o600)
    cli.config.chmod(0o600)
    cli.config.write_text(f"{cli.config.read_text()}{secret}[agi]\nport = {port}\nmetrics_port = 0\n")
    out = tmp_path / "out"
    with (
        out.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "dialerd", "--config", str(cli.config), "up"],
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        for name in ("run", "agi"):
            wait_for(lambda name=name: f"{name} | " in out.read_text(), f"{name} says something", 60, out.read_text)
        wait_for(lambda: '"serving"' in out.read_text(), "the server serves", 60, out.read_text)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, out.read_text()


def test_a_wrong_configuration_is_told_once_before_anything_is_started(cli):
    (cli.folder / "campaigns.d" / "spring.toml").write_text("name = 1\n")
    answer = cli("up")
    assert answer.code == 78
    assert "|" not in answer.err
