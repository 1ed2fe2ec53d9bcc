"""What this machine knows by itself, without the database: its FastAGI server, and what waits in its journals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from dialerd.ops.journal import Waiting, waiting
from dialerd.ops.nameplate import read_plate
from dialerd.settings.model import Paths


@dataclass(frozen=True, slots=True)
class FastAgiProcess:
    """One process of the FastAGI server; `restarts`: how often its place was taken by a new one since the start."""

    number: int
    pid: int
    since: datetime
    restarts: int


@dataclass(frozen=True, slots=True)
class Here:
    """`listen` is where the FastAGI server of this machine listens, None when none runs that uses this state folder; `journal`
    is what waits to be written down once the database is back.
    """

    listen: str | None = None
    processes: tuple[FastAgiProcess, ...] = ()
    journal: Waiting = field(default_factory=Waiting)


def here(paths: Paths) -> Here:
    """As it is now. Never raises: what cannot be read is not known."""
    plate, journal = read_plate(paths.state_dir), waiting(paths.journal)
    if plate is None:
        return Here(journal=journal)
    found = [FastAgiProcess(one.number, one.pid, one.since, one.restarts) for one in plate.processes]
    return Here(plate.listen, tuple(found), journal)
