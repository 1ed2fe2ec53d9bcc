"""The connection to Asterisk is reset after each byte of an Originate.

A link needs some seconds from one reset until it can be judged by the next, and an Originate has some 450 bytes. So an engine
has many links here, each with a trunk and a wire of its own. That they all end at one Asterisk none of them notices: its
wire shows it only what that link has sent.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from drill.ami_faults import is_originate
from drill.fault import Fault
from drill.verdict import Terms
from drill.wire import AMI_END, Cut, Rule, Way, Wire, as_it_came
from drill.world import RULES, World

LINKS = 16
# A link that is lost sooner after its start than this waits longer before the next one.
STEADY_SECONDS = 5.2
# Those whose Originate is cut are never called again.
USED_UP = 520
ALL_SECONDS = 900.0
# For what a cut costs: who has not heard what became of a call has it count for two seconds.
QUICK_PACE = 24
_IDS = re.compile(rb"(?m)^(?:ActionID|Uniqueid|DestUniqueid): ([0-9a-f-]{36})\r$")


class Turns:
    """Which byte is the next one's, for all wires. `size` is how long an Originate is, 0 before the first."""

    def __init__(self) -> None:
        self.size = self.count = 0
        self.recoveries: list[float] = []
        self._lock = threading.Lock()

    def next(self, message: bytes) -> int | None:
        """After how many bytes of this message its connection ends; None when there was a cut after each of them."""
        with self._lock:
            if self.through:
                return None
            self.size = max(self.size, len(message))
            self.count += 1
            return self.count

    @property
    def through(self) -> bool:
        """Whether there was a cut after each byte."""
        return 0 < self.size <= self.count


class Torn:
    """The rule of one wire. Cuts an Originate as soon as the link is steady; passes back only what its own calls did."""

    def __init__(self, turns: Turns, steady: float = STEADY_SECONDS) -> None:
        """`steady` is in seconds."""
        self._turns = turns
        self._steady = steady
        self._mine: set[bytes] = set()
        self._since = float("inf")
        self._cut_at: float | None = None

    def __call__(self, way: Way, message: bytes) -> Iterator[bytes]:
        now = time.monotonic()
        if way is Way.TO_CLIENT:
            if self._concerns(message):
                yield message
            return
        if message.startswith(b"Action: Login"):
            self._since = now
        if not is_originate(way, message):
            yield message
            return
        self._mine.update(_IDS.findall(message))
        if self._cut_at is not None:
            self._turns.recoveries.append(now - self._cut_at)
            self._cut_at = None
        count = self._turns.next(message) if now - self._since > self._steady else None
        if count is None:
            yield message
            return
        self._since, self._cut_at = float("inf"), now
        yield message[:count]
        raise Cut

    @property
    def back(self) -> bool:
        """Whether calls went over it since it was cut."""
        return self._cut_at is None

    def _concerns(self, message: bytes) -> bool:
        if not message.startswith(b"Event: ") or b"CoreShowChannel" in message:
            return True
        ids = _IDS.findall(message)
        return not ids or not self._mine.isdisjoint(ids)


def reset_after_each_byte(world: World) -> None:
    """Of an Originate, over many links at once; every one of them dials on."""
    turns = Turns()
    rules = [Torn(turns) for _ in range(LINKS)]
    with world.breaking():
        with_links(world, rules)
        world.wait(lambda: turns.through, "a cut after each byte", ALL_SECONDS)
        world.wait(lambda: all(rule.back for rule in rules), "each link dials on")
    world.recoveries += turns.recoveries


def with_links(world: World, rules: Sequence[Rule]) -> None:
    """The engine has a link for each of these rules, and dials over all of them."""
    carrier, asterisk = world.settings["trunks"]["carrier"], world.settings["asterisk"]
    names = []
    for number, rule in enumerate(rules):
        wire = Wire(world.lab.ports.ami, AMI_END)
        wire.rule = rule
        world.more_wires.append(wire)
        names.append(f"link{number:02d}")
        world.settings.setdefault("asterisks", {})[names[-1]] = {**asterisk, "port": wire.port}
        world.settings["trunks"][names[-1]] = {**carrier, "asterisk": names[-1]}
    # Until its last call has ended it hears of all of them.
    leave(world)
    # The link of the other campaign would be one more witness.
    world.ami_wire.rule = Torn(Turns())
    write(world, trunks=names, calls_per_second=QUICK_PACE)
    world.top_up(0, USED_UP)


def with_one_link(world: World) -> None:
    """As it was."""
    leave(world)
    world.ami_wire.rule = as_it_came
    for name in world.settings.pop("asterisks", {}):
        del world.settings["trunks"][name]
    write(world)
    while world.more_wires:
        world.more_wires.pop().close()


def leave(world: World) -> None:
    """The engine ends, after its calls."""
    if world.engine.running:
        world.engine.signal(signal.SIGTERM)
        world.engine.exit_code()


def write(world: World, **rules: Any) -> None:
    """Both daemons begin again with the settings as they are and these rules of the campaign."""
    world.write_settings()
    world.write_campaign(**{**RULES, **rules})
    world.restart(world.agi, "serving")
    world.restart(world.engine, "asterisk_connected")


FAULTS = [
    Fault(
        "ami_reset_after_each_byte_of_an_originate",
        reset_after_each_byte,
        terms=Terms(QUICK_PACE, unknown=False, unmade=True),
        tidy=with_one_link,
    )
]
