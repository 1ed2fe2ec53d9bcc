"""A minute in which nothing is to be sent: a call that something left behind, and that comes late, would come then."""

from __future__ import annotations

from dialerd.domain.lifecycle import CampaignAction
from drill.fault import Fault
from drill.verdict import Terms
from drill.world import PACE, World

QUIET_SECONDS = 60.0


def a_minute(world: World) -> None:
    """The campaign is paused, every call has ended, and no other one comes."""
    world.quiet()
    world.last_for(QUIET_SECONDS)
    world.require_still()
    with world.breaking():
        world.act(CampaignAction.RESUME)


FAULTS = [
    Fault(name, a_minute, terms=Terms(PACE, unknown=False))
    for name in ("quiet_after_random_kills", "quiet_after_all_others")
]
