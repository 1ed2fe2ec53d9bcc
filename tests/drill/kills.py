"""kill -9 of the engine, FastAGI, Asterisk and PostgreSQL, at random, one or several of them at once."""

from __future__ import annotations

import random
from collections.abc import Callable

from drill.fault import Fault
from drill.world import World

CYCLES = 152
# How many of them die together: mostly one.
TOGETHER = (1, 1, 1, 2, 2, 3, 4)
_random = random.Random(20_261_125)


def kill_some(world: World) -> None:
    """A random choice dies at a random moment, and all are started again in a random order."""
    ends: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "engine": (world.engine.kill, world.engine.start),
        "fastagi": (world.agi.kill, world.start_agi),
        "asterisk": (world.lab.asterisk.kill, world.lab.restart_asterisk),
    }
    if world.cluster is not None:
        ends["postgresql"] = (world.cluster.stop, world.cluster.start)
    world.more_calls(_random.randint(1, 6))
    chosen = _random.sample(sorted(ends), min(_random.choice(TOGETHER), len(ends)))
    with world.breaking():
        for name in chosen:
            ends[name][0]()
        # The daemons cannot start without the database, nor does an admin start them before it.
        _random.shuffle(chosen)
        for name in sorted(chosen, key=lambda name: name != "postgresql"):
            ends[name][1]()
        # Who was killed by the death of another, or could not start yet, is started as the service manager would.
        for program, start in ((world.agi, world.start_agi), (world.engine, world.engine.start)):
            if not program.running:
                start()


FAULTS = [Fault("random_kills", kill_some, cycles=CYCLES)]
