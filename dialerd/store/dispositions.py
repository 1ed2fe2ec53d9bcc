"""Dispositions as they were last used, and the leads that have to be judged anew when a flag changed.

Leads are walked in the order of their ids, a bounded stretch in each question, so that no question lasts long however
few of millions have the disposition.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.dispositions import Flags
from dialerd.store import selection
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, dispositions, lead_rows, leads, lists

SCAN = 50_000
"""Leads looked through in one question."""


@dataclass(frozen=True, slots=True)
class Used:
    """A disposition with the flags it is used with. `standing_after`, `contacted_after` and `numbers_after`: the last lead
    that was looked at since they changed; None when there is nothing to look at any more.
    """

    name: str
    flags: Flags
    standing_after: int | None = None
    contacted_after: int | None = None
    numbers_after: int | None = None

    @property
    def pending(self) -> bool:
        """Leads have still to be looked at."""
        return (self.standing_after, self.contacted_after, self.numbers_after) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead to be judged anew: what the recycling rules look at. `ended_at` is when its last call ended, `zone` where it
    is (domain.places).
    """

    lead_id: int
    campaign: str | None
    attempts: int
    zone: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a lead: due at `due_at`, or closed for the reason in `closed`."""

    lead_id: int
    due_at: datetime | None
    closed: str | None


def used(conn: Connection, name: str | None = None, *, lock: bool = False) -> dict[str, Used]:
    """The dispositions by name, all or that one. With `lock` nobody else changes them before this transaction ends."""
    statement = select(dispositions).order_by(dispositions.c.name)
    if name is not None:
        statement = statement.where(dispositions.c.name == name)
    rows = conn.execute(statement.with_for_update() if lock else statement)
    return {row.name: _used(row) for row in rows}


def _used(row: Any) -> Used:
    return Used(row.name, Flags(**row.flags), row.standing_after, row.contacted_after, row.numbers_after)


def put(conn: Connection, entry: Used) -> None:
    """Writes the disposition down, in the place of what was there."""
    build = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    values = {**asdict(entry), "flags": asdict(entry.flags)}
    statement = build(dispositions).values(**values)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def move_on(conn: Connection, entry: Used, **after: int | None) -> Used:
    """Notes how far the walk is: `standing_after`, `contacted_after` or `numbers_after`."""
    conn.execute(update(dispositions).where(dispositions.c.name == entry.name).values(**after))
    return replace(entry, **after)  # type: ignore[arg-type] # these are the only ones


def to_judge(
    conn: Connection, name: str, reasons: Sequence[str], after: int, limit: int
) -> tuple[list[int], int | None]:
    """Leads with the disposition that the current version of their list has, with ids above `after`: those that are due
    some time when there are no `reasons`, else those that are closed for one of them. And the id to go on from, None
    when there are no more leads.
    """
    return _stretch(conn, _standing(name, reasons), after, limit)


def settle(conn: Connection, name: str, reasons: Sequence[str], ids: Sequence[int]) -> list[Standing]:
    """Those of the leads that may be changed in this transaction (selection.settle)."""
    held = selection.settle(conn, ids, _standing(name, reasons))
    if not held:
        return []
    return [Standing(*row) for row in conn.execute(_DETAILS, {"ids": held})]


def set_judged(conn: Connection, judged: Sequence[Judged]) -> None:
    """Gives the leads their due time or the reason why they are closed; `settle` gave them in this transaction."""
    if judged:
        conn.execute(
            _SET, [{"b_lead_id": lead.lead_id, "b_due": lead.due_at, "b_closed": lead.closed} for lead in judged]
        )


def called_so(conn: Connection, name: str, after: int, limit: int) -> tuple[list[int], int | None]:
    """Leads some call of which ended so, at any time, with ids above `after`; and the id to go on from, as to_judge."""
    ended_so = select(attempts.c.lead_id).where(attempts.c.lead_id == leads.c.id, attempts.c.disposition == name)
    return _stretch(conn, select(leads.c.id).where(ended_so.exists()), after, limit)


@dataclass(frozen=True, slots=True)
class Ended:
    """A lead with its number, and the campaign whose call ended so last; None when no call did."""

    lead_id: int
    phone: str
    campaign: str | None


def numbers(conn: Connection, name: str, after: int, limit: int) -> tuple[list[Ended], int | None]:
    """All leads with the disposition, with ids above `after`; and the id to go on from, as to_judge."""
    ids, following = _stretch(conn, select(leads.c.id).where(leads.c.disposition == name), after, limit)
    last = (
        select(attempts.c.campaign)
        .where(attempts.c.lead_id == leads.c.id, attempts.c.disposition == name)
        .order_by(attempts.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = conn.execute(select(leads.c.id, leads.c.phone, last).where(leads.c.id.in_(ids)).order_by(leads.c.id))
    return [Ended(*row) for row in found], following


def recount_contacted(conn: Connection, ids: Sequence[int], nobody: Collection[str]) -> int:
    """Whether a call of each of the leads reached a person, where `nobody` are the dispositions that reach none. Returns
    how many leads it changed.
    """
    if not ids:
        return 0
    return int(conn.execute(_CONTACTED, {"ids": list(ids), "nobody": list(nobody)}).rowcount)


def _standing(name: str, reasons: Sequence[str]) -> selection.Chosen:
    where = leads.c.closed.in_(reasons) if reasons else and_(leads.c.closed.is_(None), leads.c.due_at.is_not(None))
    return (
        select(leads.c.id)
        .join(lists, lists.c.id == leads.c.list_id)
        .join(lead_rows, selection.LIVE_ROW)
        .where(leads.c.disposition == name, where)
    )


def _stretch(conn: Connection, chosen: selection.Chosen, after: int, limit: int) -> tuple[list[int], int | None]:
    last = conn.scalar(_LAST, {"after": after, "scan": SCAN})
    if last is None:
        return [], None
    found = list(conn.scalars(chosen.where(leads.c.id > after, leads.c.id <= last).order_by(leads.c.id).limit(limit)))
    return found, found[-1] if len(found) == limit else int(last)


_ids: Any = bindparam("ids", expanding=True)
_of_stretch = select(leads.c.id).where(leads.c.id > bindparam("after")).order_by(leads.c.id).limit(bindparam("scan"))
_LAST = select(func.max(_of_stretch.subquery().c.id))
_last_call = and_(attempts.c.lead_id == leads.c.id, attempts.c.number == leads.c.dials)
_DETAILS = (
    select(
        *(leads.c.id, lists.c.campaign, leads.c.attempts, leads.c.zone),
        func.max(attempts.c.ended_at, type_=attempts.c.ended_at.type),
    )
    .select_from(leads.join(lists, lists.c.id == leads.c.list_id).outerjoin(attempts, _last_call))
    .where(leads.c.id.in_(_ids))
    .group_by(leads.c.id, lists.c.campaign, leads.c.attempts, leads.c.zone)
    .order_by(leads.c.id)
)
_SET = (
    update(leads)
    .where(leads.c.id == bindparam("b_lead_id"))
    .values(due_at=bindparam("b_due"), closed=bindparam("b_closed"), waits_for=None)
)
_reached = (
    select(attempts.c.id)
    .where(
        attempts.c.lead_id == leads.c.id,
        attempts.c.disposition.is_not(None),
        attempts.c.disposition.not_in(bindparam("nobody", expanding=True)),
    )
    .exists()
)
_CONTACTED = (
    update(leads)
    .where(
        leads.c.id.in_(_ids),
        or_(and_(leads.c.contacted, ~_reached), and_(~leads.c.contacted, _reached)),
    )
    .values(contacted=~leads.c.contacted)
)
