"""Several FastAGI processes behind one port: one of them dies, all of them die, one stands still."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dialerd.service.here import here
from dialerd.settings.model import Paths
from drill.agi_faults import AWAY_SECONDS, slow_word
from drill.fault import Fault
from drill.verdict import Terms
from drill.world import PACE, World

PROCESSES = 3


def pids(world: World) -> list[int]:
    """The processes that take calls, by their places."""
    return [process.pid for process in here(Paths(state_dir=world.folder)).processes]


@contextmanager
def crew(world: World) -> Iterator[None]:
    """FastAGI is several processes, each of them in the middle of scripts at any time, and something breaks."""
    world.settings["agi"]["processes"] = PROCESSES
    world.write_settings()
    with world.breaking():
        world.restart(world.agi, "serving")
        with world.agi_wire.ruled_by(slow_word):
            routed(world, 2 * PROCESSES)
            yield
        routed(world, 2 * PROCESSES)


def routed(world: World, count: int) -> None:
    """So many more calls find their way."""
    # Who is answered is not called again: there have to be others.
    world.top_up(2 * count, 0)
    before = len(world.agi.entries("routed"))
    world.wait(lambda: len(world.agi.entries("routed")) >= before + count, f"{count} more calls are routed")


def one_killed(world: World) -> None:
    """One after the other; the place of each is taken at once."""
    with crew(world):
        for place in range(PROCESSES):
            struck = pids(world)[place]
            os.kill(struck, signal.SIGKILL)
            world.wait(lambda struck=struck, place=place: struck != pids(world)[place], "its place is taken")
            routed(world, 1)


def all_killed(world: World) -> None:
    """The parent and all of them at once, and it begins again."""
    with crew(world):
        found = pids(world)
        world.agi.kill()
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        world.start_agi()


def one_frozen(world: World) -> None:
    """One stands still in the middle of its scripts; the others go on."""
    with crew(world):
        struck = pids(world)[0]
        os.kill(struck, signal.SIGSTOP)
        try:
            routed(world, PROCESSES)
            world.last_for(AWAY_SECONDS)
        finally:
            os.kill(struck, signal.SIGCONT)


def alone_again(world: World) -> None:
    """One process, as it was."""
    world.settings["agi"].pop("processes", None)
    world.write_settings()
    world.restart(world.agi, "serving")


FAULTS = [
    Fault(f"fastagi_of_several_{name}", play, terms=Terms(PACE, unknown=False), tidy=alone_again)
    for name, play in (("one_killed", one_killed), ("all_killed", all_killed), ("one_frozen", one_frozen))
]
