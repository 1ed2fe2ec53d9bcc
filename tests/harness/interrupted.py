"""Progress of an import that ends it: as Ctrl-C does, or as a kill does."""

from __future__ import annotations

from datetime import UTC, datetime

from dialerd.service.import_run import MOST_TRIES
from dialerd.store import versions


def dying_worker(database):
    """A progress that ends its worker as kill -9 does, after others have taken over and ended without a step."""

    def progress(at):
        with database.read() as conn:
            (left,) = versions.unfinished(conn)
        worker = left.worker
        for number in range(MOST_TRIES + 1):
            with database.write() as conn:
                assert versions.take_over(conn, left.list_id, left.number, worker, f"dead{number}", datetime.now(UTC))
            worker = f"dead{number}"
        raise KeyboardInterrupt

    return progress


def interrupt_after(steps):
    """A progress that raises KeyboardInterrupt, as Ctrl-C does, once so many steps are done."""
    left = iter(range(steps))

    def progress(at):
        if next(left, None) is None:
            raise KeyboardInterrupt

    return progress
