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
"""A worker writes many times a second. One that was silent for this long has lost its process."""
NICENESS = 10
URL_VARIABLE = "DIALERD_DATABASE_URL"


def worker_name(who: str) -> str:
    """Who works, and where: `alice@host:4711`. By the process one can see later whether the work still goes on."""
    return f"{who}@{socket.gethostname()}:{os.getpid()}"


def new_worker() -> str:
    """A name for this process at one piece of work; another piece gets another name."""
    return worker_name(secrets.token_hex(4))


def is_orphan(version: VersionRecord, now: datetime) -> bool:
    """Whether nobody works on the unfinished version any more."""
    if now - version.heartbeat_at > DEAD_AFTER:
        return True
    name = version.worker or version.created_by
    host, _, pid = name.rpartition("@")[2].rpartition(":")
    return host == socket.gethostname() and pid.isdigit() and not _alive(int(pid))


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
    """This process gets the processor when the engine, the FastAGI server and the database leave it some."""
    with suppress(OSError):
        os.nice(NICENESS)


def be_nice() -> None:
    """What a process does that has nothing to do but to import."""
    yield_to_others()
    # What is half done is gone on with later, by whoever finds it; SIGTERM needs no more courtesy than that.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """A process that has ended but whose parent has not taken note."""
    with suppress(OSError), Path(f"/proc/{pid}/stat").open(encoding="ascii", errors="replace") as stat:
        return stat.read().rpartition(")")[2].split()[:1] == ["Z"]
    return False
