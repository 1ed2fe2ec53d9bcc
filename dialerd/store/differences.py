"""What differs between two versions of a list, and making an earlier one the newest again."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, bindparam, insert, or_, select, tuple_, union, update

from dialerd.store.arming import EVERY
from dialerd.store.database import Connection
from dialerd.store.tables import lead_rows, leads

_PAGE = 1000


class Change(StrEnum):
    """What became of a lead from the one version to the other."""

    ADDED = "added"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Said:
    """What a version says about a lead; it says so since `from_version`."""

    from_version: int
    line: int
    priority: int
    zone: str
    fields: Mapping[str, str]

    def same_as(self, other: Said) -> bool:
        """Whether both say the same, wherever they stand in their files."""
        return (self.priority, self.zone, self.fields) == (other.priority, other.zone, other.fields)


@dataclass(frozen=True, slots=True)
class Difference:
    """One lead about which two versions differ. `here` is False when it was moved to another list since."""

    lead_id: int
    phone: str
    here: bool
    before: Said | None
    after: Said | None

    @property
    def differs(self) -> bool:
        """Whether it differs at all."""
        old, new = self.before, self.after
        return bool(old or new) and not (old and new and old.same_as(new))

    @property
    def change(self) -> Change:
        """How it differs."""
        if self.before is None:
            return Change.ADDED
        return Change.WITHDRAWN if self.after is None else Change.CHANGED


def differences(conn: Connection, list_id: int, before: int, after: int) -> Generator[Difference, None, None]:
    """The leads about which the two versions differ, in the order of the list. They stream: give a connection that stays
    open while they are read.
    """
    values = {
        "b_list_id": list_id,
        "before": before,
        "after": after,
        "low": min(before, after),
        "high": max(before, after),
    }
    # Closed with the generator: a cursor left open would keep SQLite's old state, and its connection could not write.
    with conn.execute(_DIFFERENCES, values) as rows:
        for row in rows:
            difference = _difference(row, list_id)
            if difference.differs:
                yield difference


def differ(conn: Connection, list_id: int, before: int, after: int) -> bool:
    """Whether the two versions differ about a lead that is still in the list."""
    with closing(differences(conn, list_id, before, after)) as found:
        return any(difference.here for difference in found)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a walk through what happened between two versions has come: first to what began, then to what ended."""

    ended: bool
    version: int
    lead_id: int


def touched(
    conn: Connection, list_id: int, before: int, after: int, place: Place | None, limit: int
) -> tuple[list[int], Place | None]:
    """The next leads about which the versions may differ, up to `limit`, and the place to go on from; None at the
    beginning and at the end. Some may come twice. Each call may be a transaction of its own, if the list's versions stay
    as they are meanwhile.
    """
    low, high = min(before, after), max(before, after)
    here = place or Place(ended=False, version=low, lead_id=EVERY)
    values = {"b_list_id": list_id, "version": here.version, "after": here.lead_id, "high": high, "limit": limit}
    found = conn.execute(_ENDED if here.ended else _BEGUN, values).all()
    ids = [row.lead_id for row in found]
    if len(found) == limit:
        return ids, Place(here.ended, *found[-1])
    return ids, None if here.ended else Place(ended=True, version=low, lead_id=EVERY)


def restore(conn: Connection, list_id: int, before: int, after: int, version: int, ids: Sequence[int]) -> int:
    """Stages, into `version`, what these leads are to be: as version `after` says, where `before` is the newest. Leads
    that are not in the list any more are left alone, and so are those of an earlier call. Returns how many are new in
    `version`.
    """
    done = set(conn.scalars(_DONE, {"ids": ids, "b_list_id": list_id, "version": version}))
    values = {"b_list_id": list_id, "before": before, "after": after, "ids": [each for each in ids if each not in done]}
    found = [_difference(row, list_id) for row in conn.execute(_OF_LEADS, values)]
    step = [item for item in found if item.here and item.differs]
    _write(conn, list_id, version, step)
    return sum(item.change is Change.ADDED for item in step)


def _write(conn: Connection, list_id: int, version: int, step: Sequence[Difference]) -> None:
    ended = [item for item in step if item.before is not None]
    begun = [(item, item.after) for item in step if item.after is not None]
    place = {"b_list_id": list_id, "version": version}
    if ended:
        conn.execute(_END, [{"b_lead_id": item.lead_id, **place} for item in ended])
    if begun:
        conn.execute(
            _BEGIN,
            [
                {
                    "lead_id": item.lead_id,
                    "list_id": list_id,
                    "from_version": version,
                    "line": said.line,
                    "priority": said.priority,
                    "zone": said.zone,
                    "fields": dict(said.fields),
                }
                for item, said in begun
            ],
        )


def _difference(row: Any, list_id: int) -> Difference:
    lead_id, phone, home, *said = row
    return Difference(lead_id, phone, home == list_id, _said(said[:5]), _said(said[5:]))


def _said(row: Sequence[Any]) -> Said | None:
    return None if row[0] is None else Said(*row)


_old, _new = lead_rows.alias("old"), lead_rows.alias("new")
_low: Any = bindparam("low")
_high: Any = bindparam("high")
_of_list = lead_rows.c.list_id == bindparam("b_list_id")
# Only leads of which a row began or ended in between can differ: far fewer than the list has.
_touched = union(
    select(lead_rows.c.lead_id).where(_of_list, lead_rows.c.from_version > _low, lead_rows.c.from_version <= _high),
    select(lead_rows.c.lead_id).where(_of_list, lead_rows.c.to_version > _low, lead_rows.c.to_version <= _high),
).subquery()


def _holds(rows: Any, version: str) -> Any:
    number: Any = bindparam(version)
    return and_(
        rows.c.lead_id == leads.c.id,
        # "+ 0": by the lead, never by a walk through the list (see arming).
        rows.c.list_id + 0 == bindparam("b_list_id"),
        rows.c.from_version + 0 <= number,
        or_(rows.c.to_version.is_(None), rows.c.to_version > number),
    )


_columns = ("from_version", "line", "priority", "zone", "fields")


def _compared(some_leads: Any) -> Any:
    return select(
        leads.c.id,
        leads.c.phone,
        leads.c.list_id,
        *(_old.c[name].label(f"old_{name}") for name in _columns),
        *(_new.c[name].label(f"new_{name}") for name in _columns),
    ).select_from(some_leads.outerjoin(_old, _holds(_old, "before")).outerjoin(_new, _holds(_new, "after")))


_DIFFERENCES = (
    _compared(_touched.join(leads, leads.c.id == _touched.c.lead_id))
    .order_by(leads.c.id)
    .execution_options(yield_per=_PAGE)
)
_OF_LEADS = _compared(leads).where(leads.c.id.in_(bindparam("ids", expanding=True)))
_END = (
    update(lead_rows)
    .where(
        lead_rows.c.lead_id == bindparam("b_lead_id"),
        _of_list,
        lead_rows.c.to_version.is_(None),
        lead_rows.c.from_version < bindparam("version"),
    )
    .values(to_version=bindparam("version"))
)
_BEGIN = insert(lead_rows)


def _walk(column: Any) -> Any:
    """What happened in the versions up to `high`, in the order of an index, behind a place in it."""
    at = (column, lead_rows.c.lead_id)
    behind = tuple_(*at) > tuple_(bindparam("version"), bindparam("after"))
    return select(*at).where(_of_list, column <= _high, behind).order_by(*at).limit(bindparam("limit"))


_BEGUN, _ENDED = _walk(lead_rows.c.from_version), _walk(lead_rows.c.to_version)
_ids: Any = bindparam("ids", expanding=True)
_DONE = select(lead_rows.c.lead_id).where(
    lead_rows.c.lead_id.in_(_ids),
    or_(lead_rows.c.from_version + 0 == bindparam("version"), lead_rows.c.to_version + 0 == bindparam("version")),
    lead_rows.c.list_id + 0 == bindparam("b_list_id"),
)
