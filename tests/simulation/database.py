"""The modelled database: a connection that answers the store's statements from the modelled tables, and writers whose
commits may fail, or happen without anybody hearing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace

from dialerd.domain.errors import Unavailable
from dialerd.store import trials, words
from simulation import claiming, ending, keeping

# Nobody has said anything of a lead here, and there are no trials.
NOTHING = dict.fromkeys((words._ATTRIBUTES, trials._LOAD), lambda tables, values: [])
STATEMENTS = {
    id(statement): answer
    for part in (claiming.STATEMENTS, ending.STATEMENTS, keeping.STATEMENTS, NOTHING)
    for statement, answer in part.items()
}
LINGER = 0.002


class Result:
    """What a statement found, or how many rows it changed."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, found):
        if isinstance(found, list):
            self._rows, self.rowcount = found, len(found)
        else:
            self._rows, self.rowcount = [], found

    def __iter__(self):
        return iter(self._rows)

    def all(self):
        return self._rows

    def first(self):
        return self._rows[0] if self._rows else None

    one_or_none = first

    def scalars(self):
        return Result([row[0] for row in self._rows])

    def scalar_one(self):
        return self._rows[0][0]

    scalar = scalar_one


class Connection:
    """What the store is given: statements are known by what they are, not by their text."""

    dialect = SimpleNamespace(name="sqlite")

    def __init__(self, tables):
        self._tables = tables

    def execute(self, statement, values=None):
        answer = STATEMENTS.get(id(statement))
        if answer is None:
            raise NotImplementedError(f"the modelled database does not know this statement, teach it:\n{statement}")
        return Result(answer(self._tables, values))

    def scalars(self, statement, values=None):
        return self.execute(statement, values).scalars()


class Model:
    """A database that is tables in memory."""

    def __init__(self, tables):
        self._tables = tables
        self._connection = Connection(tables)

    def write(self):
        return self

    def __enter__(self):
        return self._connection

    def __exit__(self, kind, error, trace):
        if kind is None:
            self._tables.commit()
        else:
            self._tables.roll_back()


class Undone(Exception):
    """Takes a transaction back whose COMMIT did not arrive."""


class Commit(StrEnum):
    """What becomes of a group's COMMIT: done and told; refused; cut off before or after it was done, which nobody can know."""

    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    KEPT = "kept"


@dataclass
class Job:
    """One work of a group, and who waits for it."""

    work: object
    future: object
    result: object = None
    failed: Exception | None = None


class Writes:
    """The writer of one process, as engine.writes.Writes over store.writer.GroupWriter: one group after the other."""

    def __init__(self, world, process):
        self._world = world
        self._process = process
        self._queue = []
        self._group = None

    async def __call__(self, work, *, locks=()):
        job = Job(work, self._process.create_future())
        self._queue.append(job)
        if self._group is None:
            self._begin()
        return await job.future

    def orphan(self):
        """The process is dead; what it was writing may arrive all the same."""
        group = self._group or self._queue
        if group and self._world.chance(0.4):
            self._world.say(f"{self._process.name}: its last commit arrives after its death")
            self._run(group, kept=True)

    def _begin(self):
        self._group = []
        self._process.call_later(LINGER + self._world.database_seconds(), self._commit)

    def _commit(self):
        fate = self._world.fate_of_commit(self._process.name)
        group = self._group = self._queue
        self._queue = []
        if fate is not Commit.FAILED:
            self._run(group, kept=fate in (Commit.DONE, Commit.KEPT))
        self._process.call_later(self._world.database_seconds(), self._tell, group, fate)

    def _run(self, group, *, kept):
        """A work that raises fails alone: the others are run again without it."""
        left = list(group)
        while left:
            try:
                with self._world.database.write() as conn:
                    for job in left:
                        current = job
                        job.result = job.work(conn)
                    if not kept:
                        raise Undone  # noqa: TRY301 - as a connection that breaks
            except Undone:
                return
            except Exception as error:
                if isinstance(error, AssertionError | NotImplementedError):
                    raise
                current.failed = error
                left.remove(current)
            else:
                return

    def _tell(self, group, fate):
        for job in group:
            if job.future.done():
                # Whoever waited has given up.
                continue
            if job.failed is not None:
                job.future.set_exception(job.failed)
            elif fate is not Commit.DONE:
                job.future.set_exception(Unavailable(f"the database: the commit {fate.value}"))
            else:
                job.future.set_result(job.result)
        self._group = None
        if self._queue:
            self._begin()
