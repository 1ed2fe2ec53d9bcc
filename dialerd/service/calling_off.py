"""Calling off what is planned already: claims are given back, and what is on its way to Asterisk is waited for.

Between the point of no return and the call itself a few hundred milliseconds go by in the engine, `max_send_delay` at
most; it looks at nothing any more then. So whoever stops calls answers only when that time is over or nothing is left in
it: after the answer no call leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.dnc import stopping
from dialerd.domain.facts import AttemptState, OpenAttempt
from dialerd.store import attempts, claims, dnc, dnc_leads
from dialerd.store.database import Connection, Database

LOOK_SECONDS = 0.02
TRAVEL_SECONDS = 0.1
"""From the engine's last look at the clock to the INVITE."""
CLOCKS_APART = timedelta(seconds=5)
"""At most so much the clocks of engines differ from ours."""

Clock = Callable[[], datetime]
Stopped = Callable[[Connection, Collection[OpenAttempt]], list[str]]


@dataclass(frozen=True, slots=True)
class CalledOff:
    """What was planned: `given_back` claims will not be called, `left` calls were past the point of no return."""

    given_back: int = 0
    left: int = 0


def on_dnc(database: Database, *, clock: Clock, max_send_delay: float) -> CalledOff:
    """Calls off every call whose number is on do-not-call by now. `max_send_delay` is the engine's, in seconds."""

    def stopped(conn: Connection, unsent: Collection[OpenAttempt]) -> list[str]:
        covering = dnc.covering(conn, {attempt.phone for attempt in unsent})
        now = clock()
        return [
            attempt.attempt_id
            for attempt in unsent
            if stopping(covering.get(attempt.phone, ()), attempt.phone, attempt.campaign, now)
        ]

    return _call_off(database, stopped, clock, max_send_delay)


def of_campaign(database: Database, campaign: str | None, *, clock: Clock, max_send_delay: float) -> CalledOff:
    """Calls off every call of the campaign, which is frozen or not active any more; of all campaigns for None.
    `max_send_delay` is the engine's, in seconds.
    """

    def stopped(conn: Connection, unsent: Collection[OpenAttempt]) -> list[str]:
        del conn
        return [attempt.attempt_id for attempt in unsent if campaign in (None, attempt.campaign)]

    return _call_off(database, stopped, clock, max_send_delay)


def _call_off(database: Database, stopped: Stopped, clock: Clock, max_send_delay: float) -> CalledOff:
    # Only now, after what stops them is on disk: who commits `sending` from here on sees it, and who did before is seen.
    with database.read() as conn:
        ids = stopped(conn, unsent_calls(conn))
    if not ids:
        return CalledOff()
    with database.write() as conn:
        given_back, left = take_back(conn, ids, clock(), max_send_delay)
    _wait_for(database, left, max_send_delay + TRAVEL_SECONDS)
    return CalledOff(given_back, len(left))


def take_back(
    conn: Connection, ids: Collection[str], now: datetime, max_send_delay: float
) -> tuple[int, frozenset[str]]:
    """Gives back those of the attempts that are claims, how many; the others that may still leave. Whoever stops calls waits
    until none of these is among the `unsent_calls`, or `max_send_delay` and TRAVEL_SECONDS are over.
    """
    attempts.lock(conn, list(ids))
    phones = {attempt.phone for attempt in unsent_calls(conn) if attempt.attempt_id in ids}
    given_back = len(claims.give_back(conn, list(ids), now))
    dnc_leads.align(conn, phones, now)
    fresh = now - timedelta(seconds=max_send_delay + TRAVEL_SECONDS) - CLOCKS_APART
    left = frozenset(
        attempt.attempt_id
        for attempt in unsent_calls(conn)
        if attempt.attempt_id in ids and attempt.sending_at is not None and attempt.sending_at >= fresh
    )
    return given_back, left


def _wait_for(database: Database, ids: Collection[str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while ids and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        with database.read() as conn:
            ids = {attempt.attempt_id for attempt in unsent_calls(conn) if attempt.attempt_id in ids}


def unsent_calls(conn: Connection) -> list[OpenAttempt]:
    """Attempts of which nothing is known to have left."""
    states = (AttemptState.CLAIMED, AttemptState.SENDING)
    return [attempt for attempt in attempts.open_attempts(conn) if attempt.state in states]
