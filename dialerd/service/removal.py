"""Taking away for good what nobody needs any more, in short transactions: a list and its leads, files without a version."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialerd.ingest.load import Clock
from dialerd.store import list_ends, originals
from dialerd.store.database import Database
from dialerd.store.steps import Steps

UNUSED_AFTER = timedelta(hours=1)
"""So long a file may be on its way in before it has a version (see originals.begin), or a list on its way out."""
_BETWEEN = timedelta(minutes=5)
"""So long may lie between an import that finds its file in the database and the version it makes of it."""


def remove_list(database: Database, list_id: int, clock: Clock) -> int:
    """Removes a list that is marked as deleted: leads, versions, rejected rows, and files that no other list's version
    came from. Returns how many leads it had left. When it is interrupted, another call removes the rest.
    """
    steps = Steps(database)
    number = 0
    left = True
    while left:
        with steps.write() as conn:
            for rows in steps.portions():
                leads = list_ends.remove_step(conn, list_id, rows)
                number += leads
                left = bool(leads or list_ends.remove_around(conn, list_id, rows))
                if not left:
                    list_ends.remove(conn, list_id)
                    break
        steps.rest()
    drop_files(database, clock() - _BETWEEN)
    return number


def remove_left_over(database: Database, clock: Clock) -> None:
    """Removes the rest of lists whose removal was interrupted long ago. Cheap when there are none."""
    with database.read() as conn:
        found = list_ends.left_over(conn, clock() - UNUSED_AFTER)
    for list_id in found:
        remove_list(database, list_id, clock)


def drop_files(database: Database, before: datetime) -> None:
    """Drops the files that no version names and nobody has touched since `before`."""
    with database.read() as conn:
        left = originals.has_unused(conn, before)
    steps = Steps(database)
    while left:
        with steps.write() as conn:
            left = originals.drop_unused(conn, before)
        steps.rest()
