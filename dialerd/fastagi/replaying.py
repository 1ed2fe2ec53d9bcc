"""The thread of a FastAGI process that writes down what waits in journals: at its start, and when the database is back."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from dialerd.domain.errors import DialerdError
from dialerd.ops.journal import Journal, waiting
from dialerd.ops.metrics import Metrics
from dialerd.service.attempts import EndResult
from dialerd.service.journals import Journals
from dialerd.service.reported_ends import log_entry
from dialerd.settings import Settings
from dialerd.store.writer import GroupWriter

LOOK_SECONDS = 0.25
# What a process that died left behind is looked for every so many looks.
OTHERS_EVERY = 8

log = structlog.get_logger("dialerd.journal")


class Replaying:
    """Runs from `start` to `stop`."""

    def __init__(
        self, journal: Journal, writer: GroupWriter, settings: Callable[[], Settings], metrics: Metrics
    ) -> None:
        self._journal = journal
        self._metrics = metrics
        self._stopping = threading.Event()
        self._journals = Journals(
            journal.folder,
            writer,
            settings,
            on_ended=self._ended,
            on_written=metrics.journal_reports.labels("replayed").inc,
        )
        self._thread = threading.Thread(target=self._run, name="dialerd-journal", daemon=True)
        metrics.journal_waiting.set_function(lambda: waiting(journal.folder).reports)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Look no more. Returns when the thread has ended, or after so many seconds with a database that does not answer."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        looks = 0
        failing = ""
        while True:
            try:
                if looks % OTHERS_EVERY == 0:
                    self._journals.others(living=False)
                self._journals.own(self._journal)
                failing = ""
            except DialerdError as error:
                if not failing:
                    log.warning("journal_waits", error=str(error), retry_seconds=LOOK_SECONDS)
                failing = str(error)
                # What failed is tried again at the next look.
                looks = -1
            except Exception:  # a thread that ends would be missing for good
                log.exception("journal_failed")
            looks += 1
            if self._stopping.wait(LOOK_SECONDS):
                return

    def _ended(self, result: EndResult) -> None:
        self._metrics.calls.labels(result.campaign, str(result.disposition)).inc()
        log.info("attempt", **log_entry(result))
