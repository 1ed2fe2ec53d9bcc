"""Which zone keys are open for a campaign now, and when the next one will be: remembered until that changes.

A list has leads in a hundred zone keys, and a claim asks about all of them every second or so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from dialerd.domain.dispositions import Disposition
from dialerd.domain.eligibility import LeadState, NoUntil, Yes, judge_place, judge_schedule
from dialerd.domain.rules import CampaignRules, called_party, zones_of
from dialerd.domain.windows import Opening, is_open, next_change, next_open_in_all

NEW = Disposition.NEW
_FOREVER = datetime.max.replace(tzinfo=UTC)

_Known = tuple[datetime, datetime, bool, datetime]
"""From which instant, up to which, whether it is open, and when it may be open at the earliest."""


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

    def not_all_open(self, keys: Sequence[str], now: datetime) -> list[str]:
        """Those of the keys of which hours or places forbid to call some lead now, by what its last call ended as."""
        if not isinstance(judge_schedule(self.rules, now), Yes):
            return list(keys)
        retries = self.rules.retry_hours
        return [
            key
            for key in keys
            if not self.is_open(key, now) or not all(self.retry_open(key, name, now) for name in retries)
        ]

    def retry_open(self, key: str, disposition: str, now: datetime) -> bool:
        """Whether the recycling rule lets a lead of this zone key be called now whose last call ended so."""
        hours = self.rules.retry_hours.get(disposition)
        if hours is None:
            return True
        zones = zones_of(self.rules.compliance.terms(key), self.rules.zone)
        return all(self._state((hours, zone), now)[2] for zone in zones)

    def next_call(self, dues: Mapping[str, datetime], now: datetime, disposition: str = NEW) -> datetime | None:
        """The first instant from now on at which a lead of one of the keys may be called, each due then, whose last call
        ended as `disposition`: in the called party's hours, the campaign's schedule and the rule's. None when never.
        """
        best: datetime | None = None
        # No lead can be called before it is due and its place may have opened: behind the best so far nobody is asked.
        bounds = {key: self._not_before(key, due, now) for key, due in dues.items()}
        for key, bound in sorted(bounds.items(), key=lambda item: item[1]):
            if best is not None and bound >= best:
                break
            at = self._first(key, max(dues[key], now), disposition)
            if at is not None and (best is None or at < best):
                best = at
        return best

    def ever(self, key: str, now: datetime) -> bool:
        """Whether leads of the key can be called at all, now or later."""
        return self._first(key, now, NEW) is not None

    def _not_before(self, key: str, due: datetime, now: datetime) -> datetime:
        self.is_open(key, now)
        return max(due, self._keys[key][3])

    def _first(self, key: str, earliest: datetime, disposition: str) -> datetime | None:
        """The first instant at or after `earliest` at which the place, the rule and the schedule are open."""
        verdicts = [judge_place(key, self.rules, earliest), judge_schedule(self.rules, earliest)]
        if not all(isinstance(verdict, Yes | NoUntil) for verdict in verdicts):
            return None
        waits = [verdict.at for verdict in verdicts if isinstance(verdict, NoUntil)]
        openings = self.rules.openings(LeadState(disposition, zone=key))
        at = next_open_in_all(openings, max(waits, default=earliest))
        return at if at is not None and isinstance(judge_schedule(self.rules, at), Yes) else None

    def _judged(self, key: str, now: datetime) -> _Known:
        terms = self.rules.compliance.terms(key)
        openings = called_party(terms)
        if not terms.hours or len(openings) < len(terms.hours) * max(len(terms.zones), 1):
            # No hours, or a zone nobody knows: no clock changes the answer.
            is_open = isinstance(judge_place(key, self.rules, now), Yes)
            return now, _FOREVER, is_open, now if is_open else _FOREVER
        if not terms.covered:
            return now, _FOREVER, False, _FOREVER
        states = [self._state(opening, now) for opening in openings]
        until, earliest = min(state[1] for state in states), max(state[3] for state in states)
        return now, until, all(state[2] for state in states), earliest

    def _state(self, opening: Opening, now: datetime) -> _Known:
        known = self._hours.get(opening)
        if known is None or not known[0] <= now < known[1]:
            until, opened = next_change(*opening, now) or _FOREVER, is_open(*opening, now)
            known = self._hours[opening] = (now, until, opened, now if opened else until)
        return known
