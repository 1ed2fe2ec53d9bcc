"""Leads: what an attempt changes, what a person sees, and when the next one is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Boolean, Select, and_, bindparam, case, false, func, or_, select, true, update

from dialerd.domain.dnc import ON_DNC
from dialerd.domain.eligibility import Wait
from dialerd.domain.facts import LeadFields
from dialerd.store.claims import WITHDRAWN
from dialerd.store.database import Connection
from dialerd.store.lead_counts import LeadCounts, counts, next_due, remaining, staged
from dialerd.store.staging import StageCounts, StagedLead, arm, discard, stage
from dialerd.store.tables import attempts, lead_rows, leads, lists
from dialerd.store.types import UtcDateTime

__all__ = [
    "CLOSED_BY_HAND",
    "WITHDRAWN",
    "AfterAttempt",
    "LeadCounts",
    "LeadRecord",
    "StageCounts",
    "StagedLead",
    "arm",
    "counts",
    "discard",
    "lead_fields",
    "lead_fields_many",
    "load",
    "mark_contacted",
    "next_due",
    "page",
    "remaining",
    "set_after_attempt",
    "set_after_attempts",
    "set_attempts",
    "span",
    "stage",
    "staged",
]

CLOSED_BY_HAND = "closed by hand"
"""leads.closed of a lead that a person closed."""


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """A lead as it is. `attempts` are those that counted, `dials` all. It is dialed when `due_at` has come; without one
    it is in a call, not armed yet, or closed for the reason in `closed`. From `expires_at` on it is dialed no more.
    """

    lead_id: int
    list_id: int
    list_name: str
    phone: str
    zone: str
    priority: int
    disposition: str
    attempts: int
    dials: int
    due_at: datetime | None
    closed: str | None
    last_attempt_at: datetime | None
    created_at: datetime
    in_call: bool
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AfterAttempt:
    """What the end of an attempt makes of its lead, as set_after_attempt takes it. `waits_for` as in heads.Candidate."""

    lead_id: int
    disposition: str
    attempts: int
    due_at: datetime | None
    closed: str | None
    last_attempt_at: datetime
    contacted: bool
    waits_for: Wait | None = None


def set_after_attempt(
    conn: Connection,
    lead_id: int,
    *,
    disposition: str,
    attempts: int,
    due_at: datetime | None,
    closed: str | None,
    last_attempt_at: datetime,
    contacted: bool,
) -> None:
    """What the end of an attempt makes of its lead: due again at `due_at`, or closed with a reason. A lead that was
    withdrawn, put on do-not-call or closed by a person meanwhile stays closed; one that is in another call becomes due by that call's
    end.
    """
    after = AfterAttempt(lead_id, disposition, attempts, due_at, closed, last_attempt_at, contacted)
    set_after_attempts(conn, [after])


def set_after_attempts(conn: Connection, after: Sequence[AfterAttempt]) -> None:
    """set_after_attempt for several leads."""
    rows = [
        {
            "b_lead_id": lead.lead_id,
            "disposition": str(lead.disposition),
            "attempts": lead.attempts,
            "b_due": lead.due_at,
            "b_closed": lead.closed,
            "last_attempt_at": lead.last_attempt_at,
            "b_waits_for": lead.waits_for,
            "b_contacted": lead.contacted,
        }
        for lead in after
    ]
    if rows:
        conn.execute(_AFTER_ATTEMPT, rows)


def set_attempts(conn: Connection, lead_id: int, attempts: int) -> None:
    """How many attempts count, when only that changed: an attempt before the lead's last turned out to be another."""
    conn.execute(_SET_ATTEMPTS, {"b_lead_id": lead_id, "attempts": attempts})


def let_expire(conn: Connection, list_id: int, after: int, up_to: int, expires_at: datetime) -> None:
    """The list's leads with ids above `after` and not above `up_to` are dialed no more from then on."""
    mine = and_(leads.c.list_id == list_id, leads.c.id > after, leads.c.id <= up_to)
    conn.execute(update(leads).where(mine).values(expires_at=expires_at))


def mark_contacted(conn: Connection, lead_id: int) -> None:
    """Some attempt reached a person, one before the lead's last; set_after_attempt sees to it for the last one."""
    conn.execute(_CONTACTED, {"b_lead_id": lead_id})


def load(conn: Connection, lead_id: int) -> LeadRecord | None:
    """The lead, or None."""
    row = conn.execute(_RECORDS.where(leads.c.id == lead_id)).one_or_none()
    return None if row is None else LeadRecord(*row)


def lead_fields(conn: Connection, lead_id: int) -> LeadFields | None:
    """What the current version of the lead's list says about it (the newest one that had it, when withdrawn); None when
    there is no such lead.
    """
    return lead_fields_many(conn, [lead_id]).get(lead_id)


def lead_fields_many(conn: Connection, lead_ids: Sequence[int]) -> dict[int, LeadFields]:
    """lead_fields for several: those leads that there are."""
    found: dict[int, LeadFields] = {}
    if lead_ids:
        for lead_id, phone, fields in conn.execute(_FIELDS, {"ids": list(lead_ids)}):
            # The newest version comes first.
            found.setdefault(lead_id, LeadFields(phone, MappingProxyType(fields or {})))
    return found


def span(conn: Connection, list_id: int) -> tuple[int, int]:
    """The lowest and the highest id of the list's leads; (0, -1) when there are none."""
    mine = leads.c.list_id == list_id
    # Two questions, because SQLite answers each from the end of an index, and both at once by a walk.
    lowest, highest = (conn.scalar(select(end(leads.c.id)).where(mine)) for end in (func.min, func.max))
    return lowest or 0, highest or -1


def page(
    conn: Connection,
    *,
    list_id: int | None = None,
    campaign: str | None = None,
    phone: str | None = None,
    disposition: str | None = None,
    limit: int = 50,
    after: int = 0,
) -> list[LeadRecord]:
    """Leads that fit every filter given, in the order of their lists' rows; `after` is the last id of the page before."""
    statement = _RECORDS.where(leads.c.id > after).order_by(leads.c.id).limit(limit)
    filters = (
        (leads.c.list_id, list_id),
        (lists.c.campaign, campaign),
        (leads.c.phone, phone),
        (leads.c.disposition, disposition),
    )
    for column, wanted in filters:
        if wanted is not None:
            statement = statement.where(column == wanted)
    return [LeadRecord(*row) for row in conn.execute(statement)]


_attempt_open = attempts.c.ended_at.is_(None)
_in_call = select(attempts.c.id).where(attempts.c.lead_id == leads.c.id, _attempt_open).exists()
# No IN: its list cannot be used with many rows at once.
_comes_back = func.coalesce(or_(leads.c.closed == WITHDRAWN, leads.c.closed == ON_DNC), false())
_stays_closed = func.coalesce(or_(_comes_back, leads.c.closed == CLOSED_BY_HAND), false())
_b_closed = bindparam("b_closed", type_=leads.c.closed.type)

_CONTACTED = update(leads).where(leads.c.id == bindparam("b_lead_id")).values(contacted=true())
_SET_ATTEMPTS = update(leads).where(leads.c.id == bindparam("b_lead_id")).values(attempts=bindparam("attempts"))
_AFTER_ATTEMPT = (
    update(leads)
    .where(leads.c.id == bindparam("b_lead_id"))
    .values(
        disposition=bindparam("disposition"),
        attempts=bindparam("attempts"),
        last_attempt_at=bindparam("last_attempt_at"),
        due_at=case((or_(_stays_closed, _in_call), None), else_=bindparam("b_due", type_=UtcDateTime)),
        waits_for=case(
            (or_(_stays_closed, _in_call), None), else_=bindparam("b_waits_for", type_=leads.c.waits_for.type)
        ),
        contacted=or_(leads.c.contacted, bindparam("b_contacted", type_=Boolean)),
        # A withdrawn lead that is over for another reason too must not come back when its list has it again, nor one
        # on do-not-call when its entry is removed.
        closed=case(
            (_comes_back, func.coalesce(_b_closed, leads.c.closed)), (_stays_closed, leads.c.closed), else_=_b_closed
        ),
        resume_at=case((_comes_back, bindparam("b_due", type_=UtcDateTime))),
    )
)

_RECORDS: Select[Any] = select(
    leads.c.id,
    leads.c.list_id,
    lists.c.name,
    leads.c.phone,
    leads.c.zone,
    leads.c.priority,
    leads.c.disposition,
    leads.c.attempts,
    leads.c.dials,
    leads.c.due_at,
    leads.c.closed,
    leads.c.last_attempt_at,
    leads.c.created_at,
    _in_call,
    leads.c.expires_at,
).join(lists, lists.c.id == leads.c.list_id)

_FIELDS = (
    select(leads.c.id, leads.c.phone, lead_rows.c.fields)
    .select_from(
        leads.join(lists, lists.c.id == leads.c.list_id).outerjoin(
            lead_rows,
            and_(
                lead_rows.c.lead_id == leads.c.id,
                lead_rows.c.list_id == leads.c.list_id,
                lead_rows.c.from_version <= lists.c.current_version,
            ),
        )
    )
    .where(leads.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(leads.c.id, lead_rows.c.from_version.desc())
)
