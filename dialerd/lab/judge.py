"""Our attempts against the carrier's own log, call by call: the carrier is the judge of what was dialed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dialerd.domain.dispositions import Disposition, was_picked_up
from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.fates import Fate
from dialerd.store.attempts import AttemptRecord

# `sending` is on disk before the bytes leave, so no INVITE is older than it but for the clock's last digit.
CLOCK_SECONDS = 0.005

_ANSWERED = frozenset(name for name in Disposition if was_picked_up(name))
_SYSTEM = frozenset(Disposition)
_NO_ANSWER = frozenset({Disposition.NO_ANSWER})
_INVALID = frozenset({Disposition.INVALID_NUMBER})
_REJECTED = frozenset({Disposition.REJECTED})
_BUSY = frozenset({Disposition.BUSY})
_FAILED = frozenset({Disposition.FAILED})
_CONGESTION = frozenset({Disposition.CONGESTION})

AGREES: Mapping[Fate, frozenset[Disposition]] = {
    Fate.ANSWERED: _ANSWERED,
    Fate.ANSWER_STAY: _ANSWERED,
    Fate.ANSWER_HANGUP: _ANSWERED,
    # Our own ring timeout may come before the answer.
    Fate.LATE_ANSWER: _ANSWERED | _NO_ANSWER,
    Fate.EARLY_MEDIA: _ANSWERED,
    Fate.MACHINE: _ANSWERED,
    # Without a key to opt out by, these are answered calls like others.
    Fate.OPT_OUT: _ANSWERED | {Disposition.OPTED_OUT},
    Fate.OPT_OUT_HANGUP: _ANSWERED | {Disposition.OPTED_OUT},
    Fate.NO_ANSWER: _NO_ANSWER,
    Fate.SILENT: _NO_ANSWER,
    Fate.REDIRECT: _REJECTED,
    Fate.UNAUTHORIZED: _FAILED,
    Fate.FORBIDDEN: _REJECTED,
    Fate.UNALLOCATED: _INVALID,
    Fate.PROXY_UNAUTHORIZED: _FAILED,
    Fate.TIMEOUT: _NO_ANSWER,
    Fate.GONE: _INVALID,
    Fate.UNAVAILABLE: _NO_ANSWER,
    Fate.TOO_MANY_HOPS: _NO_ANSWER,
    Fate.INCOMPLETE: _INVALID,
    Fate.AMBIGUOUS: _INVALID,
    Fate.BUSY: _BUSY,
    Fate.NOT_ACCEPTABLE: _FAILED,
    Fate.SERVER_ERROR: _CONGESTION,
    Fate.NOT_IMPLEMENTED: _CONGESTION,
    Fate.BAD_GATEWAY: _CONGESTION,
    Fate.CONGESTION: _CONGESTION,
    Fate.SERVER_TIMEOUT: _CONGESTION,
    Fate.BUSY_EVERYWHERE: _BUSY,
    Fate.REJECTED: _REJECTED,
    Fate.DOES_NOT_EXIST: _INVALID,
    Fate.NOWHERE_ACCEPTABLE: _FAILED,
    Fate.UNWANTED: _REJECTED,
    Fate.BLOCKED: _REJECTED,
}
"""Which dispositions say the same as the carrier did."""

# These say that no call was made.
_NO_CALL = frozenset({Disposition.CANCELLED, Disposition.FAILED})
# Stretches of dialing are parted by pauses of more than this (seconds).
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """One attempt and the calls the carrier saw for it: one, when all is well.

    `may_be_unknown` when something was killed under this call, so that nobody need know what became of it.
    """

    attempt: AttemptRecord
    calls: tuple[CarrierCall, ...]
    may_be_unknown: bool

    @property
    def fault(self) -> str | None:
        """What the two do not agree on; None when they do."""
        attempt = self.attempt
        name = f"{attempt.phone} attempt {attempt.number} ({attempt.attempt_id})"
        if attempt.disposition is None:
            return f"{name}: has not ended, it is {attempt.state.value}"
        if len(self.calls) > 1:
            return f"{name}: dialed {len(self.calls)} times"
        did = self.calls[0].fate if self.calls else None
        if self._agree(attempt.disposition, did):
            return None
        return f"{name}: written down as {attempt.disposition}, and the carrier {did or 'saw no call'}"

    def _agree(self, disposition: str, fate: str | None) -> bool:
        """Whether what we wrote down can be what the carrier did; no fate: it saw no call."""
        if disposition == Disposition.UNKNOWN:
            return self.may_be_unknown
        # What the dialplan or a person called an answered call, beyond the system's words.
        said = disposition if disposition in _SYSTEM else Disposition.ANSWERED
        return said in (_NO_CALL if fate is None else AGREES[Fate(fate)])


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the comparison found. `strangers` are calls of the carrier that no attempt of ours explains."""

    pairs: tuple[Pair, ...]
    strangers: tuple[CarrierCall, ...]
    disagreements: tuple[str, ...] = field(default=())

    @property
    def double_dialed(self) -> tuple[str, ...]:
        """Numbers that were called more often than attempts were made."""
        doubled = {pair.attempt.phone for pair in self.pairs if len(pair.calls) > 1}
        return tuple(sorted(doubled | {call.number for call in self.strangers}))


def judge(
    attempts: Iterable[AttemptRecord], calls: Iterable[CarrierCall], *, may_be_unknown: Container[str] = ()
) -> Judgement:
    """Give every call of the carrier to the attempt that was under way then, and look where they differ.

    `may_be_unknown` are the attempts whose end nobody need know: those that were open when something was killed. Any
    other that was written down as unknown is a disagreement.
    """
    by_number: dict[str, list[AttemptRecord]] = defaultdict(list)
    for attempt in attempts:
        if attempt.sending_at is not None:
            by_number[attempt.phone].append(attempt)
    given: dict[str, list[CarrierCall]] = defaultdict(list)
    strangers: list[CarrierCall] = []
    for call in calls:
        made = _under_way(by_number.get(call.number, ()), call.time)
        if made is None:
            strangers.append(call)
        else:
            given[made.attempt_id].append(call)
    pairs = tuple(
        Pair(attempt, tuple(given[attempt.attempt_id]), attempt.attempt_id in may_be_unknown)
        for same in by_number.values()
        for attempt in same
    )
    faults = [pair.fault for pair in pairs if pair.fault is not None]
    faults += [f"{call.number}: the carrier saw a call that is no attempt of ours" for call in strangers]
    return Judgement(pairs, tuple(strangers), tuple(faults))


def busiest_second(times: Sequence[float]) -> int:
    """The most calls in any half-open window of one second."""
    ordered = sorted(times)
    most = start = 0
    for end, time in enumerate(ordered):
        while ordered[start] <= time - 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most


def mean_pace(times: Sequence[float]) -> float:
    """Calls per second over the whole of it: the intervals, not the calls, are what take time. 0 for fewer than two."""
    ordered = sorted(times)
    if len(ordered) < 2:
        return 0.0
    span = sum(after - before for before, after in pairwise(ordered))
    return (len(ordered) - 1) / span if span else 0.0


def steady_pace(times: Sequence[float]) -> float:
    """Calls per second while there was dialing: pauses of more than a second are left out. 0 when there was none."""
    steady = [after - before for before, after in pairwise(sorted(times)) if after - before <= _PAUSE]
    return len(steady) / span if (span := sum(steady)) else 0.0


def _under_way(attempts: Sequence[AttemptRecord], time: float) -> AttemptRecord | None:
    """The newest attempt that was committed as `sending` before the call came in."""
    before = [
        attempt
        for attempt in attempts
        if attempt.sending_at is not None and attempt.sending_at.timestamp() <= time + CLOCK_SECONDS
    ]
    return max(before, key=lambda attempt: attempt.attempt_id, default=None)
