"""What a person does to single leads: add one, change its fields, close it. Each change is a version of its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, or_, select, update

from dialerd.store import moves, versions
from dialerd.store.arming import RETURN
from dialerd.store.database import Connection
from dialerd.store.leads import CLOSED_BY_HAND, WITHDRAWN, StagedLead
from dialerd.store.tables import attempts, lead_rows, leads, list_versions, lists
from dialerd.store.versions import Buckets, VersionRecord


@dataclass(frozen=True, slots=True)
class LeadVersion:
    """What one version of a list said about a lead. `to_version` is the one that said otherwise, None while it holds;
    `file_name` is the version's file, or in words what was done by hand.
    """

    list_name: str
    from_version: int
    to_version: int | None
    file_name: str
    line: int
    created_at: datetime
    created_by: str
    fields: Mapping[str, str]


def open_version(
    conn: Connection, list_id: int, *, what: str, actor: str, now: datetime, mode: str = "add", worker: str = ""
) -> VersionRecord:
    """A new current version of the list for changes that are each whole by themselves; end it with close_version. Raises
    Refused while another version of the list is unfinished.
    """
    number = versions.begin(
        conn, list_id, file_name=what, sha256="", created_by=actor, now=now, mode=mode, worker=worker
    )
    versions.publish(conn, list_id, number, Buckets(), now)
    record = versions.get(conn, list_id, number)
    if record is None:
        raise AssertionError(f"version {number} was there a statement ago")
    return record


def close_version(conn: Connection, version: VersionRecord, buckets: Buckets, now: datetime) -> None:
    """The version is complete, with these counts. Raises Refused when somebody else has ended it meanwhile."""
    versions.note_step(conn, version, now, buckets=buckets)
    versions.finish(conn, version.list_id, version.number, now)


def add(
    conn: Connection,
    list_id: int,
    lead: StagedLead,
    *,
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> int:
    """Adds the lead, due now, as a version of its own; returns its id. The list must not have the number; see id_of. From
    `expires_at` on it is dialed no more.
    """
    version = open_version(conn, list_id, what="added by hand", actor=actor, now=now)
    row = {"list_id": list_id, "phone": lead.phone, "zone": lead.zone, "priority": lead.priority}
    times = {"due_at": now, "created_at": now, "expires_at": expires_at}
    statement = insert(leads).values(**row, **times).returning(leads.c.id)
    lead_id: int = conn.execute(statement).scalar_one()
    _add_row(conn, lead_id, list_id, version.number, lead.fields)
    moves.add_buckets(conn, list_id, [lead_id])
    close_version(conn, version, Buckets(rows=1, imported=1), now)
    return lead_id


def bring_back(
    conn: Connection,
    lead_id: int,
    lead: StagedLead,
    *,
    list_id: int,
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """The list has its withdrawn lead again, with these fields, as a version of its own; it is due when it would have
    been. One that is closed for another reason, or in a call, stands as it stood.
    """
    version = open_version(conn, list_id, what="added by hand", actor=actor, now=now)
    set_place(conn, lead_id, list_id, priority=lead.priority, zone=lead.zone)
    conn.execute(update(leads).where(leads.c.id == lead_id).values(expires_at=expires_at))
    _add_row(conn, lead_id, list_id, version.number, lead.fields)
    conn.execute(update(leads).where(leads.c.id == lead_id, leads.c.closed == WITHDRAWN).values(**RETURN), {"now": now})
    close_version(conn, version, Buckets(rows=1, imported=1), now)


def edit(conn: Connection, lead_id: int, list_id: int, fields: Mapping[str, str], *, actor: str, now: datetime) -> int:
    """Gives the lead these fields instead of those it has, as a version of its own; returns its number."""
    version = open_version(conn, list_id, what=f"lead {lead_id} changed by hand", actor=actor, now=now)
    ended = and_(lead_rows.c.lead_id == lead_id, lead_rows.c.list_id == list_id, lead_rows.c.to_version.is_(None))
    conn.execute(update(lead_rows).where(ended).values(to_version=version.number))
    _add_row(conn, lead_id, list_id, version.number, fields)
    close_version(conn, version, Buckets(rows=1, updated=1), now)
    return version.number


def set_place(conn: Connection, lead_id: int, list_id: int, *, priority: int, zone: str) -> None:
    """Changes when the lead's turn comes: its priority, and where it is (a key of domain.places)."""
    conn.execute(update(leads).where(leads.c.id == lead_id).values(priority=priority, zone=zone))
    moves.add_buckets(conn, list_id, [lead_id])


def close(conn: Connection, lead_id: int) -> None:
    """The lead is not dialed any more; a call that is up goes on to its end."""
    conn.execute(update(leads).where(leads.c.id == lead_id).values(due_at=None, closed=CLOSED_BY_HAND))


def lock(conn: Connection, lead_id: int) -> None:
    """Nobody else changes the lead before this transaction ends."""
    conn.execute(select(leads.c.id).where(leads.c.id == lead_id).with_for_update())


def is_live(conn: Connection, lead_id: int) -> bool:
    """Whether the current version of its list has the lead."""
    row = and_(
        lead_rows.c.lead_id == leads.c.id,
        lead_rows.c.list_id == leads.c.list_id,
        lead_rows.c.from_version <= lists.c.current_version,
        or_(lead_rows.c.to_version.is_(None), lead_rows.c.to_version > lists.c.current_version),
    )
    statement = select(leads.c.id).join(lists, lists.c.id == leads.c.list_id).join(lead_rows, row)
    return conn.execute(statement.where(leads.c.id == lead_id)).first() is not None


def in_call(conn: Connection, lead_id: int) -> bool:
    """Whether the lead has an attempt that has not ended."""
    statement = select(attempts.c.id).where(attempts.c.lead_id == lead_id, attempts.c.ended_at.is_(None))
    return conn.execute(statement).first() is not None


def id_of(conn: Connection, list_id: int, phone: str) -> int | None:
    """The list's lead of that number, withdrawn or not, or None."""
    lead_id: int | None = conn.scalar(select(leads.c.id).where(leads.c.phone == phone, leads.c.list_id == list_id))
    return lead_id


def versions_of(conn: Connection, lead_id: int) -> list[LeadVersion]:
    """What versions of its lists said about the lead, the oldest first."""
    return [LeadVersion(*row) for row in conn.execute(_VERSIONS.where(lead_rows.c.lead_id == lead_id))]


def _add_row(conn: Connection, lead_id: int, list_id: int, version: int, fields: Mapping[str, str]) -> None:
    row: dict[str, Any] = {"lead_id": lead_id, "list_id": list_id, "from_version": version, "line": 1}
    now_is = select(leads.c.priority, leads.c.zone).where(leads.c.id == lead_id)
    priority, zone = conn.execute(now_is).one()
    conn.execute(insert(lead_rows).values(**row, priority=priority, zone=zone, fields=dict(fields)))


_of_version = and_(list_versions.c.list_id == lead_rows.c.list_id, list_versions.c.number == lead_rows.c.from_version)
_VERSIONS = (
    select(
        lists.c.name,
        lead_rows.c.from_version,
        lead_rows.c.to_version,
        list_versions.c.file_name,
        lead_rows.c.line,
        list_versions.c.created_at,
        list_versions.c.created_by,
        lead_rows.c.fields,
    )
    .join(lists, lists.c.id == lead_rows.c.list_id)
    .join(list_versions, _of_version)
    .order_by(list_versions.c.created_at, lead_rows.c.list_id, lead_rows.c.from_version)
)
