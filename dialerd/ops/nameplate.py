"""Which processes serve FastAGI on this machine: a file in the state folder, true for as long as its lock is held.

`agi.json` says it, `agi.lock` is locked by the process that wrote it; the kernel frees that however the process ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

FILE, LOCK = "agi.json", "agi.lock"
LOOKS, LOOK_SECONDS = 50, 0.01


@dataclass(frozen=True, slots=True)
class Serving:
    """One process that serves: the `number` of its place, from 1, and how often it was started again in it."""

    number: int
    pid: int
    since: datetime
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Plate:
    """Where a FastAGI server listens, and its processes."""

    listen: str
    processes: tuple[Serving, ...]


class Nameplate:
    """A context that holds the lock, if it can be had: who cannot write here serves all the same, and is not shown."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the state folder."""
        self._folder = folder
        self._lock: int | None = None

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._lock = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        # Who reads holds the lock for a moment.
        for _ in range(LOOKS):
            if self._lock is None or _locked(self._lock, fcntl.LOCK_EX):
                return self
            time.sleep(LOOK_SECONDS)
        self.drop()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            with suppress(OSError):
                (self._folder / FILE).unlink()
        self.drop()

    def show(self, listen: str, processes: Sequence[Serving]) -> None:
        """Replaces what is said."""
        if self._lock is None:
            return
        said = {"listen": listen, "processes": [{**asdict(one), "since": one.since.isoformat()} for one in processes]}
        new = self._folder / f"{FILE}.new"
        with suppress(OSError):
            new.write_text(json.dumps(said))
            new.replace(self._folder / FILE)

    def drop(self) -> None:
        """Lets go of the lock: a child must not hold its parent's."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @staticmethod
    def this_process(number: int) -> Serving:
        """This process, which begins to serve now."""
        return Serving(number, os.getpid(), datetime.now(UTC))


def read_plate(folder: Path) -> Plate | None:
    """The server of this machine; None when none runs, or none that this user may know of."""
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return None if _locked(lock, fcntl.LOCK_SH) else _read(folder / FILE)
    finally:
        os.close(lock)


def _locked(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(file: Path) -> Plate | None:
    try:
        said = json.loads(file.read_text())
        processes = [Serving(**{**one, "since": datetime.fromisoformat(one["since"])}) for one in said["processes"]]
        return Plate(said["listen"], tuple(processes))
    except (OSError, ValueError, KeyError, TypeError):
        return None
