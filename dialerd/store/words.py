"""What is said about calls while they are up: the disposition they are to end with, and facts that go with the lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.facts import AttemptState
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, attributes


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact about a lead: what it was said to be in the newest call that said anything about it."""

    lead_id: int
    attempt_id: str
    name: str
    value: str
    at: datetime


def say(conn: Connection, said: Sequence[tuple[str, str, datetime | None]]) -> None:
    """What answered attempts are to end as, in the place of what was said before: attempt id, disposition, and when the
    called party asked to be called again. Does nothing to others.
    """
    names = ("b_id", "said", "callback_at")
    if said:
        conn.execute(_SAY, [dict(zip(names, word, strict=True)) for word in said])


def note_amd(conn: Connection, attempt_id: str, status: str, cause: str) -> None:
    """What answering machine detection found on an attempt's call; nothing for one that has ended."""
    conn.execute(_AMD, {"b_id": attempt_id, "amd_status": status, "amd_cause": cause})


def attach(conn: Connection, attempt_id: str, lead_id: int, values: Mapping[str, str], now: datetime) -> None:
    """Facts that go with the attempt and its lead, in the place of what this attempt said under the same names."""
    build = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = build(attributes)
    changed = {"value": statement.excluded.value, "at": statement.excluded.at}
    rows = [
        {"attempt_id": attempt_id, "name": name, "lead_id": lead_id, "value": value, "at": now}
        for name, value in values.items()
    ]
    if rows:
        conn.execute(statement.on_conflict_do_update(index_elements=["attempt_id", "name"], set_=changed), rows)


def names_of(conn: Connection, attempt_id: str) -> frozenset[str]:
    """The names of the facts that go with the attempt."""
    return frozenset(conn.scalars(select(attributes.c.name).where(attributes.c.attempt_id == attempt_id)))


def attributes_of(conn: Connection, lead_ids: Sequence[int]) -> dict[int, dict[str, Attribute]]:
    """The facts about each of the leads that has any, by name."""
    found: dict[int, dict[str, Attribute]] = {}
    if lead_ids:
        for row in conn.execute(_ATTRIBUTES, {"ids": list(lead_ids)}):
            # The newest attempt comes last.
            found.setdefault(row.lead_id, {})[row.name] = Attribute(*row)
    return found


NO_ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType({})

_ids: Any = bindparam("ids", expanding=True)
_SAY = (
    update(attempts)
    .where(attempts.c.id == bindparam("b_id"), attempts.c.state == AttemptState.ANSWERED.value)
    .values(said=bindparam("said"), callback_at=bindparam("callback_at"))
)
_AMD = (
    update(attempts)
    .where(attempts.c.id == bindparam("b_id"), attempts.c.state == AttemptState.ANSWERED.value)
    .values(amd_status=bindparam("amd_status"), amd_cause=bindparam("amd_cause"))
)
_ATTRIBUTES = (
    select(
        *(attributes.c.lead_id, attributes.c.attempt_id, attributes.c.name, attributes.c.value, attributes.c.at),
    )
    .where(attributes.c.lead_id.in_(_ids))
    .order_by(attributes.c.lead_id, attributes.c.attempt_id)
)
