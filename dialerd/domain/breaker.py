"""The breaker of a trunk: stop asking a trunk that fails, try it with one call after a while, go on when it carries one.

A value and functions; `now` is UTC. A trunk's failures say nothing about the leads, so nothing of this is written into
them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dialerd.domain.signs import FAULTS, FORGIVEN, Sign

# A probe of which nothing is heard for this long (its ring timeout is ours, its end may have been lost) is given up.
PATIENCE = timedelta(seconds=60)


class Phase(StrEnum):
    """CLOSED: calls go through. OPEN: they do not. PROBING: one is on its way to find out. STOPPED: as OPEN, and
    somebody has to put the configuration right; it is tried seldom.
    """

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a breaker opens and when it tries again.

    `faults`: so many calls in a row that the trunk did not carry. `window` and `share`: or, of the last `window` calls,
    more than this share; the same for calls to numbers that are said not to exist. `wait`: from opening to the first
    probe, doubled after each that fails up to `longest_wait`.
    """

    faults: int = 5
    window: int = 50
    share: float = 0.6
    wait: timedelta = timedelta(seconds=5)
    longest_wait: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Word:
    """One call's word on the trunk. `detail` is for people, such as "SIP 503 Service Unavailable"."""

    attempt_id: str
    sign: Sign
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of one trunk's breaker. `blame`, `reason` and `since` tell of the opening; `wait` is the back-off that
    `next_probe_at` came from; `probe` is the attempt that probes, since `probe_since`.

    `row` are the latest calls without a sign of life between them, `recent` the latest of all, oldest first.
    """

    phase: Phase = Phase.CLOSED
    blame: Sign | None = None
    reason: str = ""
    since: datetime | None = None
    next_probe_at: datetime | None = None
    wait: timedelta = timedelta()
    probe: str = ""
    probe_since: datetime | None = None
    row: tuple[Word, ...] = ()
    recent: tuple[Word, ...] = ()


class Leave(StrEnum):
    """How many calls may be claimed for a trunk now."""

    ALL = "all"
    ONE = "one"
    NONE = "none"


def leave(breaker: Breaker, now: datetime) -> Leave:
    """Whether calls may go to the trunk at `now`: all, one as a probe, or none."""
    if breaker.phase is Phase.CLOSED:
        return Leave.ALL
    if breaker.phase is Phase.PROBING:
        given_up = breaker.probe_since is None or now >= breaker.probe_since + PATIENCE
        return Leave.ONE if given_up else Leave.NONE
    due = breaker.next_probe_at is None or now >= breaker.next_probe_at
    return Leave.ONE if due else Leave.NONE


def next_leave(breaker: Breaker) -> datetime | None:
    """When the trunk may be asked again; None when it may now, or when its probe decides."""
    if breaker.phase is Phase.PROBING:
        return None if breaker.probe_since is None else breaker.probe_since + PATIENCE
    return None if breaker.phase is Phase.CLOSED else breaker.next_probe_at


def carries(breaker: Breaker, attempt_id: str) -> bool:
    """Whether this claimed call may leave."""
    return breaker.phase is Phase.CLOSED or (breaker.phase is Phase.PROBING and breaker.probe == attempt_id)


def begin_probe(breaker: Breaker, attempt_id: str, now: datetime) -> Breaker:
    """The breaker once this call is claimed as its probe."""
    return replace(breaker, phase=Phase.PROBING, probe=attempt_id, probe_since=now)


def probe_unsent(breaker: Breaker, attempt_id: str, now: datetime) -> Breaker:
    """The breaker once it is known that its probe never left: another may go at once. Other calls change nothing."""
    if breaker.phase is not Phase.PROBING or breaker.probe != attempt_id:
        return breaker
    return replace(breaker, phase=_shut(breaker.blame), next_probe_at=now, probe="", probe_since=None)


def retry(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker once something was changed that may have cured the trunk: it is tried at once."""
    if breaker.phase not in (Phase.OPEN, Phase.STOPPED):
        return breaker
    return replace(breaker, next_probe_at=now, wait=timedelta())


def rang(breaker: Breaker, attempt_id: str) -> Breaker:
    """The breaker once a call rings or is answered: the trunk carried it, at this moment.

    A trunk that is blamed for its verdict on numbers rings nobody who does not exist, so one ringing call clears it too.
    """
    if breaker.phase is Phase.CLOSED:
        return replace(breaker, row=()) if breaker.row else breaker
    return Breaker() if breaker.phase is Phase.PROBING and breaker.probe == attempt_id else breaker


def ended(breaker: Breaker, limits: Limits, word: Word, now: datetime, *, rang: bool) -> Breaker:
    """The breaker after a call's last word. `rang`: it had rung or been answered before, so its end, which may come
    hours later, says nothing about this moment.
    """
    if breaker.phase is Phase.PROBING:
        return _probed(breaker, limits, word, now) if breaker.probe == word.attempt_id else breaker
    if breaker.phase is not Phase.CLOSED:
        return breaker
    recent = (*breaker.recent, word)[-limits.window :]
    row = breaker.row
    if not rang:
        row = (*row, word)[-limits.faults :] if word.sign in FAULTS else ()
    heard = replace(breaker, recent=recent, row=row)
    if len(row) >= limits.faults:
        return _open(heard, limits, word, f"{word.detail}: {len(row)} calls in a row failed", now)
    most = limits.share * limits.window
    for among, words in ((_failed, "failed"), (_invalid, "were told that there is no such number")):
        count = sum(map(among, recent))
        if count > most and among(word):
            return _open(heard, limits, word, f"{word.detail}: {count} of the last {len(recent)} calls {words}", now)
    return heard


def convicted(before: Breaker, after: Breaker, word: Word) -> tuple[str, ...]:
    """The attempts that were held against their numbers and are the trunk's fault, now that `word` was heard: those that
    opened it, and those that ended so while it was being opened.
    """
    if after.blame not in FORGIVEN:
        return ()
    heard = (*after.recent, *after.row) if before.phase is Phase.CLOSED else (word,)
    return tuple({said.attempt_id: None for said in heard if said.sign is after.blame})


def describe(breaker: Breaker, trunk: str) -> str:
    """The state in a line for people; "" when calls go through."""
    if breaker.phase is Phase.CLOSED:
        return ""
    when = "" if breaker.next_probe_at is None else f"; next try {breaker.next_probe_at:%Y-%m-%d %H:%M:%S} UTC"
    match breaker.phase:
        case Phase.PROBING:
            return f"trunk {trunk} failed and is being tried with one call: {breaker.reason}"
        case Phase.STOPPED:
            return f"trunk {trunk} is stopped: {breaker.reason}; put it right and reload{when}"
    return f"trunk {trunk} is open: {breaker.reason}{when}"


def _probed(breaker: Breaker, limits: Limits, word: Word, now: datetime) -> Breaker:
    if word.sign not in FAULTS and not (word.sign is Sign.INVALID and breaker.blame is Sign.INVALID):
        return Breaker()
    # One call may be refused for reasons of its own, so a probe stops the trunk only when it says what was said before.
    again = word.sign is breaker.blame or word.sign not in _STOPPING
    blame = word.sign if again else breaker.blame
    wait = limits.longest_wait if blame is Sign.MISCONFIGURED else max(limits.wait, 2 * breaker.wait)
    wait = min(wait, limits.longest_wait)
    return replace(
        breaker,
        phase=_shut(blame),
        blame=blame,
        reason=f"{word.detail}: the probe failed" if blame is not breaker.blame else breaker.reason,
        next_probe_at=now + wait,
        wait=wait,
        probe="",
        probe_since=None,
    )


def _open(breaker: Breaker, limits: Limits, word: Word, reason: str, now: datetime) -> Breaker:
    wait = limits.longest_wait if word.sign is Sign.MISCONFIGURED else limits.wait
    return replace(
        breaker,
        phase=_shut(word.sign),
        blame=word.sign,
        reason=reason,
        since=now,
        next_probe_at=now + wait,
        wait=wait,
    )


_STOPPING = frozenset({Sign.MISCONFIGURED, Sign.NO_CHANNEL})


def _shut(blame: Sign | None) -> Phase:
    return Phase.STOPPED if blame in _STOPPING else Phase.OPEN


def _failed(word: Word) -> bool:
    return word.sign in FAULTS


def _invalid(word: Word) -> bool:
    return word.sign is Sign.INVALID
