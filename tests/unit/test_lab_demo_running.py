"""What a demo has running, as another process finds and stops it, and that it stops nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from dialerd.domain.errors import Refused, Unavailable
from dialerd.lab.demo import stop
from dialerd.lab.demo.running import Process, process, read, write

WAITS = [sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"]
"""SIGTERM ends it."""


@pytest.fixture
def child():
    with subprocess.Popen(WAITS, stdout=subprocess.PIPE) as started:
        assert started.stdout.readline() == b"ready\n"
        yield started
        started.kill()


def test_a_process_is_ended_and_its_end_is_waited_for(child):
    found = process(child.pid)
    assert found.running
    assert found.end()
    assert child.poll() == -signal.SIGTERM
    assert not found.end()
    assert not found.running


def test_one_that_has_ended_and_was_not_buried_yet_is_not_running(child):
    found = process(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not found.running
    assert not found.end()


def test_nothing_is_sent_to_a_process_that_has_got_the_id_of_another(child):
    earlier = replace(process(child.pid), born="another boot:1")
    assert not earlier.running
    assert not earlier.end()
    assert child.poll() is None


def test_a_process_that_is_not_there_cannot_be_noted(child):
    child.kill()
    child.wait()
    with pytest.raises(Unavailable, match=f"process {child.pid} has ended"):
        process(child.pid)


def test_what_is_written_down_is_read_again_in_its_order(tmp_path):
    noted = {"the engine": Process(7, "boot:70"), "a": Process(5, "boot:50")}
    write(tmp_path / "running.json", noted)
    assert list(read(tmp_path / "running.json").items()) == list(noted.items())


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"pids": [1]}', '{"a": {"pid": "x", "born": ""}}'])
def test_a_file_that_says_nothing_notes_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / "running.json").write_text(text)
    assert read(tmp_path / "running.json") == {}


def test_stop_ends_what_is_noted_names_it_and_leaves_a_stranger_alone(tmp_path, child):
    with subprocess.Popen(WAITS, stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout.readline() == b"ready\n"
        noted = {"the engine": process(child.pid), "the lab": replace(process(stranger.pid), born="another boot:1")}
        write(tmp_path / "running.json", noted)
        assert stop(tmp_path) == ["the engine"]
        assert child.poll() == -signal.SIGTERM
        assert stranger.poll() is None
        assert list(tmp_path.iterdir()) == []
        stranger.kill()


def test_stop_where_nothing_runs_says_so(tmp_path):
    with pytest.raises(Refused, match="no demo runs here"):
        stop(tmp_path)
