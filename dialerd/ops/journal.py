"""Reports that the database could not take: on disk before anybody goes on, in a file of the process that writes them.

The folder is `journal` in the state folder. Each process has a file of its own, which it keeps locked; a file without a lock
is one whose process is gone, and whoever locks it may replay and remove it. A file is removed only when all it held is
committed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from uuid6 import uuid7

from dialerd.domain.errors import Unavailable
from dialerd.ops.journal_format import Reader, Report, line_of

ENDING, SET_ASIDE = ".jsonl", ".set-aside"
MAX_BYTES = 64 << 20
"""Of one process: two hundred thousand reports, which is more than an hour of fifty calls a second."""

TRIES = 5


class _File:
    """An open file of our own. `size` is what was written, `synced` what is surely on disk or committed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{uuid7()}{ENDING}"
        self.fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = self.synced = 0
        self.syncing = threading.Lock()
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(self.fd).st_nlink == 0:
                raise BlockingIOError(errno.EAGAIN, "taken for that of a dead process before it was locked")
            _sync_folder(folder)
        except OSError:
            self.close()
            raise

    def write(self, line: bytes) -> None:
        """Behind what is there. Raises OSError; then half of it may be there, and nothing may come behind that."""
        if os.write(self.fd, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += len(line)

    def sync(self, end: int) -> None:
        """Returns when all up to there is on disk. Raises OSError."""
        with self.syncing:
            # Somebody else's fsync may have had our line with it.
            if self.synced >= end:
                return
            upto = self.size
            os.fsync(self.fd)
            self.synced = upto

    def close(self) -> None:
        """Lets go of the lock: from here on the file is anybody's. What is not on disk yet raises in `sync`."""
        with self.syncing:
            descriptor, self.fd = self.fd, -1
            if descriptor >= 0:
                with suppress(OSError):
                    os.close(descriptor)


class Journal:
    """The journal of one process. May be used by many threads; `replayable` and `replayed` by one of them."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        """Makes the folder. Raises Unavailable when it cannot be made or written."""
        self.folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._file: _File | None = None
        self._reader: Reader | None = None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync_folder(folder.parent)
        except OSError as error:
            raise _unusable(folder, error) from None
        if problem := folder_problem(folder):
            raise Unavailable(problem)

    @property
    def waiting(self) -> bool:
        """There is a report in our file: whatever comes now has to stand behind it."""
        return self._file is not None

    def append(self, report: Report) -> None:
        """Returns when the report is on disk. Raises Unavailable when it is not: the disk fails, or the file is full."""
        line = line_of(report)
        file = None
        try:
            with self._lock:
                file = self._open()
                if file.size + len(line) > self._max_bytes:
                    raise Unavailable(f"journal {file.path}: full with {file.size} bytes; see to the database")
                file.write(line)
                end = file.size
            file.sync(end)
        except OSError as error:
            # What was written stays for whoever replays it; what comes now goes into another file.
            with self._lock:
                if file is self._file:
                    self._let_go()
            raise _unusable(self.folder, error) from None

    def replayable(self, count: int) -> tuple[Path, list[Report]] | None:
        """The next reports that were not replayed, at most so many, and their file; None when there is nothing."""
        with self._lock:
            if self._file is None:
                return None
            if self._reader is None:
                self._reader = Reader(self._file.path)
            return self._file.path, self._reader.next(count)

    def replayed(self, *, keep: bool) -> bool:
        """What `replayable` gave is committed. True when that was all, and the file is gone, or set aside with `keep`."""
        with self._lock:
            file, reader = self._file, self._reader
            if file is None or reader is None or reader.offset < file.size:
                return False
            with suppress(OSError):
                if keep or reader.damaged:
                    set_aside(file.path)
                else:
                    file.path.unlink()
            with file.syncing:
                file.synced = file.size
            self._let_go()
            return True

    def close(self) -> None:
        """Leaves what waits to whoever comes next."""
        with self._lock:
            self._let_go()

    def _open(self) -> _File:
        for _ in range(TRIES):
            if self._file is not None:
                break
            with suppress(BlockingIOError):
                self._file = _File(self.folder)
        if self._file is None:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return self._file

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()
        if self._file is not None:
            self._file.close()
        self._file = self._reader = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is in the folder: reports and their files, how old the oldest file is, and files that a person has to look at."""

    reports: int = 0
    files: int = 0
    since: datetime | None = None
    set_aside: tuple[str, ...] = ()


def waiting(folder: Path) -> Waiting:
    """What waits, at most: reports that are committed stay until all of their file are. Never raises; what cannot be read
    by this user is not counted.
    """
    reports = count = 0
    since: list[float] = []
    for path in files(folder):
        with suppress(OSError):
            reports += path.read_bytes().count(b"\n")
            since.append(_begun(path))
            count += 1
    aside = tuple(sorted(str(path) for path in folder.glob(f"*{SET_ASIDE}")))
    return Waiting(reports, count, datetime.fromtimestamp(min(since), UTC) if since else None, aside)


def _begun(path: Path) -> float:
    """Seconds since 1970: the first 48 bits of a UUIDv7 are milliseconds (RFC 9562)."""
    try:
        return (UUID(path.stem).int >> 80) / 1000
    except ValueError:
        return path.stat().st_mtime


def files(folder: Path) -> list[Path]:
    """The journal files there are, the oldest first."""
    return sorted(folder.glob(f"*{ENDING}"))


@contextmanager
def adopted(path: Path) -> Iterator[bool]:
    """Whether the file is ours for the block, because the process that wrote it is gone. Raises OSError when it is not
    there any more, or not for this user.
    """
    lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours = os.fstat(lock).st_nlink > 0
    except BlockingIOError:
        ours = False
    try:
        yield ours
    finally:
        os.close(lock)


def set_aside(path: Path) -> Path:
    """Keeps the file for a person to look at, under a name that nobody replays."""
    return path.rename(path.with_name(path.name + SET_ASIDE))


def folder_problem(folder: Path) -> str | None:
    """Why this user cannot keep a journal there; None when nothing is against it. Creates nothing."""
    nearest = next(place for place in (folder, *folder.parents) if os.access(place, os.F_OK))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return None
    return (
        f"journal folder {folder}: {nearest} cannot be written by this user; reports of calls would be lost while the "
        "database is away: give paths.state_dir to the user that runs dialerd"
    )


def _unusable(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(f"journal folder {folder}: {error.strerror}; see to the disk and to who owns paths.state_dir")


def _sync_folder(folder: Path) -> None:
    """Makes the names of the files in it outlast a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
