"""Bringing a version to its end, from wherever it was left: what a worker does, and whoever takes over from it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from dialerd.domain.errors import BadInput, DialerdError, NotFound, Refused, Unavailable
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.load import Clock, Progress, checked, unseen
from dialerd.service import dnc_sweeps, settling, spreading
from dialerd.service.filling import COPY, INTERRUPTED, fill
from dialerd.service.heartbeat import heartbeat
from dialerd.service.removal import remove_list
from dialerd.service.version_work import Work
from dialerd.store import arming, list_ends, others, versions
from dialerd.store.database import Connection, Database
from dialerd.store.steps import Watch

MOST_TRIES = 5
"""So many workers in a row may end without getting any further; then the version is given up."""


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
    armed; undone. Does nothing when it has ended or is another's. A list that was to be a copy goes when that fails.

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
    work = Work(database, record, clock, progress, watch)
    with heartbeat(database, record, clock):
        _bring_to_end(work)
    if work.record.state in (VersionState.PUBLISHED, VersionState.ARMED):
        spreading.run(database, list_id, number, clock=clock)
    dnc_sweeps.run(database, work.sweeps, clock=clock)


def _bring_to_end(work: Work) -> None:
    if work.record.state is VersionState.STAGING:
        _stage(work)
    if work.record.state is VersionState.PUBLISHED:
        settling.settle(work)
        settling.forget_known(work)
        with work.database.write() as conn:
            work.note(conn)
            versions.finish(conn, *work.place, work.clock())
            work.sweeps += dnc_sweeps.begin(conn, work.record)
    elif work.record.state is VersionState.UNDOING:
        settling.undo(work)
        with work.database.write() as conn:
            work.note(conn)
            versions.end_undo(conn, *work.place, work.clock())
            work.sweeps += dnc_sweeps.begin(conn, work.record)


def _stage(work: Work) -> None:
    """Everything up to the moment the version is the current one. When it cannot be, it is taken back."""
    try:
        if work.record.cancelled_by is None:
            _check_tries(work)
            _publish(work)
            return
    except Unavailable:
        raise
    except BaseException as error:  # Ctrl-C too: nothing half done may stay
        # If even this fails, the next worker does it.
        with suppress(DialerdError):
            _give_up(work, error)
        cancelled = _cancelled(work, error)
        if cancelled is not None:
            raise cancelled from error
        raise
    _give_up(work, None)


def _publish(work: Work) -> None:
    buckets = fill(work)
    with work.database.write() as conn:
        work.note(conn)
        now = work.clock()
        versions.publish(conn, *work.place, checked(buckets), now)
        if versions.is_settled(conn, work.record):
            versions.finish(conn, *work.place, now)
            work.sweeps += dnc_sweeps.begin(conn, work.record)
        published = versions.get(conn, *work.place)
    if published is None:
        raise NotFound(f"version {work.record.number}: was deleted")
    work.record = published
    if published.state is VersionState.ARMED:
        settling.forget_known(work)


def _give_up(work: Work, error: BaseException | None) -> None:
    """Takes back what was staged, in small steps, and then marks the version as failed."""

    def end(conn: Connection) -> None:
        now = versions.get(conn, *work.place)
        cancelled = now.cancelled_by if now else None
        why = f"cancelled by {cancelled}" if cancelled else _why(error)
        versions.fail(conn, *work.place, why, work.clock())
        if work.record.mode == COPY:
            # Half a copy is no list: nobody has seen it, and its name is wanted for another try.
            list_ends.mark_deleted(conn, work.record.list_id, work.clock())

    def take_back(conn: Connection, rows: int) -> int:
        return arming.discard(conn, *work.place, rows) or others.drop(conn, *work.place, rows)

    work.drain(take_back, giving_up=True, end=end)
    work.record = replace(work.record, state=VersionState.FAILED)
    if work.record.mode == COPY:
        remove_list(work.database, work.record.list_id, work.clock)


def _cancelled(work: Work, error: BaseException) -> Refused | None:
    """Why the version ended, when all that its worker knows is that it may not go on."""
    record = work.record
    with suppress(DialerdError), work.database.read() as conn:
        now = versions.get(conn, *work.place)
        if isinstance(error, Refused) and now is not None and now.cancelled_by is not None:
            return Refused(f"version {record.number} was cancelled by {now.cancelled_by}; nothing of it is left")
    return None


def _check_tries(work: Work) -> None:
    if work.record.tries > MOST_TRIES:
        raise BadInput(f"its import was interrupted {work.record.tries - 1} times; import the file again")


def _why(error: BaseException | None) -> str:
    if isinstance(error, DialerdError):
        return str(error)
    if isinstance(error, Exception):
        return f"a fault of dialerd ended its import ({type(error).__name__}); please report it"
    return INTERRUPTED
