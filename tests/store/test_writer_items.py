"""Work of the same kind that waits for the same commit is done by one call, and one item's fault is its own."""

import threading

import pytest

from dialerd.domain.errors import NotFound
from dialerd.store import audit
from dialerd.store.writer import GroupWriter
from harness.world import NOW


class Notes:
    """A batch that notes its items, and keeps what it was called with. An item that says `none` is not found."""

    def __init__(self, *, worst=None):
        self.calls, self.worst = [], worst

    def __call__(self, conn, items):
        self.calls.append(list(items))
        for item in items:
            audit.add(conn, at=NOW, actor="tests", action="note", subject=item)
            if item == self.worst:
                raise OSError(item)
        return [NotFound(item) if item == "none" else item.upper() for item in items]


@pytest.fixture
def writer(database):
    writer = GroupWriter(database)
    yield writer
    writer.close()


def subjects(database):
    with database.read() as conn:
        return [entry.subject for entry in audit.page(conn, limit=1000)][::-1]


def together(writer, submit):
    """What `submit` submits, as one group."""
    running, go = threading.Event(), threading.Event()

    def hold(_conn):
        running.set()
        assert go.wait(10)

    held = writer.submit(hold)
    assert running.wait(10)
    futures = submit()
    go.set()
    held.result(10)
    return futures


def test_items_of_a_group_are_one_call_and_each_future_has_its_own_result(writer):
    notes = Notes()
    futures = together(writer, lambda: [writer.submit_item(notes, item) for item in "abc"])
    assert [future.result(10) for future in futures] == ["A", "B", "C"]
    assert notes.calls == [["a", "b", "c"]]


def test_items_are_done_where_the_first_of_them_stood(writer, database):
    notes, others = Notes(), Notes()
    futures = together(
        writer,
        lambda: [
            writer.submit_item(notes, "first"),
            writer.submit_item(others, "other"),
            writer.submit(lambda conn: audit.add(conn, at=NOW, actor="tests", action="note", subject="work")),
            writer.submit_item(notes, "second"),
        ],
    )
    for future in futures:
        future.result(10)
    assert subjects(database) == ["first", "second", "other", "work"]


def test_an_exception_in_the_place_of_a_result_is_that_items_alone(writer, database):
    notes = Notes()
    good, bad = together(writer, lambda: [writer.submit_item(notes, item) for item in ("good", "none")])
    assert good.result(10) == "GOOD"
    with pytest.raises(NotFound, match="none"):
        bad.result(10)
    assert subjects(database) == ["good", "none"]


def test_a_batch_that_raises_is_tried_again_with_each_item_alone(writer, database):
    notes = Notes(worst="b")
    futures = together(writer, lambda: [writer.submit_item(notes, item) for item in "abc"])
    assert (futures[0].result(10), futures[2].result(10)) == ("A", "C")
    with pytest.raises(OSError, match="b"):
        futures[1].result(10)
    assert subjects(database) == ["a", "c"]
