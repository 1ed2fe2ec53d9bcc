"""The wall clock is set, and summer time begins and ends while it dials."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

from dialerd.domain.lifecycle import CampaignAction
from drill.fault import Fault
from drill.hours import ALWAYS, Opening
from drill.verdict import Terms
from drill.world import PACE, RULES, World
from harness.rig import CAMPAIGN

TWO_HOURS = 7200.0
NO_UNKNOWN = Terms(PACE, unknown=False)
NEW_YORK = "America/New_York"
# Open until the clocks are set forward from 2 to 3, closed for a minute, open again.
SPRING = Opening(["daily 00:30-02:00", "daily 03:01-04:00"], NEW_YORK)
SPRING_EDGE = datetime(2028, 3, 12, 7, 0, tzinfo=UTC)
# The hour from 1 to 2 comes twice. It is closed in the first half of it, both times.
AUTUMN = Opening(["daily 00:30-01:00", "daily 01:01-02:00"], NEW_YORK)
AUTUMN_EDGE = datetime(2028, 11, 5, 6, 0, tzinfo=UTC)
LONG_BEFORE_SECONDS = 600.0
BEFORE_SECONDS = 6.0


def restart(world: World, *, settable: bool) -> None:
    """Both daemons, with a clock that can be set or a true one."""
    environment = world.clock_environment if settable else None
    world.restart(world.agi, "serving", environment)
    world.restart(world.engine, "asterisk_connected", environment)


def forward_and_back(world: World) -> None:
    """Two hours forward, and back again, while it dials."""
    restart(world, settable=True)
    with world.breaking():
        world.more_calls(PACE)
        world.set_clock(TWO_HOURS)
        world.more_calls(3 * PACE)
        world.set_clock(0.0)
        # Who was called in between is due in two hours; there have to be others.
        world.top_up(60)
        world.more_calls(3 * PACE)


def over_the_edge(world: World, opening: Opening, edge: datetime) -> None:
    """The clock goes on over the instant at which clocks are set; a minute later it is open again."""
    world.quiet()
    world.openings[CAMPAIGN] = opening
    world.write_campaign(**{**RULES, "schedule": opening.schedule()})
    world.set_clock(edge.timestamp() - LONG_BEFORE_SECONDS - time.time())
    restart(world, settable=True)
    # What went before was judged by other hours.
    world.began = time.time()
    world.act(CampaignAction.RESUME)
    with world.breaking():
        world.more_calls(PACE)
        world.set_clock(edge.timestamp() - BEFORE_SECONDS - time.time())
        world.more_calls(PACE // 4)
        world.wait(lambda: "hours" in world.reason(), "it is closed")
        closed_at = len(world.calls())
        # Half of the minute is enough to see that nothing is sent.
        world.set_clock(edge.timestamp() + 50.0 - time.time())
        world.more_calls(PACE, 60.0)
        assert len(world.calls()) > closed_at


def true_again(world: World) -> None:
    """A true clock, and hours without an end."""
    world.set_clock(0.0)
    world.openings[CAMPAIGN] = ALWAYS
    world.write_campaign(**RULES)
    if world.engine.running:
        restart(world, settable=False)


FAULTS = [
    Fault("clock_two_hours_forward_and_back", forward_and_back, terms=NO_UNKNOWN, tidy=true_again),
    Fault(
        "summer_time_begins",
        partial(over_the_edge, opening=SPRING, edge=SPRING_EDGE),
        terms=NO_UNKNOWN,
        tidy=true_again,
    ),
    Fault(
        "summer_time_ends", partial(over_the_edge, opening=AUTUMN, edge=AUTUMN_EDGE), terms=NO_UNKNOWN, tidy=true_again
    ),
]
