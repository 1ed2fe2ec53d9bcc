"""Finding leads by number or by any text of theirs, over all lists.

A number, or how it begins, is looked up in the index. Other text is searched for in the rows of the lists, newest first,
by the database itself; it stops at the first hits that fill the page, and after SCAN rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, and_, cast, func, or_, select

from dialerd.store import selection
from dialerd.store.database import Connection
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
    # Digits follow digits in every collation; 16 nines are behind every number.
    fits = and_(leads.c.phone >= prefix, leads.c.phone <= prefix + "9" * 16)
    statement = _narrowed(select(leads.c.id).where(fits), narrowing).order_by(leads.c.phone, leads.c.list_id)
    ids = list(conn.scalars(statement.limit(limit + 1)))
    return Hits(_records(conn, ids[:limit]), len(ids) <= limit)


def by_text(conn: Connection, text: str, narrowing: Narrowing, limit: int) -> Hits:
    """Leads of current versions that have every word of the text somewhere in their fields, in any case; the lists'
    newest leads come first.
    """
    words = text.casefold().split()
    pattern = _patterns(max(text.split(), key=len))
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
    statement = select(leads.c.id).join(lists, lists.c.id == leads.c.list_id).join(lead_rows, selection.LIVE_ROW)
    return list(conn.scalars(_narrowed(statement.where(leads.c.id.in_(ids)), narrowing).order_by(leads.c.id.desc())))


def _records(conn: Connection, ids: Sequence[int]) -> tuple[LeadRecord, ...]:
    found = (load(conn, lead_id) for lead_id in ids)
    return tuple(record for record in found if record is not None)


def _narrowed(statement: Select[Any], narrowing: Narrowing) -> Select[Any]:
    hidden = select(lists.c.id).where(lists.c.deleted_at.is_not(None))
    statement = statement.where(leads.c.list_id.not_in(hidden))
    if narrowing.list_id is not None:
        statement = statement.where(leads.c.list_id == narrowing.list_id)
    if narrowing.campaign is not None:
        mine = select(lists.c.id).where(lists.c.campaign == narrowing.campaign, lists.c.archived_at.is_(None))
        statement = statement.where(leads.c.list_id.in_(mine))
    if narrowing.disposition is not None:
        statement = statement.where(leads.c.disposition == narrowing.disposition)
    return statement


def _has(fields: dict[str, str], words: Sequence[str]) -> bool:
    values = [value.casefold() for value in fields.values()]
    return all(any(word in value for value in values) for word in words)


def _patterns(word: str) -> list[str]:
    """How the word may stand in the rows: JSON, in which letters beyond ASCII may be escapes, and have no case."""
    spellings = {word, word.lower(), word.upper(), word.capitalize(), word.title()}
    written = {json.dumps(spelling, ensure_ascii=plain)[1:-1] for spelling in spellings for plain in (True, False)}
    return sorted(f"%{_literal(text)}%" for text in written)


def _literal(text: str) -> str:
    return re.sub(r"([!%_])", r"!\1", text)
