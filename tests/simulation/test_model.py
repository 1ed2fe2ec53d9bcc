"""The modelled database answers as a real one does: each statement is asked of both, in worlds with faults."""

from __future__ import annotations

import pytest

from simulation.run import silence
from simulation.twin import Twin
from simulation.world import World


@pytest.mark.parametrize("first", range(0, 24, 6))
def test_the_model_answers_every_statement_as_sqlite_does(tmp_path, first):
    asked = 0
    for seed in range(first, first + 6):
        world = World(seed)
        twin = world.database = Twin(world, tmp_path / f"{seed}.db")
        try:
            with silence():
                world.run()
        finally:
            twin.close()
        asked += twin.answers

    assert asked > 300
