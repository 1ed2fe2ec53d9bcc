"""Which zone keys are open for a campaign now, and when the next one will be: remembered until that changes.

A list has leads in a hundred zone keys, and a claim asks about all of them every second or so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dialerd.domain.eligibility import LeadState, NoUntil, Yes, judge_place, judge_schedule
from dialerd.domain.rules import CampaignRules, called_party
from dialerd.domain.windows import Opening, is_open, next_change, next_open_in_all

_FOREVER = datetime.max.replace(tzinfo=UTC)

_Known = tuple[datetime, datetime, bool]
"""From which instant, up to which, and whether it is open."""


class Openings:
    """What `judge_place` answers for one campaign's rules; the same, but faster."""

    def __init__(self, rules: CampaignRules) -> None:
        """Rules that change need new Openings."""
        self.rules = rules
        self._keys: dict[str, _Known] = {}
        self._hours: dict[Opening, _Known] = {}

    def is_open(self, key: str, now: datetime) -> bool:
        """Whether leads of this zone key may be called now, as far as their place is concerned."""
        known = self._keys.get(key)
        if known is None or not known[0] <= now < known[1]:
            known = self._keys[key] = self._judged(key, now)
        return known[2]

    def open_among(self, keys: Iterable[str], now: datetime) -> list[str]:
        """Those of the keys that are open."""
        return [key for key in keys if self.is_open(key, now)]

    def next_call(self, dues: Mapping[str, datetime], now: datetime) -> datetime | None:
        """The first instant from now on at which a lead of one of the keys may be called, each due then: in the called
        party's hours and the campaign's schedule. None when that is never.
        """
        best: datetime | None = None
        # No lead can be called before it is due: behind the best so far nobody is asked.
        for key, due in sorted(dues.items(), key=lambda item: item[1]):
            earliest = max(due, now)
            if best is not None and earliest >= best:
                break
            at = self._first(key, earliest)
            if at is not None and (best is None or at < best):
                best = at
        return best

    def ever(self, key: str, now: datetime) -> bool:
        """Whether leads of the key can be called at all, now or later."""
        return self._first(key, now) is not None

    def _first(self, key: str, earliest: datetime) -> datetime | None:
        """The first instant at or after `earliest` at which the place and the schedule are open."""
        verdicts = [judge_place(key, self.rules, earliest), judge_schedule(self.rules, earliest)]
        if not all(isinstance(verdict, Yes | NoUntil) for verdict in verdicts):
            return None
        waits = [verdict.at for verdict in verdicts if isinstance(verdict, NoUntil)]
        at = next_open_in_all(self.rules.openings(LeadState(zone=key)), max(waits, default=earliest))
        over = at is not None and isinstance(judge_schedule(self.rules, at), Yes)
        return at if over else None

    def _judged(self, key: str, now: datetime) -> _Known:
        terms = self.rules.compliance.terms(key)
        openings = called_party(terms)
        if not terms.hours or len(openings) < len(terms.hours) * max(len(terms.zones), 1):
            # No hours, or a zone nobody knows: no clock changes the answer.
            return now, _FOREVER, isinstance(judge_place(key, self.rules, now), Yes)
        states = [self._state(opening, now) for opening in openings]
        until = min(state[1] for state in states)
        return now, until, terms.covered and all(state[2] for state in states)

    def _state(self, opening: Opening, now: datetime) -> _Known:
        known = self._hours.get(opening)
        if known is None or not known[0] <= now < known[1]:
            known = self._hours[opening] = (now, next_change(*opening, now) or _FOREVER, is_open(*opening, now))
        return known
