"""Bringing a version to its end, from wherever it was left: what a worker does, and whoever takes over from it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from dialerd.domain.errors import BadInput, DialerdError, NotFound, Refused, Unavailable
from dialerd.domain.importing import Duplicates, Headway, Mode, Phase, Scope
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.load import Clock, Loader, Progress, Target, checked, unseen, whole_minute
from dialerd.service import dnc_sweeps
from dialerd.service.working_copy import working_copy
from dialerd.store import arming, bulk, differences, leads, lists, versions
from dialerd.store.database import Connection, Database
from dialerd.store.staging import Rules
from dialerd.store.steps import Steps, Watch
from dialerd.store.versions import Buckets, VersionRecord

ROLLBACK = "rollback"
MOST_TRIES = 5
"""So many workers in a row may end without getting any further; then the version is given up."""
MANY_ROWS = 5000
"""From here on what was loaded may change how the database should go about it."""
INTERRUPTED = "its import was interrupted; import the file again"


def run(
    database: Database,
    list_id: int,
    number: int,
    worker: str,
    new_worker: str,
    *,
    clock: Clock,
    progress: Progress = unseen,
    watch: Watch | None = None,
) -> None:
    """Takes the version over from `worker` and brings it to its end: staged and published, or taken back and failed;
    armed; undone. Does nothing when it has ended or is another's.

    Raises what made a version fail, after it was taken back: BadInput for its file, Refused when it was cancelled.
    Raises Unavailable when the database cannot be used; then, and when this process is killed, the version is left to
    the next worker.
    """
    with database.write() as conn:
        if not versions.take_over(conn, list_id, number, worker, new_worker, clock()):
            return
        record = versions.get(conn, list_id, number)
    if record is None:
        raise NotFound(f"version {number}: was deleted")
    work = _Work(database, Steps(database, watch), clock, progress)
    if record.state is VersionState.STAGING:
        record = work.stage(record)
    if record.state is VersionState.PUBLISHED:
        work.settle(record)
    elif record.state is VersionState.UNDOING:
        work.undo(record)
    dnc_sweeps.run(database, work.sweeps, clock=clock)


class _Work:
    """One worker's work on one version. Each step is a short transaction that says it is still this worker's."""

    def __init__(self, database: Database, steps: Steps, clock: Clock, progress: Progress) -> None:
        self._database = database
        self._steps = steps
        self._clock = clock
        self._progress = progress
        self.sweeps: list[int] = []

    def stage(self, record: VersionRecord) -> VersionRecord:
        """Everything up to the moment the version is the current one. When it cannot be, it is taken back."""
        try:
            if record.cancelled_by is None:
                _check_tries(record)
                return self._stage(record)
        except Unavailable:
            raise
        except BaseException as error:
            # Also for Ctrl-C. If even this fails, the next worker does it.
            with suppress(DialerdError):
                self._give_up(record, error)
            cancelled = self._cancelled(record, error)
            if cancelled is not None:
                raise cancelled from error
            raise
        self._give_up(record, None)
        return replace(record, state=VersionState.FAILED)

    def settle(self, record: VersionRecord) -> None:
        """Withdraws and arms what the version changed; nobody has to wait for it."""
        # One due time for all of them: among equals the id decides, which is the order of the file.
        due_at = whole_minute(record.published_at or self._clock())
        lowest, highest = self._span(record)
        after_id: int | None = 0
        while after_id is not None:
            with self._steps.write() as conn:
                after_id = arming.withdraw(conn, record.list_id, record.number, after_id, self._steps.size)
                at = self._note(conn, record, Phase.WITHDRAWING, after_id, (lowest, record.highest_before))
            self._progress(at)
            self._steps.rest()
        known = record.highest_before
        up_to = known if record.born_armed and self._undialed(record) else arming.EVERY
        after_id = record.armed_up_to or 0
        while after_id is not None:
            size = self._steps.size
            with self._steps.write() as conn:
                after_id = arming.arm(
                    conn, record.list_id, record.number, due_at, after_id, size, up_to=up_to, known_up_to=known
                )
                done: dict[str, Any] = {} if after_id is None else {"armed_up_to": after_id}
                at = self._note(conn, record, Phase.ARMING, after_id, (lowest, min(up_to, highest)), **done)
            self._progress(at)
            self._steps.rest()
        self._forget_known(record)
        with self._database.write() as conn:
            versions.note_step(conn, record, self._clock())
            versions.finish(conn, record.list_id, record.number, self._clock())
            self.sweeps += dnc_sweeps.begin(conn, record)

    def undo(self, record: VersionRecord) -> None:
        """Takes back what the version did; the one before it is the current one already."""
        left = 1
        while left:
            with self._steps.write() as conn:
                left = arming.restore_begun(conn, record.list_id, record.number, self._steps.size)
                versions.note_step(conn, record, self._clock())
            self._steps.rest()
        left = 1
        while left:
            with self._steps.write() as conn:
                now = self._clock()
                left = arming.restore_ended(conn, record.list_id, record.number, now, self._steps.size)
                versions.note_step(conn, record, now)
            self._steps.rest()
        with self._database.write() as conn:
            versions.note_step(conn, record, self._clock())
            versions.end_undo(conn, record.list_id, record.number, self._clock())
            self.sweeps += dnc_sweeps.begin(conn, record)

    def _stage(self, record: VersionRecord) -> VersionRecord:
        if record.mode == ROLLBACK:
            buckets = self._stage_rollback(record)
        elif record.original_id is None:
            raise BadInput(INTERRUPTED)
        else:
            buckets = self._stage_file(record)
        with self._database.write() as conn:
            now = self._clock()
            versions.note_step(conn, record, now)
            versions.publish(conn, record.list_id, record.number, checked(buckets), now)
            if versions.is_settled(conn, record):
                versions.finish(conn, record.list_id, record.number, now)
                self.sweeps += dnc_sweeps.begin(conn, record)
            published = versions.get(conn, record.list_id, record.number)
        if published is None:
            raise NotFound(f"version {record.number}: was deleted")
        if published.state is VersionState.ARMED:
            self._forget_known(published)
        return published

    def _stage_file(self, record: VersionRecord) -> Buckets:
        reading, rules = read_options(record)
        with self._database.read() as conn:
            home = lists.by_id(conn, record.list_id)
        if home is None:
            raise NotFound(f"version {record.number}: its list was deleted")
        target = Target(record.list_id, reading.numbers(home.rules), rules)
        loader = Loader(self._database, record, target, self._steps, self._clock, self._progress)
        with working_copy(self._database, record) as path:
            try:
                loader.load(path, reading)
            except BadInput as error:
                raise BadInput(str(error).replace(str(path), record.file_name)) from error
        if loader.buckets.rows >= MANY_ROWS:
            with self._database.write() as conn:
                bulk.refresh_statistics(conn)
        if rules.mode is Mode.REPLACE:
            self._end_others(replace(record, buckets=loader.buckets))
        with self._database.read() as conn:
            _, _, withdrawn = arming.ended_and_begun(conn, record.list_id, record.number)
        return replace(loader.buckets, withdrawn=withdrawn)

    def _end_others(self, record: VersionRecord) -> None:
        lowest, _ = self._span(record)
        after_id: int | None = 0
        while after_id is not None and after_id < record.highest_before:
            with self._steps.write() as conn:
                after_id = arming.end_others(conn, record.list_id, record.number, after_id, self._steps.size)
                at = self._note(conn, record, Phase.WITHDRAWING, after_id, (lowest, record.highest_before))
            self._progress(at)
            self._steps.rest()

    def _stage_rollback(self, record: VersionRecord) -> Buckets:
        span = (record.list_id, record.previous, int(record.options["to"]))
        place: differences.Place | None = None
        more = True
        while more:
            # Read in pages: a reader that stays for all of it would keep SQLite from clearing its log meanwhile.
            with self._database.read() as conn:
                ids, place = differences.touched(conn, *span, place, self._steps.size)
            more = place is not None
            with self._steps.write() as conn:
                back = differences.restore(conn, *span, record.number, ids)
                versions.count(conn, record.list_id, record.number, unarmed=back)
                versions.note_step(conn, record, self._clock())
            self._steps.rest()
        with self._database.read() as conn:
            back, changed, withdrawn = arming.ended_and_begun(conn, record.list_id, record.number)
        return Buckets(rows=back + changed, imported=back, updated=changed, withdrawn=withdrawn)

    def _give_up(self, record: VersionRecord, error: BaseException | None) -> None:
        """Takes back what was staged, in small steps, and then marks the version as failed."""
        left = 1
        while left:
            with self._steps.write() as conn:
                left = arming.discard(conn, record.list_id, record.number, self._steps.size)
                versions.note_step(conn, record, self._clock(), giving_up=True)
                if not left:
                    now = versions.get(conn, record.list_id, record.number)
                    cancelled = now.cancelled_by if now else None
                    why = f"cancelled by {cancelled}" if cancelled else _why(error)
                    versions.fail(conn, record.list_id, record.number, why, self._clock())
            self._steps.rest()

    def _cancelled(self, record: VersionRecord, error: BaseException) -> Refused | None:
        """Why the version ended, when all that its worker knows is that it may not go on."""
        with suppress(DialerdError), self._database.read() as conn:
            now = versions.get(conn, record.list_id, record.number)
            if isinstance(error, Refused) and now is not None and now.cancelled_by is not None:
                return Refused(f"version {record.number} was cancelled by {now.cancelled_by}; nothing of it is left")
        return None

    def _span(self, record: VersionRecord) -> tuple[int, int]:
        with self._database.read() as conn:
            return leads.span(conn, record.list_id)

    def _note(
        self,
        conn: Connection,
        record: VersionRecord,
        phase: Phase,
        after_id: int | None,
        span: tuple[int, int],
        **values: Any,
    ) -> Headway:
        """Ends a step of a walk through the leads of the span, which has come to `after_id`, or to its end."""
        first, last = span
        size = max(last - first + 1, 0)
        position = size if after_id is None else min(max(after_id - first + 1, 0), size)
        versions.note_step(conn, record, self._clock(), phase=phase.value, position=position, size=size, **values)
        return Headway(phase, record.buckets.rows, position, size)

    def _undialed(self, record: VersionRecord) -> bool:
        with self._database.read() as conn:
            home = lists.by_id(conn, record.list_id)
        return home is not None and home.campaign is None

    def _forget_known(self, record: VersionRecord) -> None:
        left = 1
        while left:
            with self._steps.write() as conn:
                left = arming.forget_known(conn, record.list_id, record.number, self._steps.size)
            self._steps.rest()


def write_options(reading: Reading, rules: Rules) -> dict[str, object]:
    """What a version keeps, so that any worker reads its file in the same way."""
    kept: dict[str, object] = {
        name: getattr(reading, name)
        for name in ("delimiter", "encoding", "phone_column", "sheet", "kinds", "countries")
    }
    return {
        "reading": {**kept, "mapping": dict(reading.mapping)},
        "duplicates": rules.duplicates.value,
        "scope": rules.scope.value,
    }


def read_options(record: VersionRecord) -> tuple[Reading, Rules]:
    """What write_options kept."""
    options = record.options
    rules = Rules(Mode(record.mode), Duplicates(options["duplicates"]), Scope(options["scope"]))
    return Reading(**options["reading"]), rules


def _check_tries(record: VersionRecord) -> None:
    if record.tries > MOST_TRIES:
        raise BadInput(f"its import was interrupted {record.tries - 1} times; import the file again")


def _why(error: BaseException | None) -> str:
    if isinstance(error, DialerdError):
        return str(error)
    if isinstance(error, Exception):
        return f"a fault of dialerd ended its import ({type(error).__name__}); please report it"
    return INTERRUPTED
