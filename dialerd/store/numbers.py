"""Which leads have a number that their list does not take, by its rules as they are now.

They may have changed since the import. What one file was allowed at its import (`options` of its version) stays allowed
for the leads that came with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import and_, bindparam, select

from dialerd.domain import phone
from dialerd.domain.allowed import ORDINARY, Allowed
from dialerd.store import lists
from dialerd.store.database import Connection
from dialerd.store.tables import lead_rows, leads, list_versions
from dialerd.store.tables import lists as lists_table

FILES = "files"
"""In the options of a copy: what the files of its list were allowed, for there are no others."""


class Listed(Protocol):
    """A lead of a list."""

    @property
    def lead_id(self) -> int:
        """Its id."""

    @property
    def list_id(self) -> int:
        """Its list's id."""

    @property
    def phone(self) -> str:
        """Its number in E.164."""


L = TypeVar("L", bound=Listed)


def refused(conn: Connection, found: Collection[Listed]) -> dict[int, str]:
    """By lead id why its list does not take its number now, for those where it does not. A list that is gone meanwhile
    takes ordinary ones.
    """
    rules = lists.allowed(conn, {lead.list_id for lead in found})
    told = {lead.lead_id: phone.refused(lead.phone, rules.get(lead.list_id, ORDINARY)) for lead in found}
    no = {lead_id: reason for lead_id, reason in told.items() if reason is not None}
    for lead_id, number, allowed in _by_files(conn, rules, list(no)):
        if phone.refused(number, allowed) is None:
            no.pop(lead_id, None)
    return no


def refused_for_good(conn: Connection, found: Sequence[L]) -> tuple[list[L], dict[int, str]]:
    """`refused`, for who writes it down: until this transaction ends nobody changes the rules that say so. Also those of
    `found` about whom that can be said; somebody changes the rules of the others' lists at this moment.

    Else a change could come between our look and our commit, and whoever it lets in would be looked for before they
    are kept out. Nobody is waited for here: a claim that waits could be waited for.
    """
    no = refused(conn, found)
    if not no or conn.dialect.name == "sqlite":
        return list(found), no
    concerned = {lead.list_id for lead in found if lead.lead_id in no}
    held = set(conn.scalars(_HOLD, {"ids": sorted(concerned)}))
    known = [lead for lead in found if lead.lead_id not in no or lead.list_id in held]
    return known, refused(conn, known)


def hold_rules(conn: Connection, list_id: int) -> None:
    """Nobody changes the list's rules until this transaction ends. For who has locked nothing yet that others wait for."""
    conn.execute(_HOLD_ONE, {"b_id": list_id})


def of_files(conn: Connection, list_id: int) -> list[dict[str, Any]]:
    """What the files of the list's versions were allowed: `kinds` besides its own, `countries` instead of its own."""
    options = conn.scalars(select(list_versions.c.options).where(list_versions.c.list_id == list_id))
    return [said for each in options for said in _said(each)]


def _by_files(conn: Connection, rules: Mapping[int, Allowed], ids: list[int]) -> Iterator[tuple[int, str, Allowed]]:
    for row in conn.execute(_FILES, {"ids": ids}) if ids else ():
        for said in _said(row.options):
            yield row.id, row.phone, rules.get(row.list_id, ORDINARY).of_file(said["kinds"], said["countries"])


def _said(options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from options.get(FILES, ())
    reading = options.get("reading", {})
    kinds, countries = list(reading.get("kinds") or ()), reading.get("countries")
    if kinds or countries is not None:
        yield {"kinds": kinds, "countries": countries}


# A change of the rules locks the list's row and waits for these.
_HOLD = select(lists_table.c.id).where(lists_table.c.id.in_(bindparam("ids", expanding=True)))
_HOLD = _HOLD.order_by(lists_table.c.id).with_for_update(read=True, skip_locked=True)
_HOLD_ONE = select(lists_table.c.id).where(lists_table.c.id == bindparam("b_id")).with_for_update(read=True)
_FILES = (
    select(leads.c.id, leads.c.phone, leads.c.list_id, list_versions.c.options)
    .join(lead_rows, and_(lead_rows.c.lead_id == leads.c.id, lead_rows.c.list_id == leads.c.list_id))
    .join(
        list_versions,
        and_(list_versions.c.list_id == lead_rows.c.list_id, list_versions.c.number == lead_rows.c.from_version),
    )
    .where(leads.c.id.in_(bindparam("ids", expanding=True)))
)
