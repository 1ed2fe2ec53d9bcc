"""Some of the drills that `make faults` runs at length: broken for moments, and judged by the carrier's log as there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drill.catalogue import FAULTS
from drill.fault import drill
from drill.world import World
from harness.fixtures import QUICK

HURRY = 6.0


@pytest.fixture(scope="module")
def world(lab, tmp_path_factory) -> Iterator[World]:
    """One dialer for all of them, on SQLite."""
    folder = tmp_path_factory.mktemp("drills")
    world = World(lab, folder, f"sqlite:///{folder}/dialerd.db", late=QUICK.late, hurry=HURRY)
    try:
        world.build()
        yield world
    finally:
        world.close()


@pytest.mark.parametrize(
    "name",
    [
        "ami_events_reordered",
        "carrier_answers_as_it_is_cancelled",
        "fastagi_1000_connections_without_a_word",
        "fastagi_killed_in_mid_script",
        "sqlite_disk_full",
    ],
)
def test_nobody_is_dialed_twice_no_end_is_lost_and_it_dials_on_after(world, name):
    found = drill(world, FAULTS[name], cycles=1)
    assert found.good, f"{found}\n{world.story()}"
