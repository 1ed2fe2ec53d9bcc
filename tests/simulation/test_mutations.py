"""The simulation can fail: with a deliberate fault in the product, some world goes wrong soon."""

from __future__ import annotations

import pytest

from simulation.mutations import MUTATIONS, STRESS, mutated
from simulation.run import first_failure

SOON = 3000


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_deliberate_fault_shows(name):
    with mutated(name):
        failure = first_failure(range(SOON), stress=STRESS.get(name, ()))

    assert failure is not None, f"{SOON} worlds went well although {name}"
    assert not isinstance(failure.error, NotImplementedError)
