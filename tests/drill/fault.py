"""What a fault is, and how one is drilled: break, mend, wait until it dials again, wait until it is quiet, judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drill.verdict import Figures, Terms
from drill.world import PACE, World

BEFORE_EACH = 10
AFTER_ALL = 24
BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Fault:
    """`play` breaks something and mends it, one cycle of `cycles`, in a world that dials; what it breaks it marks by
    `World.breaking`. `tidy` is done when all is judged, however that ended.
    """

    name: str
    play: Callable[[World], None]
    cycles: int = 1
    databases: tuple[str, ...] = BOTH
    terms: Terms = field(default_factory=lambda: Terms(PACE))
    tidy: Callable[[World], None] = lambda _world: None


def drill(world: World, fault: Fault, cycles: int | None = None) -> Figures:
    """The figures of the fault; what went against all expectation is in `faults`."""
    wanted, done = cycles or fault.cycles, 0
    try:
        world.begin()
        for done in range(1, wanted + 1):
            # Calls of each kind are up.
            world.more_calls(BEFORE_EACH)
            fault.play(world)
            world.recovered()
            if done < wanted:
                world.top_up(12, 4)
        # How it begins again is judged as well.
        world.more_calls(AFTER_ALL)
        world.quiet()
        found = world.judged(fault.terms, done, max(world.recoveries))
    except AssertionError as error:
        found = replace(_after_all(world, fault, done), faults=(str(error).splitlines()[0],))
    finally:
        fault.tidy(world)
    return found


def _after_all(world: World, fault: Fault, done: int) -> Figures:
    """It did not dial on, or was never quiet: what can be said of it all the same."""
    try:
        fault.tidy(world)
        world.ensure_up()
        world.quiet()
        return world.judged(fault.terms, done, None)
    except AssertionError as error:
        return Figures(done, len(world.calls()), faults=(str(error),))
