"""Rows of a file into a version of a list, as many at a time as a short transaction takes, each in one bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from dialerd.domain.errors import BadInput
from dialerd.domain.importing import Headway, Mode, Phase
from dialerd.domain.phone import NumberRules
from dialerd.ingest.ahead import Chunk, chunks
from dialerd.ingest.csvfile import BadRow
from dialerd.ingest.leadfile import LeadFile, Reading, open_leads
from dialerd.ingest.rows import RowReader
from dialerd.store import dnc_rows, rejects, staging, versions
from dialerd.store.database import Database
from dialerd.store.rejects import Reject
from dialerd.store.staged import StagedLead
from dialerd.store.staging import Rules, StageCounts
from dialerd.store.steps import Steps
from dialerd.store.versions import Buckets, VersionRecord

Clock = Callable[[], datetime]
"""The time in UTC. An import lasts, so one `now` is not enough."""

Progress = Callable[[Headway], None]
"""Told how far an import is, after each of its steps."""


def unseen(at: Headway) -> None:
    """The progress nobody looks at."""
    del at


@dataclass(frozen=True, slots=True)
class Target:
    """By what rules the numbers of a file for a list are read, and how its rows meet the list's leads."""

    list_id: int
    numbers: NumberRules
    rules: Rules = staging.PLAIN


class Loader:
    """One file into one version. `buckets` is what was written so far, by this worker and those before it."""

    def __init__(
        self, database: Database, record: VersionRecord, target: Target, steps: Steps, clock: Clock, progress: Progress
    ) -> None:
        """`record` is the version as its worker has it: rows it counts already are not read again."""
        self._database = database
        self._record = record
        self._target = target
        self._steps = steps
        self._clock = clock
        self._progress = progress
        self._there: set[tuple[int, str]] = set()
        self.buckets = record.buckets

    def load(self, path: Path, reading: Reading) -> None:
        """Stages every row, and keeps those that are refused. Raises BadInput when the file cannot be read to its end or
        no row of it can be used, Refused when the version was cancelled or is another worker's by now.
        """
        with open_leads(path, reading) as file:
            rows = chunks(file, path, reading, self._target.numbers, self.buckets.rows)
            with self._database.write() as conn:
                versions.set_layout(conn, self._record.list_id, self._record.number, list(file.header), file.delimiter)
            with closing(rows):
                self._stage_all(rows, file.progress()[1])
        self._check_usable(path)

    def _stage_all(self, rows: Iterator[Chunk], size: int) -> None:
        good: list[StagedLead] = []
        bad: list[BadRow] = []
        progress = (0, size)
        for more in rows:
            # Not before more has come: the last step is one that has rows.
            if len(good) + len(bad) >= self._steps.size:
                self._write(good, bad, progress)
                good, bad = [], []
            good += more.good
            bad += more.bad
            progress = more.progress
        self._write(good, bad, (size, size))

    def _write(self, good: list[StagedLead], bad: list[BadRow], progress: tuple[int, int]) -> None:
        """One step: the rows, their counts and the sign of life in one transaction."""
        record, now = self._record, self._clock()
        due_at = whole_minute(record.created_at) if record.born_armed else None
        refused = [Reject(row.line, row.reason, row.text, row.cells) for row in bad]
        position, size = progress
        with self._steps.write() as conn:
            free, stopped = dnc_rows.sort_out(conn, record.list_id, good, now)
            if self._target.rules.mode is Mode.REPLACE:
                dnc_rows.name_known(conn, record.list_id, record.number, stopped)
            counts = staging.stage(
                conn,
                record.list_id,
                record.number,
                free,
                now,
                rules=self._target.rules,
                due_at=due_at,
                buckets=self._there,
            )
            rejects.add_rejects(conn, record.list_id, record.number, refused)
            after = counted(self.buckets, replace(counts, stopped=len(stopped)), len(good), len(bad))
            versions.note_step(conn, record, now, buckets=after, position=position, size=size)
        self.buckets = after
        self._progress(Headway(Phase.READING, after.rows, position, size))

    def _check_usable(self, path: Path) -> None:
        buckets = self.buckets
        if buckets.rows and buckets.rejected == buckets.rows:
            with self._database.read() as conn:
                (first,) = rejects.rejects_of(conn, self._record.list_id, self._record.number, limit=1)
        else:
            first = None
        check_usable(path, buckets, None if first is None else (first.line, first.reason))


def whole_minute(at: datetime) -> datetime:
    """The due time of leads that are due at once. The tallies go by the minute: leads that are due within the minute
    that goes on would have to be counted one by one until it is over.
    """
    return at.replace(second=0, microsecond=0)


def read_all(file: LeadFile, reader: RowReader, size: int) -> Iterator[tuple[list[StagedLead], list[BadRow]]]:
    """The rows of the file, `size` at a time: those that can be used, and the others."""
    rows = iter(file.rows())
    while some := list(islice(rows, size)):
        read = [reader.read(row) for row in some]
        yield (
            [row for row in read if not isinstance(row, BadRow)],
            [row for row in read if isinstance(row, BadRow)],
        )


def counted(before: Buckets, counts: StageCounts, good: int, bad: int) -> Buckets:
    """The buckets with the rows of one more step in them."""
    return replace(
        before,
        rows=before.rows + good + bad,
        imported=before.imported + counts.new,
        updated=before.updated + counts.updated,
        unchanged=before.unchanged + counts.known,
        duplicate=before.duplicate + counts.repeated,
        dnc=before.dnc + counts.stopped,
        rejected=before.rejected + bad,
    )


def check_usable(path: Path, buckets: Buckets, first_reject: tuple[int, str] | None) -> None:
    """Raises BadInput when the file had no row, or none that can be used."""
    if buckets.rows == 0:
        raise BadInput(f"{path}: has a header but no rows; nothing was imported")
    if buckets.rejected == buckets.rows and first_reject is not None:
        line, reason = first_reject
        raise BadInput(f"{path}: none of {buckets.rows:,} rows can be used, the first (line {line}): {reason}")


def checked(buckets: Buckets) -> Buckets:
    """The buckets, proven to account for every row.

    Raises AssertionError when they do not: a mistake of ours, and then nothing is published.
    """
    parts = buckets.imported + buckets.updated + buckets.unchanged + buckets.duplicate + buckets.dnc + buckets.rejected
    if parts != buckets.rows:
        raise AssertionError(f"{buckets.rows} rows came in, {parts} are accounted for: {buckets}")
    return buckets
