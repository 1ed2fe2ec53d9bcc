"""Versions that somebody left unfinished: brought to their end, or cancelled. By this no list stays in Processing."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from dialerd.domain.errors import BadInput, Refused, Unavailable
from dialerd.ingest.load import Clock
from dialerd.service import spreading
from dialerd.service.import_run import run
from dialerd.service.names import require_list
from dialerd.service.removal import UNUSED_AFTER, drop_files, remove_left_over
from dialerd.service.workers import is_orphan, new_worker, start_alone
from dialerd.store import audit, versions
from dialerd.store.database import Database

LOOK_SECONDS = 0.1


def cancel(database: Database, list_name: str, *, actor: str, clock: Clock, patience: float = 60.0) -> int:
    """Stops the import into the list, wherever it runs, and waits up to `patience` seconds until it is taken back.
    Returns the version's number. Raises NotFound for the list, Refused when no import runs or when it is in already,
    Unavailable when it is not taken back in time (it goes on being).
    """
    with database.write() as conn:
        record = require_list(conn, list_name)
        running = [version for version in versions.of_list(conn, record.list_id) if version.state.unfinished]
        if not running:
            raise Refused(f"list {list_name}: no import runs, so there is nothing to cancel")
        (version,) = running
        if not versions.cancel(conn, record.list_id, version.number, actor):
            raise Refused(
                f"list {list_name}: version {version.number} is in already and only being put into the dialing; "
                f"take it back with `dialerd list undo {list_name}` in a moment"
            )
        detail = {"version": version.number}
        audit.add(conn, at=clock(), actor=actor, action="list.cancel", subject=f"list {list_name}", detail=detail)
    deadline = time.monotonic() + patience
    while True:
        end_orphans(database, record.list_id, clock)
        with database.read() as conn:
            now = versions.get(conn, record.list_id, version.number)
        if now is None or not now.state.unfinished:
            return version.number
        if time.monotonic() > deadline:
            raise Unavailable(f"list {list_name}: version {version.number} is cancelled, and still being taken back")
        time.sleep(LOOK_SECONDS)


def recover(
    database: Database, *, clock: Clock, starter: Callable[[Database, int, int, str], None] = start_alone
) -> list[tuple[int, int]]:
    """Has versions whose process is gone brought to their end, each by a process of its own, and does not wait for them.
    Returns their (list id, version). Cheap when there are none; also takes over, in other lists, what imports said about
    their leads, and removes what is left of deleted lists, and files
    that no version names any more.
    """
    now = clock()
    with database.read() as conn:
        orphans = [version for version in versions.unfinished(conn) if is_orphan(version, now)]
    for orphan in orphans:
        starter(database, orphan.list_id, orphan.number, orphan.worker)
    spreading.run_pending(database, clock=clock)
    remove_left_over(database, clock)
    drop_files(database, clock() - UNUSED_AFTER)
    return [(orphan.list_id, orphan.number) for orphan in orphans]


def end_orphans(database: Database, list_id: int, clock: Clock) -> None:
    """As recover, for one list, and here: who wants to import into it has to wait for it anyhow."""
    with database.read() as conn:
        orphans = [version for version in versions.unfinished(conn) if is_orphan(version, clock())]
    for orphan in orphans:
        if orphan.list_id == list_id:
            # That it failed stands in the version; whoever is here has come for something else.
            with suppress(BadInput, Refused):
                run(database, list_id, orphan.number, orphan.worker, new_worker(), clock=clock)
