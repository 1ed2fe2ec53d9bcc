"""Again, when: from a rule, the lead's history and now, to at T, exhausted or never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialerd.domain.compliance import UNLIMITED, Compliance, Dial, Terms
from dialerd.domain.dispositions import OURS, SYSTEM, Catalogue, Disposition, Flags
from dialerd.domain.rules import called_party, zones_of
from dialerd.domain.windows import Hours, next_open_in_all

# A trunk that is down for an hour must not be asked every minute for every lead.
_LONGEST_BACK_OFF = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a campaign does after one disposition.

    `attempts`: how many attempts of a lead may end so, the first included; 1 means no second try. `waits`: the time
    from the first such ending to the next try, from the second, and so on; the last one repeats. `hours`: when the
    lead may be tried again, by the clock where it is and inside the campaign's own hours; None: whenever the campaign
    is open. `caller_id`: what it sees then, in E.164; None: what the campaign shows.
    """

    attempts: int
    waits: tuple[timedelta, ...]
    hours: Hours | None = None
    caller_id: str | None = None

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
    our side. `dispositions`: what each of them means. `compliance`: what the campaign is held to.
    """

    rules: Mapping[str, Rule]
    max_attempts: int
    hours: Hours
    zone: ZoneInfo
    unknown_hold: timedelta
    uncounted_wait: timedelta
    dispositions: Catalogue = SYSTEM
    compliance: Compliance = UNLIMITED


@dataclass(frozen=True, slots=True)
class History:
    """A lead's attempts, the one that just ended included.

    `attempts`: those that count. `same`: those that ended with this disposition. `uncounted`: how many in a row, up to
    now, did not count. `asked`: when the called party asked to be called again, if it did. `began`: when the attempt that
    just ended did; None when nobody knows.
    """

    attempts: int
    same: int
    uncounted: int = 0
    asked: datetime | None = None
    began: datetime | None = None


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


def decide(plan: RecyclePlan, disposition: str, history: History, now: datetime, zone: str | None = None) -> Decision:
    """What becomes of a lead whose attempt ended with `disposition` at `now`. `zone` is its zone key (domain.places).

    A final disposition: never. A failure of ours (OURS) comes back whatever the rules say, within the budget: a cancelled
    one at once, others after `uncounted_wait`, doubled for each more in a row, up to 15 minutes. UNKNOWN needs no rule:
    without one it rests for `unknown_hold`, until the budget is used up. No wait is shorter than the minimum gap, or than
    the rest that a rule of the compliance profiles gives after this outcome. A lead that asked to be called again needs
    no rule either: it is due then, whatever wait or gap there is. The due time lies in the hours of the rule and of the
    profiles by the clock where the lead is, and in those of the campaign; when they never meet within 400 days, never.
    """
    if disposition == Disposition.NEW:
        raise ValueError("new is no way an attempt can end")
    over = plan.dispositions[disposition].over
    if over:
        return Never(f"{disposition} is {over}")
    if history.attempts >= plan.max_attempts:
        return Exhausted(f"all attempts used: {history.attempts} of {plan.max_attempts}")
    rule = None if disposition in OURS else plan.rules.get(disposition)
    terms = plan.compliance.terms(zone) if zone is not None else Terms()
    if history.asked is not None:
        return _due(plan, rule, terms, max(history.asked, now))
    if rule is None and disposition not in OURS and disposition != Disposition.UNKNOWN:
        return Never(f"no recycling rule for {disposition}")
    if rule is not None and history.same >= rule.attempts:
        return Exhausted(f"{disposition} {history.same} times, and its recycling rule allows {rule.attempts}")
    rest = _rest(terms, disposition, plan.dispositions[disposition], history, now)
    return _due(plan, rule, terms, max(now + _wait(plan, disposition, rule, history), rest))


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


def _rest(terms: Terms, disposition: str, flags: Flags, history: History, now: datetime) -> datetime:
    """The end of the minimum gap and of the rests after an outcome, as far as this attempt alone brings them about."""
    dial = Dial(history.began or now, "", disposition, now, rang=flags.counts, contacted=flags.contacted)
    rests = [now + block.period for block in terms.blocks if dial.ended_as(block.outcomes)]
    return max([dial.at + terms.gap, *rests]) if dial.rang else now


def _due(plan: RecyclePlan, rule: Rule | None, terms: Terms, earliest: datetime) -> Decision:
    hours = [(plan.hours, plan.zone), *called_party(terms)]
    if rule is not None and rule.hours is not None:
        hours += [(rule.hours, zone) for zone in zones_of(terms, plan.zone)]
    at = next_open_in_all(hours, earliest.astimezone(UTC))
    if at is None:
        return Never("its hours do not open again within 400 days")
    return Again(at)
