"""A lab, a database and a world on them, for as long as a with statement lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.lab import start_lab
from dialerd.lab.postgres import private_postgres
from drill.world import World

TIMES = CarrierTimes(ring=0.2, talk=0.5, late=2.0, early=0.2, speak=False)


@contextmanager
def staged(database: str, folder: Path) -> Iterator[World]:
    """A world that dials, on a new `database`: sqlite or postgresql."""
    with ExitStack() as stack:
        lab = stack.enter_context(start_lab(folder / "lab", times=TIMES))
        home = folder / "dialerd"
        home.mkdir()
        cluster, url = None, f"sqlite:///{home}/dialerd.db"
        if database == "postgresql":
            cluster = stack.enter_context(private_postgres())
            cluster.create("dialerd")
            url = cluster.url("dialerd")
        world = World(lab, home, url, cluster)
        stack.callback(world.close)
        world.build()
        yield world
