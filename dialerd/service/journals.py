"""Journals and the database: what waits in the folder is written down, in order, and removed once it is committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import structlog

from dialerd.domain.errors import DialerdError
from dialerd.ops import journal
from dialerd.ops.journal import Journal
from dialerd.ops.journal_format import Reader, Report
from dialerd.service.attempts import EndResult
from dialerd.service.replay import attempts_of, replay
from dialerd.settings import Settings
from dialerd.store.writer import GroupWriter

BATCH = 200
"""So many reports go into one transaction."""

log = structlog.get_logger("dialerd.journal")


class Journals:
    """Replays, by one thread at a time. `on_ended` hears each end that was written, `on_written` how many reports were."""

    def __init__(
        self,
        folder: Path,
        writer: GroupWriter,
        settings: Callable[[], Settings],
        *,
        on_ended: Callable[[EndResult], None],
        on_written: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`folder` is the journals'; it need not be there."""
        self._folder = folder
        self._writer = writer
        self._settings = settings
        self._on_ended = on_ended
        self._on_written = on_written

    def own(self, ours: Journal) -> None:
        """What waits in this process's own journal, until nothing does. Raises Unavailable."""
        failed = 0
        while (found := ours.replayable(BATCH)) is not None:
            path, reports = found
            failed += self._write_down(path, reports)
            if ours.replayed(keep=bool(failed)):
                self._say_done(path, keep=bool(failed))
                failed = 0

    def others(self, *, living: bool) -> None:
        """What other processes left behind; with `living` also what waits in the journals of those that run, who replay it
        too, and remove it. Raises Unavailable.
        """
        for path in journal.files(self._folder):
            try:
                with journal.adopted(path) as ours:
                    if ours or living:
                        self._read(path, ours=ours)
            except FileNotFoundError:
                continue
            except OSError as error:
                log.error("journal_unreadable", journal=str(path), error=error.strerror)

    def _read(self, path: Path, *, ours: bool) -> None:
        failed = 0
        with Reader(path) as reader:
            while reports := reader.next(BATCH):
                failed += self._write_down(path, reports)
            keep = bool(failed or reader.damaged or reader.newer)
        if ours:
            if keep:
                journal.set_aside(path)
            else:
                path.unlink()
            self._say_done(path, keep=keep)

    def _write_down(self, path: Path, reports: Sequence[Report]) -> int:
        """How many could not be written, whatever the database says: they are in the log, and their file is kept."""
        if not reports:
            return 0
        work = partial(replay, reports=reports, settings=self._settings())
        try:
            done = self._writer.submit(work, locks=attempts_of(reports)).result()
        except DialerdError:
            raise
        except Exception:  # whatever a report is, it is told and its file is kept
            # One that no database takes must not hold up the others.
            if len(reports) > 1:
                return sum(self._write_down(path, [report]) for report in reports)
            log.exception("journal_report_failed", journal=str(path), attempt_id=reports[0].get("attempt"))
            return 1
        for result in done.endings:
            self._on_ended(result)
        for why in done.refused:
            log.warning("journal_report_refused", error=why)
        self._on_written(len(reports))
        return 0

    def _say_done(self, path: Path, *, keep: bool) -> None:
        if keep:
            kept = f"{path}{journal.SET_ASIDE}"
            log.error("journal_set_aside", journal=kept, hint="not all of it could be read or written down; see above")
        else:
            log.info("journal_replayed", journal=str(path))
