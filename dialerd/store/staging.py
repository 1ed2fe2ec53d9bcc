"""Rows of a file into a version that nobody sees yet, some hundred in a transaction; and what of them was known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.importing import Duplicates, Mode, Scope
from dialerd.store import others, versions
from dialerd.store.arming import arm, discard
from dialerd.store.bulk import insert_new
from dialerd.store.database import Connection
from dialerd.store.known import Known, look_up
from dialerd.store.others import Other
from dialerd.store.staged import StagedLead
from dialerd.store.tables import lead_rows, list_buckets, version_known

__all__ = ["PLAIN", "Rules", "StageCounts", "StagedLead", "arm", "discard", "stage"]


@dataclass(frozen=True, slots=True)
class Rules:
    """How rows meet the leads there are, as the person who imports chose; from `expires_at` on the new leads are dialed no
    more.
    """

    mode: Mode = Mode.ADD
    duplicates: Duplicates = Duplicates.SKIP
    scope: Scope = Scope.LIST
    expires_at: datetime | None = None

    @property
    def updates(self) -> bool:
        """A lead that the list has takes what the file says."""
        return self.duplicates is Duplicates.UPDATE or self.scope is Scope.FILE

    @property
    def spreads(self) -> bool:
        """Leads of other lists take what the file says, too."""
        return self.duplicates is Duplicates.UPDATE and self.scope.wide

    @property
    def remembers(self) -> bool:
        """Which known leads the file named is written down: for what to withdraw, and so that its first row counts."""
        return self.updates or self.mode is Mode.REPLACE


PLAIN = Rules()


@dataclass(frozen=True, slots=True)
class StageCounts:
    """Where the rows went: `new` leads were staged, or withdrawn ones came back; `known` numbers are in the list and stay
    as they were; `updated` ones take what the row says, here or in another list that was looked into; `repeated` ones
    came before in this version, or are in another list and stay as they are; `stopped` ones are on do-not-call.
    """

    new: int
    known: int
    repeated: int = 0
    updated: int = 0
    stopped: int = 0


def stage(
    conn: Connection,
    list_id: int,
    version: int,
    rows: Sequence[StagedLead],
    now: datetime,
    *,
    rules: Rules = PLAIN,
    due_at: datetime | None = None,
    buckets: set[tuple[int, str]] | None = None,
) -> StageCounts:
    """Adds the rows to the version. The first row of a number wins. New leads get `due_at`; without it nobody dials them
    before they are armed. `buckets` are the (priority, zone) that are known to be there; it is added to.
    """
    first: dict[str, StagedLead] = {}
    for row in rows:
        first.setdefault(row.phone, row)
    elsewhere = others.look(conn, list_id, first, rules.scope)
    wanted = [row for phone, row in first.items() if phone not in elsewhere]
    known = insert_new(conn, list_id, version, wanted, now, due_at)
    versions.count(conn, list_id, version, **{"born" if due_at else "unarmed": len(wanted) - len(known)})
    _add_buckets(conn, list_id, first.values(), set() if buckets is None else buckets)
    repeats = len(rows) - len(first)
    if not known and not elsewhere:
        return StageCounts(new=len(first), known=0, repeated=repeats)
    met = _meet(conn, list_id, version, [first[phone] for phone in (*known, *elsewhere)], elsewhere, rules)
    versions.count(conn, list_id, version, unarmed=met.back)
    again = 0
    if repeats and not rules.remembers:
        again = sum(row.phone in met.untouched for row in rows if row is not first[row.phone])
    return StageCounts(
        new=len(wanted) - len(known) + met.back,
        known=len(met.untouched) + again,
        repeated=met.repeated + repeats - again,
        updated=met.updated,
    )


@dataclass(frozen=True, slots=True)
class _Met:
    back: int
    updated: int
    repeated: int
    untouched: frozenset[str]


def _meet(
    conn: Connection,
    list_id: int,
    version: int,
    rows: Sequence[StagedLead],
    elsewhere: Mapping[str, Sequence[Other]],
    rules: Rules,
) -> _Met:
    """The rows whose numbers this list or another one has."""
    known = look_up(conn, list_id, [row.phone for row in rows])
    theirs = [other.lead_id for found in elsewhere.values() for other in found] if rules.spreads else []
    mine = [lead.lead_id for lead in known.values()]
    named = _named_before(conn, list_id, version, [*mine, *theirs]) if rules.remembers else frozenset()
    begun: list[tuple[int, StagedLead]] = []
    ended: list[Known] = []
    spread: list[tuple[int, StagedLead]] = []
    untouched: set[str] = set()
    names = set(theirs)
    repeated = updated = 0
    for row in rows:
        there = elsewhere.get(row.phone, ())
        lead = _here(known.get(row.phone), there)
        if _came_before(lead, there, version, named) or (lead is None and not rules.spreads):
            repeated += 1
            continue
        differing = [(other.lead_id, row) for other in there if rules.spreads and other.differs(row)]
        spread += differing
        changes = lead is not None and lead.is_live and rules.updates and lead.differs(row)
        if lead is not None and (changes or not lead.is_live):
            begun.append((lead.lead_id, row))
        elif lead is not None:
            names.add(lead.lead_id)
        if lead is not None and changes:
            ended.append(lead)
        if changes or differing:
            updated += 1
        elif lead is None or lead.is_live:
            untouched.add(row.phone)
    _write(conn, list_id, version, begun, ended)
    others.keep(conn, list_id, version, spread)
    if rules.remembers:
        _name(conn, list_id, version, sorted(names - named))
    return _Met(len(begun) - len(ended), updated, repeated, frozenset(untouched))


def _here(lead: Known | None, there: Sequence[Other]) -> Known | None:
    """The lead as one that the list has, or that comes back to it: one that is withdrawn here and live in another list
    that counts is neither.
    """
    return None if lead is not None and lead.ended and there else lead


def _came_before(lead: Known | None, there: Sequence[Other], version: int, named: Collection[int]) -> bool:
    """Whether an earlier row of the file had the number."""
    if lead is not None:
        return lead.from_version == version or lead.lead_id in named
    return any(other.lead_id in named for other in there)


def _name(conn: Connection, list_id: int, version: int, ids: Iterable[int]) -> None:
    values = [{"list_id": list_id, "version": version, "lead_id": lead_id} for lead_id in ids]
    if values:
        conn.execute(_NAME[conn.dialect.name], values)


def _write(
    conn: Connection,
    list_id: int,
    version: int,
    begun: Sequence[tuple[int, StagedLead]],
    ended: Sequence[Known],
) -> None:
    if ended:
        rows = [{"b_lead_id": lead.lead_id, "b_from": lead.from_version} for lead in ended]
        conn.execute(_END_ROW, [{"b_list_id": list_id, "version": version, **row} for row in rows])
    if begun:
        place = {"list_id": list_id, "from_version": version}
        conn.execute(
            _ADD_ROW,
            [
                {
                    "lead_id": lead_id,
                    "line": row.line,
                    "priority": row.priority,
                    "zone": row.zone,
                    "fields": row.fields,
                    **place,
                }
                for lead_id, row in begun
            ],
        )


def _named_before(conn: Connection, list_id: int, version: int, ids: Sequence[int]) -> frozenset[int]:
    if not ids:
        return frozenset()
    return frozenset(conn.scalars(_NAMED, {"b_list_id": list_id, "version": version, "ids": ids}))


def _add_buckets(conn: Connection, list_id: int, rows: Iterable[StagedLead], there: set[tuple[int, str]]) -> None:
    missing = {(row.priority, row.zone) for row in rows} - there
    if missing:
        values = [{"list_id": list_id, "priority": priority, "zone": zone} for priority, zone in sorted(missing)]
        conn.execute(_ADD_BUCKET[conn.dialect.name], values)
        there |= missing


def _ignoring(table: Any) -> dict[str, Any]:
    builders: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return {name: build(table).on_conflict_do_nothing() for name, build in builders.items()}


_ADD_BUCKET = _ignoring(list_buckets)
_NAME = _ignoring(version_known)
_ADD_ROW = insert(lead_rows)
_ids: Any = bindparam("ids", expanding=True)
_END_ROW = (
    update(lead_rows)
    .where(
        lead_rows.c.lead_id == bindparam("b_lead_id"),
        lead_rows.c.list_id == bindparam("b_list_id"),
        lead_rows.c.from_version == bindparam("b_from"),
    )
    .values(to_version=bindparam("version"))
)
_NAMED = select(version_known.c.lead_id).where(
    version_known.c.list_id == bindparam("b_list_id"),
    version_known.c.version == bindparam("version"),
    version_known.c.lead_id.in_(_ids),
)
