"""Twenty thousand worlds, each with faults of its own, in which nothing happens that must not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.run import first_failure

CHUNKS = 40
SEEDS = int(os.environ.get("DIALERD_SIM_SEEDS", "20000"))
FIRST = int(os.environ.get("DIALERD_SIM_FIRST", "0"))
EACH = -(-SEEDS // CHUNKS)
TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.timeout(120 + EACH // 5)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_in_no_world_is_anybody_called_twice_or_an_outcome_lost(chunk):
    first = FIRST + chunk * EACH

    failure = first_failure(range(first, first + EACH))

    assert failure is None, str(failure)


def test_a_seed_is_the_same_world_in_every_process():
    def play(hash_seed):
        environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "simulation", "11"]
        return subprocess.run(command, env=environment, cwd=TESTS.parent, capture_output=True, text=True, check=True)

    one, other = play("1"), play("2")

    assert one.stdout == other.stdout
    assert "carrier: INVITE" in one.stdout
