"""`dialerd demo` as a process: the whole of it, and what one that was killed leaves to be stopped."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from dialerd.lab.demo.running import process, read
from harness.waiting import wait_for

pytestmark = pytest.mark.asterisk

GUIDE = Path(__file__).parents[2] / "docs" / "list-owner.md"
PROGRAMS = ["the console", "the engine", "the FastAGI server", "the lab"]
DEMO_SECONDS = 180


def demo(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "dialerd", "demo", "--dir", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path):
    """The demo's folder; nothing goes on running there."""
    yield tmp_path / "demo"
    demo(tmp_path / "demo", "--stop")


def assert_another_pass_goes_as_the_guide_says(home):
    """What the guide has typed between the beginning and the end of the demo, on the list that was called."""
    section = re.search(r"^## Another pass, to type\n(.*?)^## ", GUIDE.read_text(), re.MULTILINE | re.DOTALL)[1]
    typed = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert (typed[0], typed[1], typed[-1]) == (
        "dialerd demo --keep",
        "export DIALERD_CONFIG=var/demo/lab/dialerd.toml",
        "dialerd demo --stop",
    )
    environment = {**os.environ, "DIALERD_CONFIG": str(home / "lab" / "dialerd.toml")}

    def run(line):
        program, *arguments = shlex.split(line)
        assert program == "dialerd"
        command = [sys.executable, "-m", "dialerd", *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    commands = typed[2:-1]
    shown = dict(zip(commands, map(run, commands), strict=True))
    (reset,) = [text for command, text in shown.items() if command.endswith("--yes")]
    fresh = re.search(r"list demo: ([0-9]+) leads are fresh again, due now", reset)[1]
    assert int(fresh) > 0
    assert f"{fresh} leads would be what they were" in shown["dialerd list reset demo --undo --dry-run"]
    assert f"{fresh} leads are what they were" in shown["dialerd list reset demo --undo"]


def assert_the_link_lets_in_once(said):
    """The last link that was printed, used by somebody with a browser."""
    base, key = re.findall(r"(http://127[.]0[.]0[.]1:[0-9]+)/login/link[?]key=(\S+)", said)[-1]
    answers = [
        httpx.post(f"{base}/login/link", data={"key": key}, headers={"Origin": base}, timeout=30) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 401]


@pytest.mark.timeout(DEMO_SECONDS + 60)
def test_the_demo_passes_says_so_in_json_and_is_stopped_as_it_says(home):
    played = demo(home, "--keep", "--json")
    assert played.returncode == 0, played.stdout + played.stderr
    found = json.loads(played.stdout)
    assert found == json.loads((home / "summary.json").read_text())
    assert (found["faults"], found["kills"], found["rows"]) == ([], 1, 300)
    assert found["seconds"] < DEMO_SECONDS
    assert "recycling" in played.stderr
    assert f"demo --stop --dir {home}\n" in played.stderr
    assert_another_pass_goes_as_the_guide_says(home)
    assert_the_link_lets_in_once(played.stderr)
    again = demo(home)
    assert again.returncode == 1
    assert (
        again.stderr == f"dialerd: {home}: a demo still runs there; stop it with `dialerd demo --stop --dir {home}`\n"
    )
    stopped = demo(home, "--stop", "--json")
    assert json.loads(stopped.stdout) == {"stopped": PROGRAMS}
    assert (home / "summary.json").exists()


def test_a_demo_that_was_killed_is_stopped_all_the_same(home):
    with subprocess.Popen(
        [sys.executable, "-m", "dialerd", "demo", "--dir", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as playing:
        noted = wait_for(lambda: len(found := read(home / "running.json")) == 3 and found, "all programs run", 60)
        lab = [process(pid) for pid in json.loads((home / "lab" / "lab.json").read_text())["pids"].values()]
        playing.send_signal(signal.SIGKILL)
    assert demo(home).returncode == 1
    stopped = demo(home, "--stop")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert stopped.stdout == "Stopped the engine, the FastAGI server, the lab.\n"
    assert not any(one.running for one in (*noted.values(), *lab))
    nothing = demo(home, "--stop")
    assert nothing.stderr == f"dialerd: {home}: no demo runs here\n"
