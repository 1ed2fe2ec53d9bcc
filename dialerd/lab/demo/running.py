"""What a demo has running, on disk, so that another process can stop it: also when the demo itself was killed.

A process id alone is no name: when its process has ended, it may be somebody else's. So the instant of the process's
birth is kept with it, and nothing is sent to a process that was born at another.
"""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dialerd.domain.errors import Unavailable

END_SECONDS = 30.0
_KILL_SECONDS = 5.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_START_TIME = 22  # the field of /proc/PID/stat, from 1 (proc(5)): clock ticks since the machine came up


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine and no other: `born` is the machine's start and the process's own since then."""

    pid: int
    born: str

    @property
    def running(self) -> bool:
        """Whether it is there and has not ended."""
        with self._held() as descriptor:
            return descriptor is not None and not _ended(descriptor, 0.0)

    def end(self) -> bool:
        """Ask it to end, and return when it has; killed after 30 s. False when it had ended before.

        Raises Unavailable when it belongs to another user, or is not gone even so.
        """
        with self._held() as descriptor:
            if descriptor is None or _ended(descriptor, 0.0):
                return False
            for number, patience in ((signal.SIGTERM, END_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
                try:
                    signal.pidfd_send_signal(descriptor, number)
                except ProcessLookupError:
                    return True
                except PermissionError:
                    raise Unavailable(f"process {self.pid} belongs to another user; stop it as that user") from None
                if _ended(descriptor, patience):
                    return True
        raise Unavailable(f"process {self.pid} does not end, not even when it is killed")

    @contextmanager
    def _held(self) -> Iterator[int | None]:
        """A descriptor of this very process, so that its id cannot pass to another meanwhile; None when it is gone."""
        descriptor = None
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.pid)
        try:
            yield descriptor if descriptor is not None and _born(self.pid) == self.born else None
        finally:
            if descriptor is not None:
                os.close(descriptor)


def process(pid: int) -> Process:
    """The process that has this id now. Raises Unavailable when there is none."""
    born = _born(pid)
    if born is None:
        raise Unavailable(f"process {pid} has ended")
    return Process(pid, born)


def write(path: Path, programs: Mapping[str, Process]) -> None:
    """Put down what runs, by its name, in the order in which it is to be stopped."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({name: {"pid": one.pid, "born": one.born} for name, one in programs.items()}) + "\n")
    new.replace(path)


def read(path: Path) -> dict[str, Process]:
    """What `write` put down; nothing when there is no such file or it cannot be understood."""
    try:
        noted = json.loads(path.read_text())
        return {str(name): Process(int(one["pid"]), str(one["born"])) for name, one in noted.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _born(pid: int) -> str | None:
    try:
        # The name in brackets may hold anything, brackets and blanks too.
        after_name = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return f"{_BOOT_ID.read_text().strip()}:{after_name[_START_TIME - 3]}"


def _ended(descriptor: int, seconds: float) -> bool:
    """Whether the process has ended, or does within so many seconds; a zombie has."""
    return bool(select.select([descriptor], [], [], seconds)[0])
