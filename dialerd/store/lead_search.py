"""Finding leads by number, by any text of theirs, or by where they are and how they stand, over all lists.

A number, or how it begins, is looked up in the index. Other text is searched for in the rows of the lists, newest first,
by the database itself; it stops at the first hits that fill the page, and after SCAN rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select

from dialerd.store import selection
from dialerd.store.database import Connection
from dialerd.store.filters import begins, spellings
from dialerd.store.leads import LeadRecord, load
from dialerd.store.tables import lead_rows, leads, lists

SCAN = 2_000_000
"""Rows looked through for a text at most; see docs/list-owner.md."""

_STEP = 100_000


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Only leads of this list, of this campaign's lists, with this disposition; None means any."""

    list_id: int | None = None
    campaign: str | None = None
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found. `complete` is False when there may be more: the page is full, or rows were left unsearched."""

    leads: tuple[LeadRecord, ...]
    complete: bool


def by_number(conn: Connection, prefix: str, narrowing: Narrowing, limit: int) -> Hits:
    """Leads whose number is or begins with `prefix` (a plus sign and digits), withdrawn ones too, in order of number."""
    statement = _narrowed(select(leads.c.id).where(begins(prefix)), narrowing).order_by(leads.c.phone, leads.c.list_id)
    ids = list(conn.scalars(statement.limit(limit + 1)))
    return Hits(_records(conn, ids[:limit]), len(ids) <= limit)


def by_words(conn: Connection, words: Sequence[str], narrowing: Narrowing, limit: int) -> Hits:
    """Leads of current versions that have every word somewhere in their fields, in any case; the lists' newest leads come
    first.
    """
    pattern = _patterns(max(words, key=len))
    words = [word.casefold() for word in words]
    highest = (conn.scalar(select(func.max(leads.c.id))) or 0) + 1
    lowest = max(highest - SCAN, 0)
    found: list[int] = []
    top = highest
    while top > lowest and len(found) <= limit:
        bottom = max(top - _STEP, lowest)
        found += _scan(conn, words, pattern, narrowing, bottom, top, limit + 1 - len(found))
        top = bottom
    complete = len(found) <= limit and lowest == 0
    return Hits(_records(conn, found[:limit]), complete)


def by_standing(conn: Connection, narrowing: Narrowing, limit: int) -> Hits:
    """Leads of current versions, the newest first."""
    mine = list(conn.scalars(_lists_of(narrowing)))
    ids: list[int] = []
    # List by list: each has an index in which the wanted leads stand together, in their order.
    for list_id in mine:
        statement = _live_ids().where(leads.c.list_id == list_id)
        if narrowing.disposition is not None:
            statement = statement.where(leads.c.disposition == narrowing.disposition)
        ids += conn.scalars(statement.order_by(leads.c.id.desc()).limit(limit + 1))
    ids.sort(reverse=True)
    return Hits(_records(conn, ids[:limit]), len(ids) <= limit)


def _scan(
    conn: Connection,
    words: Sequence[str],
    patterns: Sequence[str],
    narrowing: Narrowing,
    bottom: int,
    top: int,
    limit: int,
) -> list[int]:
    """The ids above `bottom` and below `top` of leads that fit, the highest first."""
    said = cast(lead_rows.c.fields, Text)
    # SQLite's LIKE takes no notice of case by itself; asked for ILIKE it would make every row lower case first.
    like = said.like if conn.dialect.name == "sqlite" else said.ilike
    may_fit = or_(*(like(pattern, escape="!") for pattern in patterns))
    rows = select(lead_rows.c.lead_id, lead_rows.c.fields).where(
        lead_rows.c.lead_id > bottom, lead_rows.c.lead_id < top, may_fit, lead_rows.c.to_version.is_(None)
    )
    if narrowing.list_id is not None:
        rows = rows.where(lead_rows.c.list_id == narrowing.list_id)
    hits = conn.execution_options(stream_results=True).execute(rows.order_by(lead_rows.c.lead_id.desc()))
    fit: list[int] = []
    with hits:
        for some in hits.partitions(200):
            ids = [lead_id for lead_id, fields in some if _has(fields, words)]
            fit += _live(conn, ids, narrowing)
            if len(fit) >= limit:
                break
    return fit[:limit]


def _live(conn: Connection, ids: Sequence[int], narrowing: Narrowing) -> list[int]:
    if not ids:
        return []
    statement = _narrowed(_live_ids().where(leads.c.id.in_(ids)), narrowing)
    return list(conn.scalars(statement.order_by(leads.c.id.desc())))


def _live_ids() -> Select[Any]:
    return select(leads.c.id).join(lists, lists.c.id == leads.c.list_id).join(lead_rows, selection.LIVE_ROW)


def _records(conn: Connection, ids: Sequence[int]) -> tuple[LeadRecord, ...]:
    found = (load(conn, lead_id) for lead_id in ids)
    return tuple(record for record in found if record is not None)


def _narrowed(statement: Select[Any], narrowing: Narrowing) -> Select[Any]:
    hidden = select(lists.c.id).where(lists.c.deleted_at.is_not(None))
    statement = statement.where(leads.c.list_id.not_in(hidden))
    if narrowing.list_id is not None:
        statement = statement.where(leads.c.list_id == narrowing.list_id)
    if narrowing.campaign is not None:
        statement = statement.where(leads.c.list_id.in_(_lists_of(narrowing)))
    if narrowing.disposition is not None:
        statement = statement.where(leads.c.disposition == narrowing.disposition)
    return statement


def _lists_of(narrowing: Narrowing) -> Select[Any]:
    """The ids of the lists that leads may be in."""
    statement = select(lists.c.id).where(lists.c.deleted_at.is_(None))
    if narrowing.list_id is not None:
        statement = statement.where(lists.c.id == narrowing.list_id)
    if narrowing.campaign is not None:
        statement = statement.where(lists.c.campaign == narrowing.campaign, lists.c.archived_at.is_(None))
    return statement


def _has(fields: dict[str, str], words: Sequence[str]) -> bool:
    values = [value.casefold() for value in fields.values()]
    return all(any(word in value for value in values) for word in words)


def _patterns(word: str) -> list[str]:
    """How the word may stand in the rows: JSON, in which letters beyond ASCII may be escapes, and have no case."""
    written = {
        json.dumps(spelling, ensure_ascii=plain)[1:-1] for spelling in spellings(word) for plain in (True, False)
    }
    return sorted(f"%{_literal(text)}%" for text in written)


def _literal(text: str) -> str:
    return re.sub(r"([!%_])", r"!\1", text)
