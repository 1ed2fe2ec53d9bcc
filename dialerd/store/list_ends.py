"""The later life of a list: archived and back, or removed for good. What is long is done in small steps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, func, literal, select, tuple_, update

from dialerd.domain.errors import Refused
from dialerd.domain.lifecycle import VersionState
from dialerd.store.database import Connection
from dialerd.store.lists import ListRecord, by_id
from dialerd.store.tables import (
    attempts,
    lead_rows,
    leads,
    list_versions,
    lists,
    other_updates,
    rejects,
    reset_leads,
    resets,
    version_known,
)


def archived(conn: Connection, name: str) -> list[ListRecord]:
    """The archived lists of that name, the newest first; those on their way out are not among them."""
    return _named(conn, name, deleting=False)


def deleting(conn: Connection, name: str) -> list[ListRecord]:
    """The lists of that name whose removal has begun and not ended."""
    return _named(conn, name, deleting=True)


def unarchive(conn: Connection, list_id: int, name: str, now: datetime) -> None:
    """Shows the list again, under this name. Raises Refused when an unarchived list has it."""
    taken = select(lists.c.id).where(lists.c.name == name, lists.c.archived_at.is_(None))
    if conn.execute(taken).first() is not None:
        raise Refused(
            f"list {name} exists already, and names are unique among unarchived lists: "
            "give the archived one another name with --as"
        )
    conn.execute(update(lists).where(lists.c.id == list_id).values(archived_at=None, name=name, changed_at=now))


def is_there(conn: Connection, list_id: int) -> bool:
    """Whether there is such a list, archived or not, whose removal has not begun."""
    mine = select(lists.c.id).where(lists.c.id == list_id, lists.c.deleted_at.is_(None))
    return conn.execute(mine).first() is not None


def calls_up(conn: Connection, list_id: int) -> int:
    """How many attempts on the list's leads have not ended."""
    mine = and_(attempts.c.ended_at.is_(None), attempts.c.list_id == list_id)
    number: int = conn.execute(select(func.count()).select_from(attempts).where(mine)).scalar_one()
    return number


def being_imported(conn: Connection, list_id: int) -> bool:
    """Whether a version of the list is on its way in or out."""
    states = [state.value for state in VersionState if state.unfinished]
    mine = select(list_versions.c.number).where(list_versions.c.list_id == list_id, list_versions.c.state.in_(states))
    return conn.execute(mine).first() is not None


def left_over(conn: Connection, before: datetime) -> list[int]:
    """The lists whose removal began before that and has not ended."""
    return list(conn.scalars(select(lists.c.id).where(lists.c.deleted_at < before).order_by(lists.c.id)))


def mark_deleted(conn: Connection, list_id: int, now: datetime) -> None:
    """Begins the removal: from now on the list is in no view and no campaign, and its name is free."""
    archived_at = func.coalesce(lists.c.archived_at, literal(now, type_=lists.c.archived_at.type))
    gone = {"deleted_at": now, "archived_at": archived_at, "campaign": None, "changed_at": now}
    conn.execute(update(lists).where(lists.c.id == list_id).values(**gone))


def remove_step(conn: Connection, list_id: int, step: int) -> int:
    """Removes up to `step` leads of the list with all that versions said about them; returns how many."""
    ids = list(conn.scalars(select(leads.c.id).where(leads.c.list_id == list_id).order_by(leads.c.id).limit(step)))
    if ids:
        conn.execute(delete(lead_rows).where(lead_rows.c.lead_id.in_(ids)))
        conn.execute(delete(leads).where(leads.c.id.in_(ids)))
    return len(ids)


def remove_around(conn: Connection, list_id: int, step: int) -> int:
    """Removes up to `step` of each kind of what the list keeps beside its leads: rejected rows, the memory of resets, what
    its versions said about leads that have moved on. Returns how many.
    """
    number = 0
    for table, key in _AROUND:
        some = select(*(table.c[name] for name in key)).where(table.c.list_id == list_id).limit(step)
        found = conn.execute(some).all()
        if found:
            conn.execute(
                delete(table).where(tuple_(*(table.c[name] for name in key)).in_([tuple(row) for row in found]))
            )
        number += len(found)
    return number + _remove_memories(conn, list_id, step)


def remove(conn: Connection, list_id: int) -> None:
    """Removes the list itself, with its versions, once nothing hangs on it. Their files are left to originals.drop_unused:
    one may be large, and of several versions.
    """
    conn.execute(delete(list_versions).where(list_versions.c.list_id == list_id))
    conn.execute(delete(lists).where(lists.c.id == list_id))


def _remove_memories(conn: Connection, list_id: int, step: int) -> int:
    ids = select(resets.c.id).where(resets.c.list_id == list_id)
    some = select(reset_leads.c.reset_id, reset_leads.c.lead_id).where(reset_leads.c.reset_id.in_(ids)).limit(step)
    found = [tuple(row) for row in conn.execute(some)]
    if found:
        conn.execute(delete(reset_leads).where(tuple_(reset_leads.c.reset_id, reset_leads.c.lead_id).in_(found)))
    return len(found)


def _named(conn: Connection, name: str, *, deleting: bool) -> list[ListRecord]:
    gone = lists.c.deleted_at.is_not(None) if deleting else lists.c.deleted_at.is_(None)
    statement = select(lists.c.id).where(lists.c.name == name, lists.c.archived_at.is_not(None), gone)
    ids = conn.scalars(statement.order_by(lists.c.archived_at.desc(), lists.c.id.desc())).all()
    return [record for record in (by_id(conn, list_id) for list_id in ids) if record is not None]


_AROUND = (
    (rejects, ("list_id", "version", "line")),
    (version_known, ("list_id", "version", "lead_id")),
    (other_updates, ("list_id", "version", "lead_id")),
    (lead_rows, ("lead_id", "list_id", "from_version")),
)
