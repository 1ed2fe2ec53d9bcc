"""The caller IDs of each claim, chosen by what was used before; this engine's own memory, begun from the ledger."""

from __future__ import annotations

from dialerd.domain.callerid import Uses, choose
from dialerd.settings import Campaign
from dialerd.store.claim_rows import recent_caller_ids
from dialerd.store.database import Connection
from dialerd.store.heads import Candidate

LOOK_BACK = 1000


class CallerIdMemory:
    """When each caller ID was used last, and by which campaign. Several engines have one each."""

    def __init__(self) -> None:
        self._turn = 0
        self._when: dict[str, int] = {}
        self._last: dict[str, str] = {}

    def begin(self, conn: Connection, campaign: Campaign) -> CallerIdChoice:
        """The choice for one claim. Changes nothing here: a claim may be taken back and made again."""
        when, last = dict(self._when), self._last.get(campaign.name)
        if last is None and len(campaign.caller_id.numbers) > 1:
            recent = recent_caller_ids(conn, campaign.name, LOOK_BACK)
            last = recent[0] if recent else None
            for place, number in enumerate(recent, 1):
                when.setdefault(number, -place)
        return CallerIdChoice(campaign, last, when, self._turn)

    def used(self, choice: CallerIdChoice) -> None:
        """The claim is on disk."""
        if choice.last is not None:
            self._last[choice.campaign.name] = choice.last
        self._turn = max(self._turn, choice.turn)
        for number, turn in choice.when.items():
            self._when[number] = max(turn, self._when.get(number, turn))


class CallerIdChoice:
    """The caller IDs of one claim, lead after lead. A recycling rule may name a number of its own."""

    def __init__(self, campaign: Campaign, last: str | None, when: dict[str, int], turn: int) -> None:
        self.campaign = campaign
        self.last = last
        self.when = when
        self.turn = turn
        self._rules = {name: rule.caller_id for name, rule in campaign.recycle.items() if rule.caller_id}

    @property
    def asks_seen(self) -> bool:
        """Whether it matters what a lead saw last time."""
        return self.campaign.caller_id.sticky

    def choose(self, lead: Candidate, seen: str | None) -> str:
        """The caller ID for this lead, which is then the last one used."""
        rule = self._rules.get(lead.disposition) if lead.dials else None
        if rule is not None:
            return rule
        self.last = choose(self.campaign.caller_id, lead.phone, Uses(self.last, self.when), seen)
        self.turn += 1
        self.when[self.last] = self.turn
        return self.last
