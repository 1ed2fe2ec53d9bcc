"""The connection to Asterisk: cut, silent, slow, split; events lost, late, doubled, in another order; a wrong password."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from drill.fault import Fault
from drill.verdict import Terms
from drill.wire import Rule, Way
from drill.world import PACE, World

ORIGINATE = b"Action: Originate"
SLOW_BYTES = 1024
MISSING_SHARE = 0.2
NO_UNKNOWN = Terms(PACE, unknown=False)
NO_ANSWER = "Asterisk does not answer"
BAD_SECONDS = 6.0
WRONG = "wrong-on-purpose"


def is_originate(way: Way, message: bytes) -> bool:
    """An Originate on its way to Asterisk."""
    return way is Way.TO_SERVER and ORIGINATE in message


class SwallowAnswer:
    """Asterisk's answer to one Originate does not arrive."""

    def __init__(self) -> None:
        self.done = False

    def __call__(self, way: Way, message: bytes) -> Iterator[bytes]:
        if self.done or way is Way.TO_SERVER or b"Message: Originate successfully queued" not in message:
            yield message
        else:
            self.done = True


def silent(way: Way, message: bytes) -> Iterator[bytes]:
    """Asterisk takes everything and says nothing."""
    if way is Way.TO_SERVER:
        yield message


def slow(_way: Way, message: bytes) -> Iterator[bytes | float]:
    """A kilobyte a second."""
    for at in range(0, len(message), SLOW_BYTES // 8):
        yield message[at : at + SLOW_BYTES // 8]
        yield 1 / 8


def split(_way: Way, message: bytes) -> Iterator[bytes]:
    """Each byte in a packet of its own."""
    yield from (message[at : at + 1] for at in range(len(message)))


def _is_event(way: Way, message: bytes) -> bool:
    return way is Way.TO_CLIENT and message.startswith(b"Event: ") and b"CoreShowChannel" not in message


def doubled(way: Way, message: bytes) -> Iterator[bytes]:
    """Each event comes twice."""
    yield message
    if _is_event(way, message):
        yield message


class Reordered:
    """Each second event comes before the one it followed."""

    def __init__(self) -> None:
        self.held = b""

    def __call__(self, way: Way, message: bytes) -> Iterator[bytes]:
        if not _is_event(way, message):
            yield message
        elif self.held:
            held, self.held = self.held, b""
            yield message
            yield held
        else:
            self.held = message


def delayed(way: Way, message: bytes) -> Iterator[bytes | float]:
    """Each event is late, and all behind it."""
    if _is_event(way, message):
        yield 0.02
    yield message


class Missing:
    """Some of the events never come."""

    def __init__(self) -> None:
        self.random = random.Random(5)

    def __call__(self, way: Way, message: bytes) -> Iterator[bytes]:
        if not _is_event(way, message) or self.random.random() > MISSING_SHARE:
            yield message


def answer_swallowed(world: World) -> None:
    """Of one Originate."""
    rule = SwallowAnswer()
    with world.breaking(), world.ami_wire.ruled_by(rule):
        world.wait(lambda: rule.done, "an answer")
        world.wait(lambda: world.reason() == NO_ANSWER, "the status says so")


def under(rule: type | Rule, seconds: float = BAD_SECONDS):
    """A fault that is a bad wire for some seconds."""

    def play(world: World) -> None:
        with world.breaking(), world.ami_wire.ruled_by(rule() if isinstance(rule, type) else rule):
            world.last_for(seconds)

    return play


def wrong_password(world: World) -> None:
    """Asterisk takes the secret no more. The engine ends, as a wrong configuration has it end, and is started again."""
    conf = world.lab.asterisk.home / "etc" / "manager.conf"
    right = conf.read_text()
    with world.breaking():
        conf.write_text(re.sub(r"(?m)^secret = .*$", f"secret = {WRONG}", right))
        try:
            world.lab.asterisk_rx("manager reload")
            world.ami_wire.cut()
            world.engine.exit_code()
        finally:
            conf.write_text(right)
            world.lab.asterisk_rx("manager reload")
        world.engine.start()


FAULTS = [
    Fault("ami_answer_swallowed", answer_swallowed, cycles=2),
    Fault("ami_silent", under(silent, 12.0)),
    Fault("ami_slow", under(slow, 15.0)),
    Fault("ami_split_at_every_byte", under(split), terms=NO_UNKNOWN),
    Fault("ami_events_doubled", under(doubled), terms=NO_UNKNOWN),
    Fault("ami_events_reordered", under(Reordered)),
    Fault("ami_events_delayed", under(delayed), terms=NO_UNKNOWN),
    Fault("ami_events_missing", under(Missing, 12.0)),
    Fault("ami_wrong_password", wrong_password),
]
