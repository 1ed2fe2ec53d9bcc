"""No transaction of long work holds SQLite's one writer for more than 50 ms, whatever kind of work it is.

By the processor's time, since what a busy machine adds is not the work's doing; and the best of some runs counts, since
also that is disturbed on one.
"""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import update

from dialerd.domain.dispositions import Disposition
from dialerd.service import list_life, moves, reset_undo, resets, rollbacks
from dialerd.store.database import Database
from dialerd.store.tables import leads as table
from harness.machine import held

PROMISED = 0.05
RUNS = 4
MANY, SOME = 20_000, 8000
BUSY = Disposition.BUSY
WORDS = {"actor": "the tests"}


def rows(first, count, text):
    return [(f"+1202{2_000_000 + n:07d}", f"{text}{n}") for n in range(first, first + count)]


class Lists:
    """Each run has lists of its own."""

    def __init__(self, desk):
        self.desk = desk
        self.database = desk.database
        self._numbers = itertools.count(1)

    def large(self):
        """A new list of many leads; returns its name."""
        name = f"large{next(self._numbers)}"
        self.desk.create(name)
        self.desk.load(rows(0, MANY, "a"), name=name)
        return name

    def replace(self, name):
        """Some leads change, some are new, and most are withdrawn."""
        self.desk.load(rows(MANY - SOME // 2, SOME, "b"), name=name, mode="replace", duplicates="update")

    def called(self, name):
        """All its leads were called a day ago."""
        was = {"disposition": "busy", "attempts": 1, "last_attempt_at": self.desk.clock() - timedelta(days=1)}
        with self.database.write() as conn:
            conn.execute(update(table).where(table.c.list_id == self.desk.list_id(name)).values(**was))

    def reset(self, name):
        resets.reset(self.database, resets.ResetWish(name, frozenset({BUSY})), clock=self.desk.clock, **WORDS)

    def move(self, name, target, *, update_):
        wish = moves.MoveWish(name, target, update=update_)
        moves.move(self.database, wish, clock=self.desk.clock, **WORDS)


@pytest.fixture
def lists(sqlite_url, make_desk):
    database = Database(sqlite_url)
    yield Lists(make_desk(database))
    database.close()


def import_(lists):
    name = f"new{next(lists._numbers)}"
    lists.desk.create(name)
    return lambda: lists.desk.load(rows(0, MANY, "x" * 200), name=name)


def replace(lists):
    name = lists.large()
    return lambda: lists.replace(name)


def roll_back(lists):
    name = lists.large()
    lists.replace(name)
    return lambda: rollbacks.rollback(lists.database, name, 1, clock=lists.desk.clock, **WORDS)


def undo(lists):
    name = lists.large()
    lists.replace(name)
    return lambda: rollbacks.undo(lists.database, name, clock=lists.desk.clock, **WORDS)


def give_up(lists):
    name = lists.large()

    def interrupted():
        def stop(at):
            if at.rows > SOME // 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            lists.desk.load(rows(MANY // 2, MANY, "b"), name=name, duplicates="update", progress=stop)

    return interrupted


def copy(lists):
    name = lists.large()
    return lambda: list_life.copy(lists.database, name, f"copy of {name}", clock=lists.desk.clock, **WORDS)


def move(lists):
    name, target = lists.large(), f"target{next(lists._numbers)}"
    lists.desk.create(target)
    return lambda: lists.move(name, target, update_=False)


def move_onto(lists):
    name, target = lists.large(), lists.large()
    return lambda: lists.move(name, target, update_=True)


def delete(lists):
    name = lists.large()
    lists.replace(name)
    return lambda: list_life.delete(lists.database, name, repeated=name, clock=lists.desk.clock, **WORDS)


def reset(lists):
    name = lists.large()
    lists.called(name)
    return lambda: lists.reset(name)


def undo_reset(lists):
    name = lists.large()
    lists.called(name)
    lists.reset(name)
    return lambda: reset_undo.undo(lists.database, name, clock=lists.desk.clock, **WORDS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "work", [import_, replace, roll_back, undo, give_up, copy, move, move_onto, delete, reset, undo_reset]
)
def test_no_transaction_computes_for_longer_than_is_promised(lists, work):
    worst = []
    while not worst or (min(worst) >= PROMISED and len(worst) < RUNS):
        act = work(lists)
        with held() as seconds:
            act()
        assert len(seconds) > 5
        worst.append(max(seconds))
    assert min(worst) < PROMISED, f"the longest of each run: {worst}"
