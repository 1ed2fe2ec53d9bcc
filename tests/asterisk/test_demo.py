"""`dialerd demo` as a process: the whole of it, and what one that was killed leaves to be stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from dialerd.lab.demo.running import process, read
from harness.waiting import wait_for

pytestmark = pytest.mark.asterisk

PROGRAMS = ["the engine", "the FastAGI server", "the lab"]
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
