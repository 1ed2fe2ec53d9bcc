"""Do-not-call entries: looked up, added, removed, read page by page. What they do to leads is in dnc_leads.

A number and all its prefixes are looked up in one walk of one index, whatever the number of entries.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, TextualSelect, delete, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.dnc import Entry, Kind, beginnings
from dialerd.store.database import Connection
from dialerd.store.tables import dnc_entries


class Outcome(StrEnum):
    """What became of an entry that was to be added: UPDATED holds longer than before, UNCHANGED held as long already."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are wanted: of any scope, or only those for `campaign` (None: those for all campaigns); from any
    source (None) or from one.
    """

    any_scope: bool = True
    campaign: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its id: entries are read in the order of their ids."""

    entry_id: int
    entry: Entry


def covering(conn: Connection, phones: Collection[str]) -> Mapping[str, tuple[Entry, ...]]:
    """Every entry about each of the numbers, for any campaign, expired ones too. Numbers without any are left out."""
    if not phones:
        return {}
    keys = {key for phone in phones for key in beginnings(phone)}
    by_key: dict[str, list[Entry]] = defaultdict(list)
    for row in conn.execute(_LOOK_UP[conn.dialect.name], {"keys": _many(conn, keys)}):
        entry = _entry(row)
        by_key[entry.number].append(entry)
    if not by_key:
        return {}
    found = {phone: tuple(_about(phone, by_key)) for phone in phones}
    return {phone: entries for phone, entries in found.items() if entries}


def get(conn: Connection, number: str, kind: Kind, campaign: str | None) -> Entry | None:
    """This very entry, or None."""
    row = conn.execute(select(*_COLUMNS).where(_this(number, kind, campaign))).one_or_none()
    return None if row is None else _entry(row)


def add(conn: Connection, entries: Sequence[Entry]) -> list[Outcome]:
    """Adds the entries, no two of them about the same; what became of each. An entry that is there already takes the
    place of nothing and is replaced by what holds longer: adding never shortens.
    """
    if not entries:
        return []
    keys = {entry.number for entry in entries}
    rows = conn.execute(_LOOK_UP[conn.dialect.name], {"keys": _many(conn, keys)})
    there = {_key(entry): entry for entry in map(_entry, rows)}
    outcomes = [_outcome(entry, there.get(_key(entry))) for entry in entries]
    wanted = [
        _values(entry) for entry, outcome in zip(entries, outcomes, strict=True) if outcome is not Outcome.UNCHANGED
    ]
    if wanted:
        conn.execute(_UPSERT[conn.dialect.name], wanted)
    return outcomes


def has_any(conn: Connection) -> bool:
    """Whether there is any entry at all."""
    return conn.execute(_ANY).first() is not None


def has_scope(conn: Connection, campaigns: Collection[str]) -> bool:
    """Whether any entry is for one of these campaigns alone."""
    return (
        conn.execute(_ANY.where(dnc_entries.c.campaign != "", dnc_entries.c.campaign.in_(campaigns))).first()
        is not None
    )


def changed_since(conn: Connection, instant: datetime) -> bool:
    """Whether any entry was added or made to hold longer since then."""
    return conn.execute(_ANY.where(dnc_entries.c.added_at >= instant)).first() is not None


def remove(conn: Connection, number: str, kind: Kind, campaign: str | None) -> Entry | None:
    """Removes this very entry and returns what it was; None when there was none."""
    row = conn.execute(delete(dnc_entries).where(_this(number, kind, campaign)).returning(*_COLUMNS)).one_or_none()
    return None if row is None else _entry(row)


def page(conn: Connection, wanted: EntryFilter, after: int, limit: int) -> list[StoredEntry]:
    """The next entries that fit, those with ids above `after`, at most `limit`."""
    statement = select(dnc_entries.c.id, *_COLUMNS).where(dnc_entries.c.id > after)
    if not wanted.any_scope:
        statement = statement.where(dnc_entries.c.campaign == (wanted.campaign or ""))
    if wanted.source is not None:
        statement = statement.where(dnc_entries.c.source == wanted.source)
    rows = conn.execute(statement.order_by(dnc_entries.c.id).limit(limit))
    return [StoredEntry(row[0], _entry(row[1:])) for row in rows]


def _about(phone: str, by_key: Mapping[str, Sequence[Entry]]) -> Iterable[Entry]:
    for key in beginnings(phone):
        for entry in by_key.get(key, ()):
            if entry.kind is Kind.PREFIX or key == phone:
                yield entry


def _outcome(entry: Entry, there: Entry | None) -> Outcome:
    if there is None:
        return Outcome.ADDED
    return Outcome.UPDATED if entry.outlasts(there) else Outcome.UNCHANGED


def _key(entry: Entry) -> tuple[str, Kind, str | None]:
    return entry.number, entry.kind, entry.campaign


def _this(number: str, kind: Kind, campaign: str | None) -> ColumnElement[bool]:
    scope = dnc_entries.c.campaign == (campaign or "")
    return (dnc_entries.c.number == number) & (dnc_entries.c.kind == kind.value) & scope


def _entry(row: Any) -> Entry:
    number, kind, campaign, *rest = row
    return Entry(number, Kind(kind), campaign or None, *rest)


def _values(entry: Entry) -> dict[str, object]:
    values = {column.name: getattr(entry, column.name) for column in _COLUMNS}
    return {**values, "kind": entry.kind.value, "campaign": entry.campaign or ""}


def _many(conn: Connection, keys: Iterable[str]) -> object:
    """Texts as one parameter: a thousand of their own would cost more than the look-up."""
    return json.dumps(list(keys)) if conn.dialect.name == "sqlite" else list(keys)


_COLUMNS = (
    *(dnc_entries.c.number, dnc_entries.c.kind, dnc_entries.c.campaign, dnc_entries.c.expires_at),
    *(dnc_entries.c.source, dnc_entries.c.reason, dnc_entries.c.added_at, dnc_entries.c.added_by),
)
_ANY = select(dnc_entries.c.id).limit(1)
_NAMES = ", ".join(column.name for column in _COLUMNS)


def _look_up(keys: str) -> TextualSelect:
    return text(f"SELECT {_NAMES} FROM dnc_entries WHERE number {keys}").columns(*_COLUMNS)  # noqa: S608 - our own


_LOOK_UP = {
    "sqlite": _look_up("IN (SELECT value FROM json_each(:keys))"),
    "postgresql": _look_up("= ANY (:keys)"),
}


def _upsert(build: Any) -> Any:
    statement = build(dnc_entries)
    new = statement.excluded
    longer = dnc_entries.c.expires_at.is_not(None) & or_(
        new.expires_at.is_(None), new.expires_at > dnc_entries.c.expires_at
    )
    said = ("expires_at", "source", "reason", "added_at", "added_by")
    return statement.on_conflict_do_update(
        index_elements=["number", "kind", "campaign"], set_={name: new[name] for name in said}, where=longer
    )


_UPSERT = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
