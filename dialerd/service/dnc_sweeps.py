"""Bringing many leads in line with do-not-call, in short transactions: by whoever asked for it, else by the engine.

No call depends on it: the gates look at the entries themselves. What depends on it is that leads are shown as they
stand, and that those which may be called again are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from dialerd.domain.importing import Mode
from dialerd.domain.lifecycle import VersionState
from dialerd.store import dnc, dnc_leads
from dialerd.store.database import Connection, Database
from dialerd.store.dnc_leads import Effect
from dialerd.store.steps import Steps
from dialerd.store.versions import VersionRecord

SILENT = timedelta(seconds=10)
"""A sweep that somebody began is taken over when nothing was heard of it for so long."""

Clock = Callable[[], datetime]


def begin(conn: Connection, version: VersionRecord) -> list[int]:
    """The sweep that a version makes necessary as it ends, if any. Rows of a file were looked up as they came; what was put
    on do-not-call since, and leads that came back without a file, are still to be looked at.
    """
    # A rollback has the file of the version it goes back to, and reads none of it.
    read = version.original_id is not None and version.mode in set(Mode) and version.state is not VersionState.UNDOING
    needed = dnc.changed_since(conn, version.created_at) if read else dnc.has_any(conn)
    return [dnc_leads.sweep_list(conn, version.list_id)] if needed else []


def take_over(database: Database, *, clock: Clock, stopped: Callable[[], bool] = lambda: False) -> Effect:
    """Goes through all sweeps that nobody is at, and ends early when `stopped` says so. Cheap when there are none."""
    with database.read() as conn:
        found = dnc_leads.pending(conn, clock() - SILENT)
    return run(database, found, clock=clock, stopped=stopped) if found else Effect()


def run(
    database: Database,
    sweeps: Iterable[int],
    *,
    clock: Clock,
    tell: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Effect:
    """Goes through these sweeps to their end, or until `stopped` says so, and returns what they did; `tell` hears how many
    leads were looked at.

    A lead that somebody else is changing all the time is left to whoever runs it next.
    """
    steps = Steps(database)
    effect = Effect()
    looked_at = 0
    for sweep in sweeps:
        while not stopped():
            with steps.write() as conn:
                step = dnc_leads.step(conn, sweep, steps.size, clock())
            if step is None:
                break
            effect += step.effect
            looked_at += step.looked_at
            tell(looked_at)
            if step.over or step.stuck:
                break
            steps.rest()
    return effect
