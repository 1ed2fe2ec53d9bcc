"""Work on one version of a list, in short transactions. Each of them says that the version is still this worker's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dialerd.domain.importing import Headway, Phase
from dialerd.ingest.load import Clock, Progress
from dialerd.store import leads, versions
from dialerd.store.database import Connection, Database
from dialerd.store.steps import Steps, Watch
from dialerd.store.versions import VersionRecord

EVERY = 2**62


class Work:
    """One worker's work on a version. `record` is the version as this worker has it; `progress` is told how far it is.
    `sweeps` are those by which its leads are brought in line with do-not-call afterwards.
    """

    def __init__(
        self, database: Database, record: VersionRecord, clock: Clock, progress: Progress, watch: Watch | None
    ) -> None:
        self.database = database
        self.record = record
        self.clock = clock
        self.progress = progress
        self.sweeps: list[int] = []
        self._watch = watch

    @property
    def place(self) -> tuple[int, int]:
        """The list and the number of the version."""
        return self.record.list_id, self.record.number

    def steps(self, *, durable: bool = True) -> Steps:
        """Transactions for one kind of work: another kind has other costs."""
        return Steps(self.database, self._watch, durable=durable)

    def note(self, conn: Connection, **values: Any) -> None:
        """Ends a transaction. Raises Refused when the version is another worker's by now, or was cancelled."""
        versions.note_step(conn, self.record, self.clock(), **values)

    def walk(
        self,
        phase: Phase,
        step: Callable[[Connection, int, int], int | None],
        *,
        after: int = 0,
        last: int = EVERY,
        mark: bool = False,
    ) -> None:
        """Runs `step` (connection, the lead to go on behind, how many rows) through the list's leads up to the id `last`
        until it returns None. With `mark` it is written down how far it came.
        """
        with self.database.read() as conn:
            lowest, highest = leads.span(conn, self.record.list_id)
        span = (lowest, min(last, highest))
        steps = self.steps()
        after_id: int | None = after
        while after_id is not None:
            with steps.write() as conn:
                for rows in steps.portions():
                    after_id = step(conn, after_id, rows)
                    if after_id is None:
                        break
                marked = {"armed_up_to": after_id} if mark and after_id is not None else {}
                at = self._note_place(conn, phase, after_id, span, marked)
            self.progress(at)
            steps.rest()

    def drain(
        self,
        step: Callable[[Connection, int], int],
        *,
        giving_up: bool = False,
        end: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """Runs `step` (connection, how many rows) until it returns 0, and in the transaction in which it does `end`."""
        steps = self.steps()
        left = 1
        while left:
            with steps.write() as conn:
                for rows in steps.portions():
                    left = step(conn, rows)
                    if not left:
                        break
                self.note(conn, giving_up=giving_up)
                if not left:
                    end(conn)
            steps.rest()

    def _note_place(
        self, conn: Connection, phase: Phase, after_id: int | None, span: tuple[int, int], values: dict[str, Any]
    ) -> Headway:
        first, last = span
        size = max(last - first + 1, 0)
        position = size if after_id is None else min(max(after_id - first + 1, 0), size)
        self.note(conn, phase=phase.value, position=position, size=size, **values)
        return Headway(phase, self.record.buckets.rows, position, size)
