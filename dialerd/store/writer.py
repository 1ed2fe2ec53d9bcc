"""Group commit: one thread, one transaction for all the work that arrived within a few milliseconds."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from dialerd.domain.errors import Unavailable
from dialerd.store.attempts import lock
from dialerd.store.database import Connection, Database

T = TypeVar("T")
Item = TypeVar("Item")

Batch = Callable[[Connection, Sequence[Item]], Sequence[T | Exception]]
"""Work for several items at once: for each, in their order, its result, or an exception that is this item's alone."""


@dataclass(frozen=True, slots=True)
class _Job:
    batch: Batch[Any, Any]
    item: Any
    shared: bool
    locks: Sequence[str]
    future: Future[Any]


class GroupWriter:
    """Runs work in the order it was submitted; a future is done only when its work is on disk.

    Work is a function of a Connection. It must have no effect but on that connection: when another work of its group
    raises, the group is rolled back and run again without the one that raised. A work that raises fails its own future
    with what it raised. A COMMIT that fails, or a connection that breaks, fails all futures of the group with
    Unavailable; nothing is tried again, because nobody knows whether it was committed.

    `linger` (seconds) is how long the first work of a group waits for others, `max_group` how many go into one
    transaction. `on_commit(works, seconds)` is called in the writer's thread after each commit and must not raise.
    """

    def __init__(
        self,
        database: Database,
        *,
        linger: float = 0.003,
        max_group: int = 256,
        on_commit: Callable[[int, float], None] | None = None,
    ) -> None:
        self._database = database
        self._linger = linger
        self._max_group = max_group
        self._on_commit = on_commit
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._submitting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="dialerd-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], *, locks: Sequence[str] = ()) -> Future[T]:
        """Queues the work; never blocks on the database. `locks` are the ids of the sent attempts that it will change:
        the group locks them all before its first work, in the order every process uses. Without them two processes that
        end the same calls (the engine and FastAGI) can block each other on PostgreSQL. Raises Unavailable after close().
        """
        return self._put(_Job(_alone, work, shared=False, locks=locks, future=Future()))

    def submit_item(self, batch: Batch[Item, T], item: Item, *, locks: Sequence[str] = ()) -> Future[T]:
        """As submit, for work that costs less for many at once: `batch` gets all items of a group that came with it, where
        the first of them stood. When it raises, each of its items is tried again alone.
        """
        return self._put(_Job(batch, item, shared=True, locks=locks, future=Future()))

    def _put(self, job: _Job) -> Future[Any]:
        with self._submitting:
            if self._closed:
                raise Unavailable("the database writer is closed: this process is stopping")
            self._jobs.put(job)
        return job.future

    def close(self, timeout: float = 10.0) -> None:
        """Takes no more work, finishes what was submitted, and returns. Raises Unavailable when that takes longer than
        `timeout` seconds; the thread is then left to end with the process.
        """
        with self._submitting:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise Unavailable(f"the database writer did not finish its work within {timeout:g} s")

    def _run(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._next_group()
            if group:
                self._write(group)

    def _next_group(self) -> tuple[list[_Job], bool]:
        """The next works to commit together, and whether more may come."""
        job = self._jobs.get()
        if job is None:
            return [], False
        group = [job]
        deadline = time.monotonic() + self._linger
        while len(group) < self._max_group:
            try:
                job = self._jobs.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                return self._started(group), False
            group.append(job)
        return self._started(group), True

    @staticmethod
    def _started(group: list[_Job]) -> list[_Job]:
        return [job for job in group if job.future.set_running_or_notify_cancel()]

    def _write(self, group: list[_Job]) -> None:
        while group:
            started = time.monotonic()
            steps = _steps(group)
            failed: list[_Job] = []
            results: list[Any] = []
            try:
                with self._database.write() as connection:
                    lock(connection, [attempt_id for job in group for attempt_id in job.locks])
                    for step in steps:
                        failed = step
                        results.append(step[0].batch(connection, [job.item for job in step]))
                    failed = []
            except Exception as error:  # noqa: BLE001 - whatever a work raises belongs to its future, not to this thread
                group = self._fail(group, failed, error)
                continue
            for step, outcome in zip(steps, results, strict=True):
                _tell(step, outcome)
            if self._on_commit is not None:
                self._on_commit(len(group), time.monotonic() - started)
            return

    @staticmethod
    def _fail(group: list[_Job], failed: list[_Job], error: Exception) -> list[_Job]:
        """Tells the works that will not be run again, and returns the others."""
        cause = error.__cause__
        if not failed or (isinstance(cause, DBAPIError) and cause.connection_invalidated):
            for job in group:
                job.future.set_exception(error)
            return []
        if len(failed) > 1:
            return [replace(job, shared=False) if job in failed else job for job in group]
        failed[0].future.set_exception(error)
        return [job for job in group if job is not failed[0]]


def _alone(connection: Connection, works: Sequence[Callable[[Connection], T]]) -> list[T]:
    return [work(connection) for work in works]


def _steps(group: list[_Job]) -> list[list[_Job]]:
    """The jobs that are run by one call, in the order of their first."""
    steps: list[list[_Job]] = []
    by_batch: dict[Batch[Any, Any], list[_Job]] = {}
    for job in group:
        if job.shared and job.batch in by_batch:
            by_batch[job.batch].append(job)
        else:
            steps.append([job])
            if job.shared:
                by_batch[job.batch] = steps[-1]
    return steps


def _tell(step: list[_Job], outcome: Sequence[Any]) -> None:
    for job, result in zip(step, outcome, strict=True):
        if isinstance(result, Exception):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
