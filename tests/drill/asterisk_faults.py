"""Asterisk dies, restarts, stops or freezes with calls up."""

from __future__ import annotations

import signal
from functools import partial

from drill.fault import Fault
from drill.verdict import Terms
from drill.world import PACE, World

BOOT_SECONDS = 60.0


def killed(world: World) -> None:
    """kill -9."""
    with world.breaking():
        world.lab.asterisk.kill()
        world.lab.restart_asterisk()


def restart_now(world: World) -> None:
    """`core restart now`."""
    with world.breaking():
        world.engine.look_from_here()
        world.lab.asterisk_rx("core restart now")
        world.engine.wait_for("asterisk_lost")

        def back() -> bool:
            return world.lab.asterisk.exited or bool(world.engine.entries("asterisk_connected"))

        # One that was unpacked into a folder does not find its libraries when it starts itself again, and ends a little later.
        world.wait(back, "Asterisk ended or came back", BOOT_SECONDS)
        if world.lab.asterisk.exited:
            world.lab.restart_asterisk()


def stop_gracefully(world: World) -> None:
    """`core stop gracefully`: calls that are up go on, then it ends and is started again."""
    with world.breaking():
        world.lab.asterisk_rx("core stop gracefully")
        world.wait(lambda: world.lab.asterisk.exited, "Asterisk ended", BOOT_SECONDS)
        world.lab.restart_asterisk()


def frozen(world: World, seconds: float) -> None:
    """It stands still with Originates in flight."""
    # The moment after a call was sent: others are on their way.
    world.more_calls(1)
    with world.breaking():
        world.lab.asterisk.signal(signal.SIGSTOP)
        try:
            world.last_for(seconds)
        finally:
            world.lab.asterisk.signal(signal.SIGCONT)


FAULTS = [
    Fault("asterisk_killed", killed, cycles=2),
    Fault("asterisk_core_restart_now", restart_now),
    Fault("asterisk_core_stop_gracefully", stop_gracefully),
    *(
        Fault(f"asterisk_frozen_{seconds}", partial(frozen, seconds=seconds), terms=Terms(PACE, deaf=True))
        for seconds in (2, 5, 20, 60)
    ),
]
