"""No transaction of an import keeps others from writing: its size follows from how long the last ones took."""

import pytest

from dialerd.store.steps import FIRST, LEAST, MOST, SQLITE_SECONDS, adapted

PROMISED = 0.05


def settled(cost, fixed=0.0, size=FIRST):
    """The size after some steps on a database that takes `cost` seconds for a row and `fixed` for a transaction."""
    for _ in range(30):
        size = adapted(size, fixed + cost * size, SQLITE_SECONDS)
    return size


@pytest.mark.parametrize("cost", [5e-6, 2e-5, 1e-4, 1.4e-4])
def test_a_step_grows_until_it_takes_its_time_and_no_further(cost):
    assert settled(cost) * cost == pytest.approx(SQLITE_SECONDS, rel=0.1)


def test_a_slow_disk_makes_steps_small_but_never_too_small_to_get_on():
    assert settled(1e-4, fixed=0.1) == LEAST
    assert settled(1e-9) == MOST


def test_one_slow_step_makes_the_next_one_small_at_once():
    assert adapted(1000, 0.1, SQLITE_SECONDS) == 1000 * SQLITE_SECONDS / 0.1


def test_the_transactions_of_an_import_compute_for_less_than_is_promised(desk):
    desk.create()
    taken = []
    desk.load([(f"+1202{2_000_000 + n:07d}", "x" * 200) for n in range(20_000)], watch=lambda *step: taken.append(step))
    # By the processor's time: what a busy machine adds is not the import's doing.
    computed = sorted(seconds for _, _, seconds in taken)
    assert len(computed) > 3
    assert computed[int(len(computed) * 0.95)] < PROMISED


def test_others_write_while_an_import_runs(desk):
    desk.create()
    desk.create("other")
    waited = []

    def progress(at):
        with desk.database.write() as conn:
            waited.append(
                conn.exec_driver_sql("UPDATE lists SET description = 'written' WHERE name = 'other'").rowcount
            )

    desk.load([(f"+1202{2_000_000 + n:07d}", "x") for n in range(2000)], progress=progress)
    assert len(waited) > 2
    assert set(waited) == {1}
