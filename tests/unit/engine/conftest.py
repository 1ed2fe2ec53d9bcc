"""Fixtures: parts of the engine with a database of each kind, and a manager that misbehaves."""

import pytest

from dialerd.store.writer import GroupWriter
from harness.ami_play import fake_ami, play
from harness.parts import Parts

__all__ = ["fake_ami", "parts", "play"]


@pytest.fixture
def parts(world):
    writer = GroupWriter(world.database)
    yield Parts(world, writer)
    writer.close()
