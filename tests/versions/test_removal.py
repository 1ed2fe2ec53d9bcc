"""What stays in the database of a list that is deleted: nothing of it, and everything of others."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from dialerd.service import imports, list_life

A, B = "+12025550100", "+12025550101"


def files(desk):
    """How many files are kept, and in how many parts."""
    with desk.database.read() as conn:
        return tuple(conn.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("originals", "original_parts"))


def delete(desk, name="june", *, after):
    """Deletes the list when so much time has passed."""
    words = {"actor": "the tests", "clock": lambda: desk.clock() + after}
    return list_life.delete(desk.database, name, repeated=name, **words)


@pytest.fixture
def june(desk):
    desk.create()
    path = desk.folder / "june.csv"
    path.write_text("phone_number,note\n" + "".join(f"{n},{'x' * 1000}\n" for n in (A, B)) + "12,bad\n" * 1500)
    desk.load(path)
    return desk


def test_the_files_of_a_list_go_with_it(june):
    assert files(june)[0] == 1
    assert delete(june, after=timedelta(minutes=10)).leads == 2
    assert files(june) == (0, 0)


def test_a_file_that_another_list_has_too_stays(june):
    june.create("july")
    june.load(june.folder / "june.csv", name="july")
    before = files(june)
    delete(june, after=timedelta(minutes=10))
    assert files(june) == before
    delete(june, "july", after=timedelta(minutes=10))
    assert files(june) == (0, 0)


def test_a_file_that_may_be_on_its_way_into_another_list_is_left_to_whoever_looks_next(june):
    before = files(june)
    delete(june, after=timedelta())
    assert files(june) == before
    imports.recover(june.database, clock=lambda: june.clock() + timedelta(hours=2))
    assert files(june) == (0, 0)
