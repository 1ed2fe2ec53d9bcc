"""What this machine knows by itself, without the database: its FastAGI server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dialerd.ops.nameplate import read_plate


@dataclass(frozen=True, slots=True)
class FastAgiProcess:
    """One process of the FastAGI server; `restarts`: how often its place was taken by a new one since the start."""

    number: int
    pid: int
    since: datetime
    restarts: int


@dataclass(frozen=True, slots=True)
class Here:
    """`listen` is where the FastAGI server of this machine listens, None when none runs that uses this state folder."""

    listen: str | None = None
    processes: tuple[FastAgiProcess, ...] = ()


def here(state_dir: Path) -> Here:
    """As it is now. Never raises: what cannot be read is not known."""
    plate = read_plate(state_dir)
    if plate is None:
        return Here()
    found = [FastAgiProcess(one.number, one.pid, one.since, one.restarts) for one in plate.processes]
    return Here(plate.listen, tuple(found))
