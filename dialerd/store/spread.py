"""Taking over, in other lists, what the file of a version said about their leads; a few hundred in a transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from dialerd.domain.lifecycle import VersionState
from dialerd.store import arming, moves, selection
from dialerd.store.database import Connection
from dialerd.store.tables import lead_rows, leads, list_versions, lists, other_updates


@dataclass(frozen=True, slots=True)
class Taken:
    """Of `looked_at` leads `changed` took what the file says. The others had gone or said so already."""

    looked_at: int
    changed: int


def pending(conn: Connection) -> list[tuple[int, int]]:
    """The versions, by list and number, that are in and whose file says something about leads of other lists."""
    return [(list_id, number) for list_id, number in conn.execute(_PENDING)]


def next_list(conn: Connection, list_id: int, version: int, but: Collection[int]) -> int | None:
    """A list, none of `but`, with leads about which the version's file says something; None when there is none."""
    found: int | None = conn.scalar(_NEXT_LIST, {**_place(list_id, version), "but": list(but)})
    return found


def take(conn: Connection, list_id: int, version: int, target: int, number: int, step: int) -> Taken:
    """Lets up to `step` leads of the list `target` say, from its version `number` on, what the file of the other version
    says. Their standing stays, also in a call.
    """
    place = {**_place(list_id, version), "target": target}
    said = {row["lead_id"]: row for row in conn.execute(_SAID, {**place, "step": step}).mappings()}
    if not said:
        return Taken(0, 0)
    live = conn.execute(selection.live(target).where(leads.c.id.in_(said)).with_only_columns(*_LIVE)).mappings()
    changed = [row["id"] for row in live if _content(row) != _content(said[row["id"]])]
    if changed:
        conn.execute(_END, {"ids": changed, "target": target, "number": number})
        begun = {"list_id": target, "from_version": number}
        conn.execute(insert(lead_rows), [{**said[lead_id], **begun} for lead_id in changed])
        arming.take_rows(conn, target, number, changed)
        moves.add_buckets(conn, target, changed)
    conn.execute(_DONE, {**_place(list_id, version), "ids": list(said)})
    return Taken(len(said), len(changed))


def _place(list_id: int, version: int) -> dict[str, int]:
    return {"b_list_id": list_id, "b_version": version}


def _content(row: Any) -> tuple[object, ...]:
    return row["priority"], row["zone"], row["fields"]


_of_version = and_(other_updates.c.list_id == bindparam("b_list_id"), other_updates.c.version == bindparam("b_version"))
_ids: Any = bindparam("ids", expanding=True)
_PENDING = (
    select(other_updates.c.list_id, other_updates.c.version)
    .distinct()
    .join(
        list_versions,
        and_(list_versions.c.list_id == other_updates.c.list_id, list_versions.c.number == other_updates.c.version),
    )
    .where(list_versions.c.state == VersionState.ARMED.value)
)
_NEXT_LIST = (
    select(leads.c.list_id)
    .select_from(
        other_updates.join(leads, leads.c.id == other_updates.c.lead_id).join(lists, lists.c.id == leads.c.list_id)
    )
    .where(_of_version, lists.c.archived_at.is_(None), leads.c.list_id.not_in(bindparam("but", expanding=True)))
    .limit(1)
)
_SAID = (
    select(*(other_updates.c[name] for name in ("lead_id", "line", "priority", "zone", "fields")))
    .join(leads, leads.c.id == other_updates.c.lead_id)
    .where(_of_version, leads.c.list_id == bindparam("target"))
    .order_by(other_updates.c.lead_id)
    .limit(bindparam("step"))
)
_LIVE = (leads.c.id, lead_rows.c.priority, lead_rows.c.zone, lead_rows.c.fields)
_END = (
    update(lead_rows)
    .where(lead_rows.c.lead_id.in_(_ids), lead_rows.c.list_id == bindparam("target"), lead_rows.c.to_version.is_(None))
    .values(to_version=bindparam("number"))
)
_DONE = delete(other_updates).where(_of_version, other_updates.c.lead_id.in_(_ids))
