"""What becomes of the attempts of an engine that stopped: this node's earlier lives, and other nodes that fell silent.

Claims, of which nothing was sent, are given back by whoever notices. What may have been sent is judged only by an engine
that drives the same Asterisk: it takes the attempt over and looks for its channel. When there is none for as long as the
longest call of the campaign can last, nobody will ever know: the attempt ends as unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from dialerd.domain.errors import DialerdError
from dialerd.domain.facts import EndFacts, OriginateFault, Witness
from dialerd.engine.attempt_log import say_given_back
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.service.attempts import Ending, EndResult, end_many
from dialerd.settings import Campaign
from dialerd.store import attempts, leases, nodes
from dialerd.store.database import Connection
from dialerd.store.leases import Abandoned

# What a call may take besides ringing and talking: its route, its good-bye, a carrier's slow last word.
BESIDES_SECONDS = 60.0
# The longest ringing and talking that a campaign file may ask for, for one that is not there any more.
LONGEST_SECONDS = 300.0 + 86_400.0
FORGET_NODES = timedelta(days=1)
NOBODY = "its engine stopped, and no engine that drives its Asterisk came back in time"

log = structlog.get_logger("dialerd.recovery")


class Succession:
    """The heir, among engines, of those that stopped: `owner` is this life of node `node`."""

    def __init__(
        self,
        writes: Writes,
        clock: Clock,
        campaigns: Callable[[], Mapping[str, Campaign]],
        *,
        node: str,
        owner: str,
        silence: timedelta,
        on_ended: Callable[[EndResult], None],
        hear: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """An engine counts as stopped when its heartbeat has been away for `silence`, or its node has begun another life.
        `on_ended` hears each ending; `hear` is awaited before any is unknown: whoever may know better has spoken.
        """
        self._hear = hear
        self._writes = writes
        self._clock = clock
        self._campaigns = campaigns
        self._node = node
        self._owner = owner
        self._silence = silence
        self._on_ended = on_ended
        self._tried: dict[str, Abandoned] = {}

    async def sweep(self) -> None:
        """What needs no Asterisk: claims of stopped engines go back, and what nobody will ever know ends as unknown."""
        await self.give_back()
        await self.settle()

    async def give_back(self) -> None:
        """Give back what stopped engines had claimed and not sent."""
        now = self._clock.now()
        undone = await self._writes(lambda conn: leases.give_back_abandoned(conn, self._owner, self._silence, now))
        if undone:
            log.info("claims_given_back", attempts=len(undone))
        say_given_back(undone, "its engine stopped")

    async def take_over(self, asterisk: str) -> list[Abandoned]:
        """Make what stopped engines sent to this Asterisk ours. The caller looks what became of each."""
        tried: dict[str, Abandoned] = {}

        def work(conn: Connection) -> list[Abandoned]:
            found = leases.abandoned(conn, self._owner, self._silence)
            tried.update({one.attempt_id: one for one in found if one.asterisk == asterisk})
            leases.take_over(conn, list(tried), self._node, self._owner, self._silence)
            wanted = {key: one for key, one in self._tried.items() if one.asterisk == asterisk} | tried
            records = attempts.load_many(conn, list(wanted)).values()
            ours = [one for one in records if one.owner == self._owner and one.disposition is None]
            return [wanted[record.attempt_id] for record in ours]

        try:
            taken = await self._writes(work)
        except DialerdError:
            # They may be ours by now, and nobody succeeds an engine that lives: the next take-over looks.
            self._tried |= tried
            raise
        self._tried = {key: one for key, one in self._tried.items() if one.asterisk != asterisk}
        if taken:
            log.info("attempts_taken_over", attempts=len(taken), nodes=sorted({one.node for one in taken}))
        return taken

    async def settle(self) -> None:
        """End as unknown what nobody can say anything about any more, and forget nodes that will not come back."""
        if self._hear is not None:
            await self._hear()
        campaigns, now = self._campaigns(), self._clock.now()
        limits = self.limits()
        facts = EndFacts(fault=OriginateFault.LOST, detail=NOBODY)

        def work(conn: Connection) -> list[EndResult]:
            lost = [
                Ending(one.attempt_id, facts, Witness.RECOVERY)
                for one in leases.abandoned(conn, self._owner, self._silence)
                if one.silent_for.total_seconds() > limits.get(one.campaign, LONGEST_SECONDS + BESIDES_SECONDS)
            ]
            nodes.forget_silent(conn, FORGET_NODES)
            return end_many(conn, lost, campaigns, now)

        for result in await self._writes(work):
            self._on_ended(result)

    def limits(self) -> Mapping[str, float]:
        """By campaign, how many seconds after it was sent a call is over, whatever became of it."""
        return {
            name: campaign.ring_timeout + campaign.max_talk_time + BESIDES_SECONDS
            for name, campaign in self._campaigns().items()
        }
