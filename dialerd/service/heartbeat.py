"""A sign of life for while a worker is at something that is no transaction: a large file is unpacked, a workbook opened."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dialerd.domain.errors import DialerdError
from dialerd.ingest.load import Clock
from dialerd.store import versions
from dialerd.store.database import Database
from dialerd.store.versions import VersionRecord

BEAT_SECONDS = 5.0
PATIENCE_SECONDS = 600.0
"""A worker that has not got anywhere for so long has no sign of life any more: it hangs, and another one takes over."""


@contextmanager
def heartbeat(
    database: Database,
    record: VersionRecord,
    clock: Clock,
    *,
    every: float = BEAT_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[None]:
    """While the block runs, the version's heartbeat moves every so many seconds, also when no step moves it; it stops
    after `patience` seconds without a step. `record` is the version as its worker has it.
    """
    ended = threading.Event()
    words = (database, record, clock, every, patience, ended)
    thread = threading.Thread(target=_beat, args=words, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(
    database: Database, record: VersionRecord, clock: Clock, every: float, patience: float, ended: threading.Event
) -> None:
    last = record.heartbeat_at
    got_on = time.monotonic()
    while not ended.wait(every) and time.monotonic() - got_on < patience:
        # Whatever is wrong with the database, the worker itself will notice.
        with suppress(DialerdError):
            with database.read() as conn:
                found = versions.get(conn, record.list_id, record.number)
            if found is None or found.worker != record.worker:
                return
            if found.heartbeat_at != last:
                last, got_on = found.heartbeat_at, time.monotonic()
                continue
            now = clock()
            with database.write() as conn:
                versions.beat(conn, record, now)
            last = now
