"""The processes that import: named so that one can see later whether they live, niced so that dialing comes first."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from dialerd.store.database import Database
from dialerd.store.versions import VersionRecord

DEAD_AFTER = timedelta(seconds=30)
"""A worker gives a sign of life every few seconds. One that was silent for this long has lost its process."""
HANGS_AFTER = timedelta(minutes=2)
"""One whose process is seen to live is left at it for longer: it may be held up."""
NICENESS = 10
_STATE, _BEGAN = 0, 19
"""Where these stand in /proc/PID/stat behind the name; see proc(5)."""
URL_VARIABLE = "DIALERD_DATABASE_URL"


def worker_name(who: str) -> str:
    """Who works, and where: `alice@host:4711`. By the process one can see later whether the work still goes on."""
    return f"{who}@{socket.gethostname()}:{os.getpid()}"


def new_worker() -> str:
    """A name for this process at one piece of work; another piece gets another name."""
    # With when the process began: its number may be another one's later.
    return worker_name(f"{secrets.token_hex(4)}.{_start_of(os.getpid()) or ''}")


def is_orphan(version: VersionRecord, now: datetime) -> bool:
    """Whether nobody works on the unfinished version any more. A process of this machine is looked for, since it may be
    at something long; of one of another machine only its silence tells.
    """
    silent = now - version.heartbeat_at
    who, _, where = (version.worker or version.created_by).rpartition("@")
    host, _, pid = where.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return silent > DEAD_AFTER
    began = who.rpartition(".")[2] if version.worker else ""
    return not _alive(int(pid), began) or silent > HANGS_AFTER


def start(database: Database, list_id: int, number: int, worker: str) -> subprocess.Popen[bytes]:
    """Starts a process that takes the version over from `worker` and brings it to its end. It has its own session: what
    ends this process, Ctrl-C or a closed terminal, does not reach it. Its word is the version, so it says nothing.
    """
    # In its environment, not among its arguments: those are for everybody to read, and the URL may hold a password.
    environment = {**os.environ, URL_VARIABLE: database.url}
    return subprocess.Popen(
        [sys.executable, "-m", "dialerd.service.import_worker", str(list_id), str(number), worker],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def start_alone(database: Database, list_id: int, number: int, worker: str) -> None:
    """As `start`, for who does not wait for it."""
    process = start(database, list_id, number, worker)
    # Somebody has to take note of its end, or it stays in the list of processes as long as we do.
    threading.Thread(target=process.wait, name=f"import-{process.pid}", daemon=True).start()


def yield_to_others() -> None:
    """This process, and what it starts, gets the processor when the engine, the FastAGI server and the database leave it
    some. It does not become idle work (SCHED_IDLE): on a busy machine it would stand still while it has SQLite's writer.
    """
    with suppress(OSError):
        os.nice(NICENESS)
        # Linux then lets it wait for the next turn when it wakes up, instead of taking it from who is at work.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def be_nice() -> None:
    """What a process does that has nothing to do but to import."""
    yield_to_others()
    # What is half done is gone on with later, by whoever finds it; SIGTERM needs no more courtesy than that.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _alive(pid: int, start: str) -> bool:
    """Whether there is such a process, and the one that began at `start`, where that is known."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    now = _stat(pid)
    if now is None:
        return True
    state, began = now
    # Z: it has ended, but its parent has not taken note.
    return state != "Z" and (not start.isdigit() or start == began)


def _start_of(pid: int) -> str | None:
    """When the process began, in ticks since the machine was started."""
    found = _stat(pid)
    return None if found is None else found[1]


def _stat(pid: int) -> tuple[str, str] | None:
    """The state of a process, and when it began; None where /proc does not tell."""
    with suppress(OSError, IndexError), Path(f"/proc/{pid}/stat").open(encoding="ascii", errors="replace") as stat:
        after_name = stat.read().rpartition(")")[2].split()
        return after_name[_STATE], after_name[_BEGAN]
    return None
