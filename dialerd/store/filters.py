"""Which leads somebody means, besides their list: by disposition, attempts, fields, number and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, column, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from dialerd.store.tables import lead_rows, leads


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Leads that fit all of it; what is empty or None fits every lead.

    `least` and `most` are of the attempts that count. `fields` are (name, text) that must be just so, an empty text that
    the lead has no such field. `begins` is a number or how it begins, with its plus sign; `words` are all to be somewhere
    in its fields, in any case. `ids` are single leads.
    """

    dispositions: frozenset[str] = frozenset()
    least: int | None = None
    most: int | None = None
    fields: tuple[tuple[str, str], ...] = ()
    begins: str | None = None
    words: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()

    def told(self) -> dict[str, object]:
        """What it asks for, for the audit."""
        asked = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in asked.items()
            if value not in (None, (), frozenset()) or name == "dispositions"
        }


EVERYBODY = LeadFilter()


def conditions(wanted: LeadFilter) -> Iterator[ColumnElement[bool]]:
    """What must hold of `leads` and of the row `lead_rows` that is valid for it."""
    if wanted.dispositions:
        yield leads.c.disposition.in_(wanted.dispositions)
    if wanted.least is not None:
        yield leads.c.attempts >= wanted.least
    if wanted.most is not None:
        yield leads.c.attempts <= wanted.most
    for name, text in wanted.fields:
        yield func.coalesce(lead_rows.c.fields[name].as_string(), "") == text
    if wanted.begins is not None:
        yield begins(wanted.begins)
    for word in wanted.words:
        yield _said_somewhere(word)
    if wanted.ids:
        yield leads.c.id.in_(wanted.ids)


def begins(prefix: str) -> ColumnElement[bool]:
    """The number is, or begins with, a plus sign and these digits."""
    # Digits follow digits in every collation; 16 nines are behind every number.
    return leads.c.phone.between(prefix, prefix + "9" * 16)


def spellings(word: str) -> set[str]:
    """The word as it may be written; a database need not know the case of letters beyond ASCII."""
    return {word, word.lower(), word.upper(), word.capitalize(), word.title()}


def _said_somewhere(word: str) -> ColumnElement[bool]:
    each = _each_text(lead_rows.c.fields).table_valued(column("value", Text))
    here = or_(*(each.c.value.icontains(spelling, autoescape=True) for spelling in sorted(spellings(word))))
    return select(each.c.value).where(here).exists()


class _each_text(GenericFunction[Any]):  # noqa: N801 - named as it is in SQL
    """The fields of a row, one a row."""

    name = "json_each_text"
    inherit_cache = True


@compiles(_each_text, "sqlite")
def _on_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each{compiler.process(element.clause_expr, **options)}"
