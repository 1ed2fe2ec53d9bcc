"""The leads a list has already, found by number: what rows of a file meet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import JSON, TextClause, text
from sqlalchemy.sql.selectable import TextualSelect

from dialerd.store.database import Connection
from dialerd.store.staged import StagedLead


@dataclass(frozen=True, slots=True)
class Known:
    """A lead the list has, with the newest row about it; `from_version` 0 when there is none."""

    lead_id: int
    from_version: int
    ended: bool
    content: tuple[int, str, dict[str, str]]

    @property
    def is_live(self) -> bool:
        """The list has it; else it comes back."""
        return not self.ended and self.from_version > 0

    def differs(self, row: StagedLead) -> bool:
        """Whether the row says something else about it."""
        return self.content != (row.priority, row.zone, row.fields)


def look_up(conn: Connection, list_id: int, phones: Iterable[str]) -> Mapping[str, Known]:
    """The leads of the list with these numbers, by number, with what was said about them last."""
    wanted = list(phones)
    many = json.dumps(wanted) if conn.dialect.name == "sqlite" else wanted
    found = conn.execute(_LOOK_UP[conn.dialect.name], {"b_list_id": list_id, "phones": many})
    return {
        phone: Known(lead_id, begun or 0, ended is not None, (priority, zone, fields))
        for phone, lead_id, begun, ended, priority, zone, fields in found
    }


def _with_fields(statement: TextClause) -> TextualSelect:
    return statement.columns(fields=JSON())


# Written so that the order of the walk is not the planner's to choose: from each number by index to its lead, and from
# there to its newest row. While a list grows by an import nobody has counted its rows yet, and what a planner then takes
# for the best way is a walk through all of them, for each number. "+ 0" keeps it from the indexes that begin with the list.
_LOOK_UP = {
    "sqlite": _with_fields(
        text("""
SELECT l.phone, l.id, r.from_version, r.to_version, r.priority, r.zone, r.fields
  FROM json_each(:phones) wanted
 CROSS JOIN leads l ON l.phone = wanted.value AND l.list_id = :b_list_id
  LEFT JOIN lead_rows r ON r.lead_id = l.id AND r.list_id = l.list_id AND r.from_version =
       (SELECT max(from_version) FROM lead_rows newer WHERE newer.lead_id = l.id AND newer.list_id + 0 = l.list_id)""")
    ),
    "postgresql": _with_fields(
        text("""
SELECT l.phone, l.id, r.from_version, r.to_version, r.priority, r.zone, r.fields
  FROM unnest(CAST(:phones AS text[])) AS wanted (phone)
 CROSS JOIN LATERAL (SELECT id, list_id, phone FROM leads
                      WHERE leads.phone = wanted.phone AND leads.list_id + 0 = :b_list_id OFFSET 0) l
  LEFT JOIN LATERAL (SELECT * FROM lead_rows
                      WHERE lead_rows.lead_id = l.id AND lead_rows.list_id + 0 = l.list_id
                      ORDER BY lead_rows.from_version DESC LIMIT 1) r ON true""")
    ),
}
