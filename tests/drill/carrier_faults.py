"""The carrier refuses everything, says nothing, hangs up at once, or answers just as the call is given up."""

from __future__ import annotations

import signal
from functools import partial

from dialerd.domain.dispositions import Disposition
from dialerd.lab.fates import Fate
from drill.fault import Fault
from drill.verdict import Terms
from drill.world import PACE, RULES, World

BAD_SECONDS = 6.0
# What a trunk says to every number is held against the trunk, not against the numbers.
_OF_THE_TRUNK = dict.fromkeys(Fate, (Disposition.CONGESTION, Disposition.FAILED))


def all_calls(world: World, fate: Fate) -> None:
    """The carrier does this to every call for some seconds."""
    with world.breaking():
        world.lab.force_fate(fate)
        world.last_for(BAD_SECONDS)
        world.lab.force_fate(None)
        # A trunk that was stopped for its credentials is tried again when somebody has seen to them.
        world.engine.signal(signal.SIGHUP)


def set_late(world: World, seconds: float) -> None:
    """How long it rings before a late answer."""
    world.lab.carrier.rx(f"dialplan set global LATE {seconds:.3f}")


def answers_as_it_is_cancelled(world: World) -> None:
    """The 200 OK and the CANCEL cross on the wire: around the ring timeout, to the millisecond."""
    rings = float(str(RULES["ring_timeout"]).removesuffix("s"))
    with world.breaking():
        world.lab.force_fate(Fate.LATE_ANSWER)
        for early in (0.000, 0.004, 0.008, 0.016, 0.030):
            set_late(world, rings - early)
            world.more_calls(PACE)
        world.lab.force_fate(None)


def as_it_was(world: World) -> None:
    """The carrier looks at numbers again."""
    world.lab.force_fate(None)
    set_late(world, world.late)


def _fault(name: str, fate: Fate) -> Fault:
    terms = Terms(PACE, unknown=False, also=_OF_THE_TRUNK)
    return Fault(name, partial(all_calls, fate=fate), terms=terms, tidy=as_it_was)


FAULTS = [
    _fault("carrier_503_to_all", Fate.CONGESTION),
    _fault("carrier_401_to_all", Fate.UNAUTHORIZED),
    _fault("carrier_302_to_all", Fate.REDIRECT),
    _fault("carrier_never_answers", Fate.SILENT),
    _fault("carrier_answers_and_hangs_up", Fate.ANSWER_HANGUP),
    Fault(
        "carrier_answers_as_it_is_cancelled",
        answers_as_it_is_cancelled,
        terms=Terms(PACE, unknown=False),
        tidy=as_it_was,
    ),
]
