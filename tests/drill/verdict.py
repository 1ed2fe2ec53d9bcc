"""The judge: the carrier's own log against the table of attempts, as figures that have to be 0."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dialerd.domain.dispositions import Disposition
from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.fates import Fate
from dialerd.lab.judge import Pair, busiest_second, judge
from dialerd.store.attempts import AttemptRecord
from drill.hours import Opening

# What was sent this long before things broke may not have reached the carrier when they did.
BEFORE_SECONDS = 0.5
# What was under way when all was mended may still suffer.
AFTER_SECONDS = 1.0
RECOVERY_SECONDS = 60.0
# A process may look at its clock only so long after it was set.
SETTING_SECONDS = 0.5
SHOWN = 5


@dataclass(frozen=True)
class Broken:
    """A stretch of the wall clock, epoch seconds, in which something was broken."""

    began: float
    mended: float


@dataclass(frozen=True)
class Era:
    """From `began` to `ended` (epoch seconds) the wall clock of dialerd showed `ahead` seconds more than the carrier's."""

    began: float
    ended: float
    ahead: float


@dataclass(frozen=True)
class Terms:
    """By what a fault is judged. `unknown`: calls that were up when things broke may end as UNKNOWN. `unmade`: what the carrier
    saw no call of may. `deaf`: Asterisk did not hear the carrier for a while, so its own timeout may end what was
    answered. `also` is what may be written down of a fate besides what says the same.
    """

    pace: float
    unknown: bool = True
    unmade: bool = False
    deaf: bool = False
    also: Mapping[Fate, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """What a fault did. All but the first two and the last have to be 0; `recovery_seconds` is the longest time from a repair
    to the next call, None when there was none within a minute.
    """

    cycles: int
    calls: int
    double_dialed: int = 0
    lost_dispositions: int = 0
    over_pace: int = 0
    outside_hours: int = 0
    stuck_leads: int = 0
    recovery_seconds: float | None = None
    faults: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        zero = (self.double_dialed, self.lost_dispositions, self.over_pace, self.outside_hours, self.stuck_leads)
        recovered = self.recovery_seconds is not None and self.recovery_seconds <= RECOVERY_SECONDS
        return not any(zero) and recovered and self.calls > 0 and not self.faults


def at_true_time(attempts: Iterable[AttemptRecord], eras: Sequence[Era], since: float) -> list[AttemptRecord]:
    """The attempts that were claimed at `since` or later, their instants as the carrier's clock had them."""
    true = [
        replace(
            attempt,
            claimed_at=_true(attempt.claimed_at, eras),
            sending_at=attempt.sending_at and _true(attempt.sending_at, eras),
            ended_at=attempt.ended_at and _true(attempt.ended_at, eras),
        )
        for attempt in attempts
    ]
    return [attempt for attempt in true if attempt.claimed_at.timestamp() >= since]


def _true(shown: datetime, eras: Sequence[Era]) -> datetime:
    """What the carrier's clock showed then. A clock that was just set may not have been looked at yet, so it is the era that
    fits best.
    """

    def misfit(era: Era) -> float:
        at = shown.timestamp() - era.ahead
        return max(era.began - at, at - era.ended, 0.0)

    era = min(eras, key=misfit, default=None)
    return shown if era is None or misfit(era) > SETTING_SECONDS else shown - timedelta(seconds=era.ahead)


def figures(
    attempts: Sequence[AttemptRecord],
    calls: Sequence[CarrierCall],
    broken: Sequence[Broken],
    terms: Terms,
    *,
    outside: Collection[str],
    stuck: Sequence[str],
    cycles: int,
    recovery_seconds: float | None,
) -> Figures:
    """Times of the attempts are the carrier's. `outside` are the attempts that were sent outside their campaign's hours,
    `stuck` says which leads wait for nothing.
    """
    excused = {one.attempt_id for one in attempts if terms.unknown and _suffered(one, broken)}
    judgement = judge(attempts, calls, may_be_unknown=excused)
    twice = [pair for pair in judgement.pairs if len(pair.calls) > 1]
    open_ = [pair for pair in judgement.pairs if pair.attempt.disposition is None]
    wrong = [
        pair
        for pair in judgement.pairs
        if pair.fault is not None and pair not in twice and pair not in open_ and not _allowed(pair, terms)
    ]
    called_outside = [pair for pair in judgement.pairs if pair.calls and pair.attempt.attempt_id in outside]
    over = max(0, busiest_second([call.time for call in calls]) - round(terms.pace))
    words = [
        *(str(pair.fault) for pair in (*twice, *wrong)),
        *(f"{call.number} at {call.time}: no attempt explains this call" for call in judgement.strangers),
        *(f"{pair.attempt.phone}: called outside its hours" for pair in called_outside),
        *stuck,
    ]
    return Figures(
        cycles,
        len(calls),
        len(twice) + len(judgement.strangers),
        len(wrong),
        over,
        len(called_outside),
        len(stuck),
        None if recovery_seconds is None else round(recovery_seconds, 2),
        tuple(words[:SHOWN]),
    )


def sent_outside(attempts: Iterable[AttemptRecord], openings: Mapping[str, Opening]) -> set[str]:
    """The attempts that were sent while their campaign was closed, by the clock they were sent by."""
    return {
        one.attempt_id
        for one in attempts
        if one.sending_at is not None and one.campaign in openings and not openings[one.campaign].holds(one.sending_at)
    }


def _suffered(attempt: AttemptRecord, broken: Sequence[Broken]) -> bool:
    if attempt.sending_at is None:
        return False
    sent = attempt.sending_at.timestamp()
    ended = attempt.ended_at.timestamp() if attempt.ended_at is not None else float("inf")
    return any(sent <= one.mended + AFTER_SECONDS and ended >= one.began - BEFORE_SECONDS for one in broken)


def _allowed(pair: Pair, terms: Terms) -> bool:
    attempt = pair.attempt
    if terms.unmade and attempt.disposition == Disposition.UNKNOWN:
        return not pair.calls
    if terms.deaf and attempt.disposition == Disposition.NO_ANSWER:
        return attempt.detail == "our ring timeout"
    return bool(pair.calls) and attempt.disposition in terms.also.get(Fate(pair.calls[0].fate), ())
