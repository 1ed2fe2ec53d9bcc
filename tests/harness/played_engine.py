"""An engine as the web sees one: alive in the database, and at the trials that are asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from dialerd.service import trials
from dialerd.store import nodes
from dialerd.store import trials as rows
from dialerd.store.database import Connection
from dialerd.web.site import Site


@contextmanager
def played_engine(site: Site, does: Callable[[Connection, str, datetime], None] = rows.mark_placed) -> Iterator[None]:
    """While the block runs, every trial is taken, and this is done with it: else Asterisk makes its call."""
    over = threading.Event()
    with site.database.write() as conn:
        nodes.register(conn, "played", instance="1", pid=1, host="here", version="1")

    def work() -> None:
        while not over.wait(0.02):
            with site.database.write() as conn:
                for trial in rows.wanted(conn):
                    assert trials.take(conn, trial, site.now())
                    does(conn, trial.trial_id, site.now())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
