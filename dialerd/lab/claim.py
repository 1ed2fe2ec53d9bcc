"""Whose folder is it: the running lab holds a lock, so a dead one's leftovers are never mistaken for it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from dialerd.domain.errors import Refused

STATE_FILE = "lab.json"
_LOCK_FILE = "lab.lock"


class Claim:
    """A folder held for one lab. Raises Refused when another lab has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: TextIO = (folder / _LOCK_FILE).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise Refused(f"{folder}: a lab runs here already; stop it with: dialerd lab down --dir {folder}") from None

    def tell(self, state: dict[str, Any]) -> None:
        """Writes down for other processes what runs here."""
        path = self._folder / STATE_FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(state, indent=2) + "\n")

    def release(self) -> None:
        """Lets another lab have the folder."""
        (self._folder / STATE_FILE).unlink(missing_ok=True)
        self._lock.close()


def running_lab(folder: Path) -> int | None:
    """The process id of the lab that runs in `folder`; None when there is none."""
    try:
        lock = (folder / _LOCK_FILE).open()
    except OSError:
        return None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            with suppress(OSError, ValueError, KeyError, TypeError):
                return int(json.loads((folder / STATE_FILE).read_text())["pids"]["lab"])
    return None


def wait_until_gone(folder: Path, pid: int, seconds: float) -> bool:
    """True as soon as the lab of `folder` has ended, False when it has not within `seconds`."""
    deadline = time.monotonic() + seconds
    while running_lab(folder) is not None or _alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A zombie has ended: whether its parent has noticed is not our matter.
    with suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False
