"""The senders of this engine's Asterisk servers as one: each call goes to the Asterisk that its trunk is on."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.domain.facts import ClaimedLead
from dialerd.engine.sender import Sender
from dialerd.settings import Campaign, Trunk


class Senders:
    """By the name of the Asterisk, as the trunks have it."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        """One at least."""
        self._senders = senders

    @property
    def obstacle(self) -> str | None:
        """Why nothing may be sent to any of them, in words for people; None when calls may leave for one."""
        obstacles = {name: sender.obstacle for name, sender in self._senders.items()}
        if None in obstacles.values():
            return None
        return "; ".join(self._said(name, str(obstacle)) for name, obstacle in obstacles.items())

    def obstacle_on(self, trunk: Trunk) -> str | None:
        """Why nothing may be sent over the trunk now; None when calls may leave, as far as its Asterisk is concerned."""
        sender = self._senders.get(trunk.asterisk)
        if sender is None:
            return f"Asterisk {trunk.asterisk} is new in the configuration; restart the engine"
        obstacle = sender.obstacle
        return None if obstacle is None else self._said(trunk.asterisk, obstacle)

    def connected(self, trunk: Trunk) -> bool:
        """Whether there is an Asterisk to send to over the trunk, now or as soon as nothing holds us back."""
        sender = self._senders.get(trunk.asterisk)
        return sender is not None and sender.connected

    def asterisk(self, trunk: Trunk) -> str:
        """Which Asterisk a call over the trunk goes to now, as AmiSession.asterisk; '' while it goes nowhere."""
        sender = self._senders.get(trunk.asterisk)
        return "" if sender is None else sender.asterisk

    async def send(self, lead: ClaimedLead, campaign: Campaign, trunk: Trunk) -> None:
        """Originate over the trunk, on an Asterisk that has a sender. The attempt is `sending` on disk."""
        await self._senders[trunk.asterisk].send(lead, campaign, trunk)

    def _said(self, name: str, obstacle: str) -> str:
        return obstacle if len(self._senders) == 1 else f"{name}: {obstacle}"
