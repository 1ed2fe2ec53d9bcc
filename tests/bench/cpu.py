"""Processor time by process: unlike a rate, it hardly depends on who else uses the machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(pids):
    """Seconds of CPU used so far by these processes and all below them."""
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(after_name[1])
        used[int(folder.name)] = sum(map(int, after_name[11:13])) / TICKS
    return sum(time_ for pid, time_ in used.items() if _descends(pid, pids, parents))


def between(start, end, groups):
    """Seconds each named group of processes used from epoch second `start` to `end`, and the seconds of idle cores.

    Sleeps until then.
    """
    time.sleep(max(0.0, start - time.time()))
    before, idle = {name: seconds(pids) for name, pids in groups.items()}, idle_seconds()
    time.sleep(max(0.0, end - time.time()))
    return {name: seconds(pids) - before[name] for name, pids in groups.items()}, idle_seconds() - idle


def idle_seconds():
    """Seconds all cores together had nothing to do so far."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(map(int, fields[4:6])) / TICKS


def per_call(used, calls):
    """For people: milliseconds of CPU for each call."""
    return ", ".join(f"{name} {1000 * spent / max(calls, 1):.2f}" for name, spent in used.items()) + " ms CPU a call"


def _descends(pid, ancestors, parents):
    while pid > 1:
        if pid in ancestors:
            return True
        pid = parents.get(pid, 0)
    return False
