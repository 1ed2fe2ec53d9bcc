"""The FastAGI server: away, killed in the middle of a script, silent, slow, and crowded by who says nothing."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

from drill.fault import Fault
from drill.verdict import RECOVERY_SECONDS, Terms
from drill.wire import Way
from drill.world import PACE, World

NO_UNKNOWN = Terms(PACE, unknown=False)
CROWD = 1000
AWAY_SECONDS = 5.0
CROWD_SECONDS = 6.0
WORD_SECONDS = 0.1


def away(world: World) -> None:
    """Killed, and not there for a while."""
    with world.breaking():
        world.agi.kill()
        world.last_for(AWAY_SECONDS)
        world.start_agi()


def killed_in_mid_script(world: World) -> None:
    """Killed when it has asked its first question of a call, and its answer comes."""
    asked, killed = threading.Event(), threading.Event()

    def rule(way: Way, message: bytes) -> Iterator[bytes]:
        if way is Way.TO_CLIENT and not killed.is_set():
            asked.set()
            killed.wait(RECOVERY_SECONDS)
        yield message

    with world.breaking():
        with world.agi_wire.ruled_by(rule):
            assert asked.wait(RECOVERY_SECONDS), "no script asked anything"
            world.agi.kill()
            killed.set()
        world.start_agi()


def silent(world: World) -> None:
    """It takes connections and says nothing, for longer than a route may take."""
    with world.breaking():
        world.agi.signal(signal.SIGSTOP)
        try:
            world.last_for(AWAY_SECONDS)
        finally:
            world.agi.signal(signal.SIGCONT)


def slow_word(way: Way, message: bytes) -> Iterator[bytes | float]:
    """Each word of the server takes a tenth of a second."""
    if way is Way.TO_CLIENT:
        yield WORD_SECONDS
    yield message


def slow(world: World) -> None:
    """For some seconds."""
    with world.breaking(), world.agi_wire.ruled_by(slow_word):
        world.last_for(AWAY_SECONDS)


def crowded(world: World) -> None:
    """A thousand connections that send nothing, and the calls have to get through."""
    port = world.settings["agi"]["port"]
    with world.breaking(), ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=RECOVERY_SECONDS))
        # Who is answered is not called again: there have to be others.
        world.top_up(20, 0)
        before = len(world.agi.entries("routed"))
        world.last_for(CROWD_SECONDS)
        world.wait(lambda: len(world.agi.entries("routed")) > before, "a call is routed beside the crowd")


FAULTS = [
    Fault("fastagi_away", away, terms=NO_UNKNOWN),
    Fault("fastagi_killed_in_mid_script", killed_in_mid_script, cycles=3, terms=NO_UNKNOWN),
    Fault("fastagi_silent", silent, terms=NO_UNKNOWN),
    Fault("fastagi_slow", slow, terms=NO_UNKNOWN),
    Fault("fastagi_1000_connections_without_a_word", crowded, terms=NO_UNKNOWN),
]
