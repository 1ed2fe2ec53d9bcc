"""A version of a list as it stands in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialerd.domain.importing import Headway, Phase
from dialerd.domain.lifecycle import VersionState


@dataclass(frozen=True, slots=True)
class Buckets:
    """Where the rows of a file went. For a finished version rows is the sum of all others but `withdrawn`."""

    rows: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    dnc: int = 0
    rejected: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version of a list, most often one upload to it.

    `worker` is who works on it ("host:pid:token") and `heartbeat_at` moves while it does; `tries` counts the workers
    that took it over since it last got on. Of what `phase` says it is at, `position` of `size` is done, which is 0 where
    nobody knows; see `headway`. `previous` is the version that was current before, `highest_before` the list's highest
    lead id then. With `born_armed` its new leads had their due time from the start. `born` of them are in, and `unarmed`
    leads are still to get theirs. `error` says why it failed.
    """

    list_id: int
    number: int
    mode: str
    file_name: str
    sha256: str
    original_id: int | None
    options: Mapping[str, Any]
    layout: Mapping[str, Any] | None
    state: VersionState
    error: str | None
    buckets: Buckets
    phase: Phase
    position: int
    size: int
    created_at: datetime
    created_by: str
    worker: str
    tries: int
    cancelled_by: str | None
    heartbeat_at: datetime
    previous: int
    highest_before: int
    born_armed: bool
    born: int
    unarmed: int
    published_at: datetime | None
    armed_up_to: int | None
    finished_at: datetime | None

    @property
    def headway(self) -> Headway:
        """How far it is."""
        return Headway(self.phase, self.buckets.rows, self.position, self.size)
