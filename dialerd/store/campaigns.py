"""What the database knows of campaigns: the state they are in. What they are is in their files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.errors import NotFound
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import lists
from dialerd.store.database import Connection
from dialerd.store.tables import campaigns


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign's state. `started_at` is its latest start; `stop_reason` says why it is paused or over, if anyone said."""

    name: str
    state: CampaignState
    state_since: datetime
    started_at: datetime | None
    stop_reason: str | None


def ensure(conn: Connection, names: Iterable[str], now: datetime) -> None:
    """Makes a draft of every campaign named that the database has not seen."""
    rows = [{"name": name, "state": CampaignState.DRAFT.value, "state_since": now} for name in sorted(set(names))]
    if rows:
        insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
        conn.execute(insert(campaigns).on_conflict_do_nothing(), rows)


def get(conn: Connection, name: str, *, lock: bool = False) -> CampaignRecord | None:
    """The campaign, or None. With `lock` nobody claims for it or changes its state before this transaction ends."""
    statement = select(campaigns).where(campaigns.c.name == name)
    row = conn.execute(statement.with_for_update() if lock else statement).one_or_none()
    return None if row is None else _record(row)


def get_state(conn: Connection, name: str, *, lock: bool = False) -> CampaignState:
    """The campaign's state. Raises NotFound when the database has not seen it."""
    record = get(conn, name, lock=lock)
    if record is None:
        raise NotFound(f"campaign {name} does not exist; `dialerd campaign list` shows those that do")
    return record.state


def set_state(conn: Connection, name: str, state: CampaignState, now: datetime, reason: str | None = None) -> None:
    """Puts the campaign into the state; whether it may go there is domain.lifecycle's to say. Entering `active` from any
    state but `paused` is a start. Raises NotFound.
    """
    values: dict[str, Any] = {"state": state.value, "state_since": now, "stop_reason": reason}
    if state is CampaignState.ACTIVE and get_state(conn, name, lock=True) is not CampaignState.PAUSED:
        values["started_at"] = now
    if conn.execute(update(campaigns).where(campaigns.c.name == name).values(**values)).rowcount == 0:
        raise NotFound(f"campaign {name} does not exist; `dialerd campaign list` shows those that do")


def all(conn: Connection) -> list[CampaignRecord]:  # noqa: A001 - campaigns.all() is how it is called
    """Every campaign the database has seen, by name."""
    return [_record(row) for row in conn.execute(_ALL)]


def lists_of(conn: Connection, name: str) -> list[lists.ListRecord]:
    """The campaign's unarchived lists, in the order they were assigned."""
    return lists.page(conn, campaign=name)


def _record(row: Any) -> CampaignRecord:
    return CampaignRecord(row.name, CampaignState(row.state), row.state_since, row.started_at, row.stop_reason)


_ALL = select(campaigns).order_by(campaigns.c.name)
