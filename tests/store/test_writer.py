"""Group commit: what is acknowledged is on disk, and one work's fault is its own."""

import threading
from concurrent.futures import Future
from datetime import timedelta

import pytest
from sqlalchemy import text

from dialerd.domain.errors import NotFound, Unavailable
from dialerd.domain.facts import AttemptState
from dialerd.store import attempts, audit
from dialerd.store.database import Database
from dialerd.store.writer import GroupWriter
from harness.world import NOW, phones


@pytest.fixture
def commits():
    return []


@pytest.fixture
def writer(database, commits):
    writer = GroupWriter(database, on_commit=lambda works, seconds: commits.append((works, seconds)))
    yield writer
    writer.close()


def note(subject):
    return lambda conn: audit.add(conn, at=NOW, actor="tests", action="note", subject=subject)


def subjects(database):
    with database.read() as conn:
        return [entry.subject for entry in audit.page(conn, limit=1000)][::-1]


class Held:
    """A work that holds the writer's thread until it is let go, so that what is submitted meanwhile is one group."""

    def __init__(self, writer):
        self.running, self.go = threading.Event(), threading.Event()
        self.future = writer.submit(self)
        assert self.running.wait(10)

    def __call__(self, _conn):
        self.running.set()
        assert self.go.wait(10)


def together(writer, *works, **arguments) -> list[Future]:
    """Submits the works as one group."""
    held = Held(writer)
    futures = [writer.submit(work, **arguments) for work in works]
    held.go.set()
    held.future.result(10)
    return futures


def fails(_conn):
    raise NotFound("nothing of that name")


def test_a_future_gives_what_its_work_returned(writer):
    assert writer.submit(lambda conn: conn.scalar(text("SELECT 6 * 7"))).result(10) == 42


def test_when_a_future_is_done_others_see_what_was_written(writer, database):
    writer.submit(note("first")).result(10)
    assert subjects(database) == ["first"]


def test_work_is_done_in_the_order_it_was_submitted(writer, database):
    futures = [writer.submit(note(f"note {number}")) for number in range(300)]
    for future in futures:
        future.result(10)
    assert subjects(database) == [f"note {number}" for number in range(300)]


def test_works_that_came_together_are_one_transaction(writer, commits):
    for future in together(writer, *(note(f"note {number}") for number in range(20))):
        future.result(10)
    assert [works for works, _ in commits] == [1, 20]
    assert all(seconds > 0 for _, seconds in commits)


def test_a_group_has_a_greatest_size(database, commits):
    writer = GroupWriter(database, max_group=8, on_commit=lambda works, _seconds: commits.append(works))
    for future in together(writer, *(note(f"note {number}") for number in range(20))):
        future.result(10)
    writer.close()
    assert commits == [1, 8, 8, 4]


def test_a_work_that_raises_fails_alone_and_leaves_nothing(writer, database):
    def half(conn):
        note("half done")(conn)
        fails(conn)

    first, failed, last = together(writer, note("first"), half, note("last"))
    with pytest.raises(NotFound, match="nothing of that name"):
        failed.result(10)
    first.result(10)
    last.result(10)
    assert subjects(database) == ["first", "last"]


def test_a_group_of_nothing_but_failures_leaves_the_writer_well(writer, database):
    for future in together(writer, fails, fails, fails):
        with pytest.raises(NotFound):
            future.result(10)
    writer.submit(note("after")).result(10)
    assert subjects(database) == ["after"]


def test_a_fault_of_the_database_in_one_work_is_that_works_own(writer, database):
    wrong, right = together(writer, lambda conn: conn.execute(text("SELECT nothing FROM nowhere")), note("right"))
    with pytest.raises(Exception, match="nowhere"):
        wrong.result(10)
    right.result(10)
    assert subjects(database) == ["right"]


class Adding:
    """A batch that answers each number with one more, and remembers how it was called."""

    def __init__(self):
        self.calls = []

    def __call__(self, _conn, numbers):
        self.calls.append(list(numbers))
        if -1 in numbers:
            raise ValueError("minus one")
        return [number + 1 if number else NotFound("no zero") for number in numbers]


def test_items_of_one_batch_that_came_together_are_worked_on_together(writer, database):
    adding, held = Adding(), Held(writer)
    futures = [writer.submit_item(adding, 1), writer.submit(note("between")), writer.submit_item(adding, 2)]
    held.go.set()
    assert [future.result(10) for future in futures] == [2, None, 3]
    assert adding.calls == [[1, 2]]
    assert subjects(database) == ["between"]


def test_an_item_can_fail_alone_without_its_batch(writer):
    adding, held = Adding(), Held(writer)
    futures = [writer.submit_item(adding, number) for number in (1, 0, 2)]
    held.go.set()
    with pytest.raises(NotFound, match="no zero"):
        futures[1].result(10)
    assert [futures[0].result(10), futures[2].result(10)] == [2, 3]


def test_when_a_batch_raises_each_item_is_tried_alone(writer, database):
    adding, held = Adding(), Held(writer)
    futures = [writer.submit_item(adding, number) for number in (1, -1, 2)]
    beside = writer.submit(note("beside"))
    held.go.set()
    with pytest.raises(ValueError, match="minus one"):
        futures[1].result(10)
    assert [futures[0].result(10), futures[2].result(10), beside.result(10)] == [2, 3, None]
    assert subjects(database) == ["beside"]
    assert adding.calls[0] == [1, -1, 2]
    assert all(len(numbers) == 1 for numbers in adding.calls[1:])


def test_a_commit_that_fails_fails_every_work_of_its_group_and_nothing_is_tried_again(writer, database, commits):
    ran = []

    def spoil(conn):
        ran.append("spoil")
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            conn.exec_driver_sql("UPDATE lists SET campaign = 'nobody'")
        else:
            conn.exec_driver_sql("ALTER TABLE lists ALTER CONSTRAINT lists_campaign_fkey DEFERRABLE INITIALLY DEFERRED")
            conn.exec_driver_sql("UPDATE lists SET campaign = 'nobody'")

    writer.submit(
        lambda conn: conn.exec_driver_sql(
            f"INSERT INTO lists (name, policy, created_at, changed_at) VALUES ('a', 'strict', '{NOW}', '{NOW}')"
        )
    ).result(10)
    first, spoiled = together(writer, note("first"), spoil)
    for future in (first, spoiled):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            future.result(10)
    assert ran == ["spoil"]
    assert subjects(database) == []
    assert [works for works, _ in commits] == [1, 1]


def test_a_broken_connection_fails_the_group_and_the_next_group_finds_a_new_one(postgresql_url):
    database = Database(postgresql_url)
    writer = GroupWriter(database)

    def cut(conn):
        other = Database(postgresql_url)
        with other.write() as killer:
            ours = conn.scalar(text("SELECT pg_backend_pid()"))
            killer.execute(text("SELECT pg_terminate_backend(:ours)"), {"ours": ours})
        other.close()
        conn.execute(text("SELECT 1"))

    for future in together(writer, note("first"), cut, note("last")):
        with pytest.raises(Unavailable) as caught:
            future.result(10)
        assert "\n" not in str(caught.value)
    writer.submit(note("after")).result(10)
    writer.close()
    assert subjects(database) == ["after"]
    database.close()


def test_a_cancelled_work_is_not_done(writer, database):
    held = Held(writer)
    cancelled, kept = writer.submit(note("cancelled")), writer.submit(note("kept"))
    assert cancelled.cancel()
    held.go.set()
    kept.result(10)
    assert subjects(database) == ["kept"]


def test_closing_finishes_what_was_submitted(database):
    writer = GroupWriter(database)
    futures = [writer.submit(note(f"note {number}")) for number in range(50)]
    writer.close()
    assert all(future.done() for future in futures)
    assert len(subjects(database)) == 50


def test_a_closed_writer_takes_nothing_more_and_may_be_closed_again(database):
    writer = GroupWriter(database)
    writer.close()
    writer.close()
    with pytest.raises(Unavailable, match="is closed"):
        writer.submit(note("late"))


def test_closing_does_not_wait_for_ever(database):
    writer = GroupWriter(database)
    held = Held(writer)
    with pytest.raises(Unavailable, match=r"did not finish its work within 0\.05 s"):
        writer.close(timeout=0.05)
    held.go.set()
    writer.close()
    held.future.result(0)


def test_a_writer_that_cannot_reach_its_database_says_so_to_each_work():
    database = Database("postgresql://dialerd:hunter2@127.0.0.1:9/dialerd")
    writer = GroupWriter(database)
    with pytest.raises(Unavailable, match="refused") as caught:
        writer.submit(note("first")).result(30)
    assert "hunter2" not in str(caught.value)
    writer.close()
    database.close()


def test_two_processes_that_end_the_same_calls_in_another_order_do_not_block_each_other(world, ready_url):
    world.add_list(phones(40))
    claimed = world.claim(40)
    world.send(*claimed)
    ids = [lead.attempt_id for lead in claimed]
    databases = [Database(ready_url), Database(ready_url)]
    writers = [GroupWriter(database) for database in databases]
    after = NOW + timedelta(seconds=1)

    def ring(attempt_id):
        return lambda conn: attempts.mark_progress(conn, attempt_id, AttemptState.RINGING, after)

    futures = [
        writer.submit(ring(attempt_id), locks=[attempt_id])
        for _ in range(10)
        for writer, order in zip(writers, (ids, ids[::-1]), strict=True)
        for attempt_id in order
    ]
    for future in futures:
        future.result(60)
    for writer, database in zip(writers, databases, strict=True):
        writer.close()
        database.close()
    assert {attempt.state for attempt in world.attempts()} == {AttemptState.RINGING}
