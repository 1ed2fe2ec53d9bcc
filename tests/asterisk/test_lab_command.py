"""`dialerd lab up` and `lab down`, as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from harness.waiting import wait_for

pytestmark = pytest.mark.asterisk

DIALERD = (sys.executable, "-m", "dialerd")


def dialerd(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DIALERD, *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


@contextmanager
def lab_up(folder, *arguments):
    """A running `lab up` and what it printed."""
    with subprocess.Popen(
        [*DIALERD, "lab", "up", "--dir", str(folder), *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_up_prints_where_everything_is_and_down_ends_it(tmp_path):
    folder = tmp_path / "lab"
    with lab_up(folder, "--mix", "busy=20,no-answer=30") as (process, told):
        assert told["dir"] == str(folder)
        assert told["asterisk_version"].split(".")[0].isdigit()
        assert told["ami"]["host"] == told["agi"]["host"] == "127.0.0.1"
        assert json.loads((folder / "lab.json").read_text()) == told
        refused = dialerd("lab", "up", "--dir", str(folder))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert (
            refused.stderr
            == f"dialerd: {folder}: a lab runs here already; stop it with: dialerd lab down --dir {folder}\n"
        )
        down = dialerd("lab", "down", "--dir", str(folder))
        assert (down.returncode, down.stdout, down.stderr) == (0, "", "")
        assert process.wait() == 0
        assert all(map(gone, told["pids"].values()))
    again = dialerd("lab", "down", "--dir", str(folder))
    assert again.returncode == 1
    assert again.stderr == f"dialerd: {folder}: no lab runs here; start one with: dialerd lab up --dir {folder}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(tmp_path, number):
    with lab_up(tmp_path / "lab") as (process, told):
        process.send_signal(number)
        assert process.wait() == 0
        assert all(map(gone, told["pids"].values()))
    assert not (tmp_path / "lab/lab.json").exists()


def test_when_it_is_killed_its_asterisks_go_with_it_and_the_folder_can_be_used_again(tmp_path):
    with lab_up(tmp_path / "lab") as (process, told):
        process.kill()
        process.wait()
        wait_for(lambda: all(map(gone, told["pids"].values())), "the end of the Asterisks")
    with lab_up(tmp_path / "lab") as (process, _):
        process.terminate()
        assert process.wait() == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--mix", "buzy=3"), 65, "dialerd: --mix: 'buzy' is no fate; choose from: answered, "),
        (("--mix", "busy=60,rejected=50"), 65, "dialerd: --mix: the percents add up to 110, the most is 100"),
        (("--mix", ""), 65, "dialerd: --mix: '' is no fate"),
    ],
)
def test_a_wrong_mix_is_one_clear_line(tmp_path, arguments, code, words):
    ended = dialerd("lab", "up", "--dir", str(tmp_path / "lab"), *arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith(words)
    assert ended.stderr.count("\n") == 1


def test_without_asterisk_and_without_apt_it_says_what_to_install(tmp_path):
    ended = dialerd("lab", "up", "--dir", str(tmp_path / "lab"), PATH=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "c"))
    assert (ended.returncode, ended.stdout) == (69, "")
    assert ended.stderr == (
        "dialerd: no asterisk here, and this machine has no apt-get to fetch it with; "
        "install Asterisk yourself: apt-get install asterisk\n"
    )
