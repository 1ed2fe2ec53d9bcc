"""Attempts as they go on and end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Integer, and_, bindparam, func, or_, select, update

from dialerd.domain.dispositions import Disposition, known
from dialerd.domain.facts import AttemptState, EndFacts, Witness
from dialerd.store.database import Connection
from dialerd.store.evidence import EvidenceRow, add_evidence, evidence_of, witnessed
from dialerd.store.ledger import OpenCounts, destinations, open_attempts, open_counts, page
from dialerd.store.records import RECORDS, AttemptRecord, read_record
from dialerd.store.reports import dialed_between, disposition_counts
from dialerd.store.tables import attempts, leads

__all__ = [
    "AttemptRecord",
    "End",
    "EvidenceRow",
    "LeadHistory",
    "OpenCounts",
    "add_evidence",
    "amend",
    "destinations",
    "dialed_between",
    "disposition_counts",
    "evidence_of",
    "histories",
    "history",
    "keep_waited",
    "load",
    "load_many",
    "lock",
    "mark_progress",
    "mark_progress_many",
    "mark_routed",
    "open_attempts",
    "open_counts",
    "page",
    "witnessed",
    "write_end",
    "write_ends",
]


@dataclass(frozen=True, slots=True)
class LeadHistory:
    """How the lead's attempts ended since it was last made fresh: how often by disposition, and how many of the newest
    ones in a row did not count.
    """

    ended: Mapping[str, int]
    uncounted: int


@dataclass(frozen=True, slots=True)
class End:
    """The end of one attempt as it is written. `detail` is for people, at most a line."""

    attempt_id: str
    disposition: str
    counts: bool
    facts: EndFacts
    ended_by: Witness
    detail: str
    ended_at: datetime


def lock(conn: Connection, attempt_ids: Sequence[str]) -> None:
    """Keeps the attempts from being changed by anybody else before this transaction ends. Transactions that change
    several attempts must call this first of all, with all of them: the order is the same in every process, so that two
    of them never wait for each other. GroupWriter does so for the ids it is given.
    """
    if attempt_ids and conn.dialect.name == "postgresql":
        conn.execute(_LOCK, {"ids": list(attempt_ids)})


def mark_progress(conn: Connection, attempt_id: str, state: AttemptState, at: datetime) -> None:
    """Moves a sent attempt on to `ringing` or `answered`; does nothing when it is there, further, or not sent."""
    mark_progress_many(conn, [(attempt_id, state, at)])


def mark_progress_many(conn: Connection, steps: Sequence[tuple[str, AttemptState, datetime]]) -> None:
    """mark_progress for several: attempt id, the state it reached, when."""
    for state, statement in ((AttemptState.RINGING, _RINGING), (AttemptState.ANSWERED, _ANSWERED)):
        rows = [{"b_id": attempt_id, "at": at} for attempt_id, reached, at in steps if reached is state]
        if rows:
            conn.execute(statement, rows)


def mark_routed(conn: Connection, routed: Sequence[tuple[str, str, datetime]]) -> None:
    """These sent attempts were answered and are sent on: attempt id, destination, when. Does nothing to ended ones."""
    if routed:
        conn.execute(_ROUTED, [{"b_id": attempt_id, "destination": to, "at": at} for attempt_id, to, at in routed])


def load(conn: Connection, attempt_id: str, *, lock: bool = False) -> AttemptRecord | None:
    """The attempt, or None when there is none with that id. With `lock` nobody else changes it before this transaction
    ends.
    """
    return load_many(conn, [attempt_id], lock=lock).get(attempt_id)


def load_many(conn: Connection, attempt_ids: Sequence[str], *, lock: bool = False) -> dict[str, AttemptRecord]:
    """The attempts there are among these, by id. With `lock` as in load."""
    if not attempt_ids:
        return {}
    rows = conn.execute(_LOAD_LOCKED if lock else _LOAD, {"ids": list(attempt_ids)})
    records = map(read_record, rows)
    return {record.attempt_id: record for record in records}


def history(conn: Connection, lead_id: int) -> LeadHistory:
    """How the lead's attempts ended so far."""
    return histories(conn, [lead_id])[lead_id]


def histories(conn: Connection, lead_ids: Sequence[int]) -> dict[int, LeadHistory]:
    """How the attempts of each lead ended so far."""
    ended: dict[int, Counter[str]] = {lead_id: Counter() for lead_id in lead_ids}
    uncounted = dict.fromkeys(lead_ids, 0)
    over: set[int] = set()
    rows = conn.execute(_HISTORY, {"lead_ids": list(lead_ids)}) if lead_ids else ()
    for lead_id, disposition, counts in rows:
        ended[lead_id][known(disposition)] += 1
        if counts:
            over.add(lead_id)
        elif lead_id not in over:
            uncounted[lead_id] += 1
    return {lead_id: LeadHistory(ended[lead_id], uncounted[lead_id]) for lead_id in lead_ids}


def write_end(
    conn: Connection,
    attempt_id: str,
    *,
    disposition: str,
    counts: bool,
    facts: EndFacts,
    ended_by: Witness,
    detail: str,
    ended_at: datetime,
) -> bool:
    """Ends the attempt with its disposition. True when this call did so; False when it had ended before (or does not
    exist): then nothing changed. One that ended as UNKNOWN may be ended again with what it really was, keeping the
    instant it ended. The caller updates the lead in the same transaction (leads.set_after_attempt).
    """
    end = End(attempt_id, disposition, counts, facts, ended_by, detail, ended_at)
    return conn.execute(_END, _values(end)).rowcount == 1


def write_ends(conn: Connection, ends: Sequence[End]) -> None:
    """write_end for several, by the same rule. Which of them apply is known from load_many with its lock."""
    if ends:
        conn.execute(_END, [_values(end) for end in ends])


def keep_waited(conn: Connection, waited: Sequence[tuple[str, int]]) -> None:
    """How long these people waited to be connected, where that is not known yet: attempt id, milliseconds. For the witness who
    knows it and comes second.
    """
    if waited:
        conn.execute(_WAITED, [{"b_id": attempt_id, "b_waited": milliseconds} for attempt_id, milliseconds in waited])


def amend(conn: Connection, changes: Sequence[tuple[str, str, bool, str]]) -> None:
    """Writes another disposition into ended attempts: attempt id, disposition, whether it counts, detail. All else about
    their ends stays. The caller changes the leads in the same transaction.
    """
    names = ("b_id", "disposition", "counts", "detail")
    if changes:
        conn.execute(_AMEND, [dict(zip(names, change, strict=True)) for change in changes])


def _values(end: End) -> dict[str, Any]:
    return {
        "b_id": end.attempt_id,
        "disposition": str(end.disposition),
        "counts": end.counts,
        "ended_at": end.ended_at,
        "sip_code": end.facts.sip_code,
        "cause": end.facts.cause,
        "ended_by": end.ended_by.value,
        "detail": end.detail,
        "waited_ms": end.facts.waited_ms,
        "settles": end.disposition != Disposition.UNKNOWN,
    }


_this = attempts.c.id == bindparam("b_id")
_these = attempts.c.id.in_(bindparam("ids", expanding=True))
_LOCK = select(attempts.c.id).where(_these).order_by(attempts.c.id).with_for_update()
_LOAD = RECORDS.where(_these).order_by(attempts.c.id)
_LOAD_LOCKED = _LOAD.with_for_update(of=attempts)
_HISTORY = (
    select(attempts.c.lead_id, attempts.c.disposition, attempts.c.counts)
    .join(leads, leads.c.id == attempts.c.lead_id)
    .where(
        attempts.c.lead_id.in_(bindparam("lead_ids", expanding=True)),
        attempts.c.ended_at.is_not(None),
        attempts.c.number > leads.c.fresh_after,
    )
    .order_by(attempts.c.lead_id, attempts.c.number.desc())
)
_RINGING = (
    update(attempts)
    .where(_this, attempts.c.state == AttemptState.SENDING.value)
    .values(state=AttemptState.RINGING.value, ringing_at=bindparam("at"))
)
_ANSWERED = (
    update(attempts)
    .where(_this, or_(*(attempts.c.state == state.value for state in (AttemptState.SENDING, AttemptState.RINGING))))
    .values(state=AttemptState.ANSWERED.value, answered_at=bindparam("at"))
)
_ROUTED = (
    update(attempts)
    .where(_this, attempts.c.ended_at.is_(None), attempts.c.sending_at.is_not(None))
    .values(
        state=AttemptState.ANSWERED.value,
        answered_at=func.coalesce(attempts.c.answered_at, bindparam("at", type_=attempts.c.answered_at.type)),
        destination=bindparam("destination"),
    )
)
_WAITED = (
    update(attempts).where(_this, attempts.c.waited_ms.is_(None)).values(waited_ms=bindparam("b_waited", type_=Integer))
)
_AMEND = (
    update(attempts)
    .where(_this, attempts.c.ended_at.is_not(None))
    .values(disposition=bindparam("disposition"), counts=bindparam("counts"), detail=bindparam("detail"))
)
_END = (
    update(attempts)
    .where(
        _this,
        or_(
            attempts.c.ended_at.is_(None),
            and_(attempts.c.disposition == Disposition.UNKNOWN.value, bindparam("settles", type_=Boolean)),
        ),
    )
    .values(
        state=AttemptState.ENDED.value,
        ended_at=func.coalesce(attempts.c.ended_at, bindparam("ended_at", type_=attempts.c.ended_at.type)),
        waited_ms=func.coalesce(attempts.c.waited_ms, bindparam("waited_ms", type_=attempts.c.waited_ms.type)),
        **{name: bindparam(name) for name in ("disposition", "counts", "sip_code", "cause", "ended_by", "detail")},
    )
)
