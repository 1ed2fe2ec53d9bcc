"""Again, when: from a rule, the lead's history and now, to at T, exhausted or never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialerd.domain.dispositions import OURS, SYSTEM, Catalogue, Disposition
from dialerd.domain.windows import Hours, next_open_in_all

# A trunk that is down for an hour must not be asked every minute for every lead.
_LONGEST_BACK_OFF = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a campaign does after one disposition.

    `attempts`: how many attempts of a lead may end so, the first included; 1 means no second try. `waits`: the time
    from the first such ending to the next try, from the second, and so on; the last one repeats. `hours`: when the
    lead may be tried again, inside the campaign's own hours; None: whenever the campaign is open.
    """

    attempts: int
    waits: tuple[timedelta, ...]
    hours: Hours | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a rule that cannot be followed."""
        if self.attempts < 1:
            raise ValueError("a recycling rule allows 1 attempt or more")
        if not self.waits or min(self.waits) < timedelta():
            raise ValueError("a recycling rule needs one wait or more, none below zero")


@dataclass(frozen=True, slots=True)
class RecyclePlan:
    """A campaign's rules. `max_attempts` is the one budget of a lead over all of them.

    `hours` in `zone` are the campaign's. `unknown_hold`: how long a lead rests at least after an attempt whose fate is
    not known, since a delayed call may still happen. `uncounted_wait`: the first wait after an attempt that failed on
    our side. `dispositions`: what each of them means.
    """

    rules: Mapping[str, Rule]
    max_attempts: int
    hours: Hours
    zone: ZoneInfo
    unknown_hold: timedelta
    uncounted_wait: timedelta
    dispositions: Catalogue = SYSTEM


@dataclass(frozen=True, slots=True)
class History:
    """A lead's attempts, the one that just ended included.

    `attempts`: those that count. `same`: those that ended with this disposition. `uncounted`: how many in a row, up to
    now, did not count. `asked`: when the called party asked to be called again, if it did.
    """

    attempts: int
    same: int
    uncounted: int = 0
    asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """The lead is due at `at` (UTC)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A budget is used up; the lead is closed. `reason` says which."""

    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """No rule brings the lead back; it is closed. `reason` says why."""

    reason: str


Decision = Again | Exhausted | Never


def decide(plan: RecyclePlan, disposition: str, history: History, now: datetime) -> Decision:
    """What becomes of a lead whose attempt ended with `disposition` at `now`.

    A final disposition: never. A failure of ours (OURS) comes back whatever the rules say, within the budget: a cancelled
    one at once, others after `uncounted_wait`, doubled for each more in a row, up to 15 minutes. UNKNOWN needs no rule:
    without one it rests for `unknown_hold`, until the budget is used up. Neither does a lead that asked to be called again:
    it is due then, whatever wait a rule has. The due time lies in the hours of the rule and of the campaign; when those
    never meet within 400 days, never.
    """
    if disposition == Disposition.NEW:
        raise ValueError("new is no way an attempt can end")
    over = plan.dispositions[disposition].over
    if over:
        return Never(f"{disposition} is {over}")
    if history.attempts >= plan.max_attempts:
        return Exhausted(f"all attempts used: {history.attempts} of {plan.max_attempts}")
    rule = None if disposition in OURS else plan.rules.get(disposition)
    if history.asked is not None:
        return _due(plan, rule, max(history.asked, now))
    if rule is None and disposition not in OURS and disposition != Disposition.UNKNOWN:
        return Never(f"no recycling rule for {disposition}")
    if rule is not None and history.same >= rule.attempts:
        return Exhausted(f"{disposition} {history.same} times, and its recycling rule allows {rule.attempts}")
    return _due(plan, rule, now + _wait(plan, disposition, rule, history))


def _wait(plan: RecyclePlan, disposition: str, rule: Rule | None, history: History) -> timedelta:
    if disposition == Disposition.CANCELLED:
        return timedelta()
    if disposition in OURS:
        return _back_off(plan.uncounted_wait, history.uncounted)
    wait = rule.waits[min(max(history.same, 1), len(rule.waits)) - 1] if rule is not None else timedelta()
    return max(wait, plan.unknown_hold) if disposition == Disposition.UNKNOWN else wait


def _back_off(first: timedelta, in_a_row: int) -> timedelta:
    # Doubled twenty times even a second is far above the cap; the bound keeps the number small.
    doubled = first * (1 << min(max(in_a_row - 1, 0), 20))
    return min(doubled, max(first, _LONGEST_BACK_OFF))


def _due(plan: RecyclePlan, rule: Rule | None, earliest: datetime) -> Decision:
    hours = [plan.hours] if rule is None or rule.hours is None else [rule.hours, plan.hours]
    at = next_open_in_all(hours, plan.zone, earliest.astimezone(UTC))
    if at is None:
        return Never("its hours do not open again within 400 days")
    return Again(at)
