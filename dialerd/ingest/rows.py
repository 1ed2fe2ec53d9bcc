"""A row of a file -> a lead ready to be stored, or the reason why not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from json.encoder import encode_basestring as _quoted
from zoneinfo import available_timezones

from dialerd.domain.gates import NUMBER
from dialerd.domain.phone import BadPhone, NumberRules, phone_reader
from dialerd.domain.places import place_key, place_of_lead
from dialerd.ingest.columns import Columns
from dialerd.ingest.csvfile import BadRow, Row, kept
from dialerd.ingest.spreadsheet import original
from dialerd.store.staged import StagedLead

HIGHEST_PRIORITY = 9
"""Priorities are 0 to 9, higher first. Each one in use is one more index walk for every claim, so there are few."""


class RowReader:
    """Reads the rows of one file, its numbers by these rules."""

    def __init__(self, columns: Columns, rules: NumberRules) -> None:
        self._columns = columns
        self._read_phone = phone_reader(rules)
        self._width = 1 + max((place for place, _ in columns.fields), default=0)
        self._parts = [(place, f"{_quoted(name)}: ") for place, name in columns.fields]
        # Where the address is, for place_of_lead, which takes them by these names.
        self._address = {name: place for place, name in columns.fields if name in ("country", "state", "postal_code")}

    def read(self, row: Row | BadRow) -> StagedLead | BadRow:
        """The lead of this row. Empty cells are no fields; a cell the row does not have is empty. What was refused
        before stays refused.
        """
        columns = self._columns
        if columns.ours:
            # Bad rows too: they are escaped again when they are written.
            cells = tuple(map(original, row.cells))
            row = replace(row, cells=cells) if isinstance(row, BadRow) else row._replace(cells=cells)
        if isinstance(row, BadRow):
            return row
        line, cells, _ = row
        width = len(cells)
        phone = self._read_phone(cells[columns.phone] if columns.phone < width else "")
        if isinstance(phone, BadPhone):
            return _bad(row, f"{NUMBER}{phone.reason}")
        priority, zone = 0, None
        if columns.priority is not None:
            text = _cell(cells, columns.priority)
            if text and not (len(text) == 1 and text in "0123456789"):
                return _bad(row, f"priority {text!r} is not a whole number from 0 to {HIGHEST_PRIORITY}")
            priority = int(text or "0")
        if columns.timezone is not None and (text := _cell(cells, columns.timezone)):
            zone = _zones().get(text.casefold())
            if zone is None:
                return _bad(row, f"timezone {text!r} is not an IANA zone such as America/New_York")
        if width >= self._width:
            parts = [begin + _quoted(cells[place]) for place, begin in self._parts if cells[place]]
        else:
            parts = [begin + _quoted(cells[place]) for place, begin in self._parts if place < width and cells[place]]
        if zone or self._address:
            address = {name: _cell(cells, place) for name, place in self._address.items()}
            key = place_of_lead(phone.zones, phone.region, timezone=zone or "", **address)
        else:
            key = place_key(phone.zones, phone.region)
        # As bulk.packed writes them; that takes three times as long, for each row.
        return StagedLead._make((phone.e164, key, priority, line, f"{{{', '.join(parts)}}}"))


def _cell(cells: tuple[str, ...], place: int) -> str:
    return cells[place].strip(" ") if place < len(cells) else ""


def _bad(row: Row, reason: str) -> BadRow:
    return BadRow(row.line, reason, kept(row.text), row.cells)


@cache
def _zones() -> dict[str, str]:
    # The bare abbreviations (EST, CET) are left out: half of those who write EST mean New York in summer too.
    return {name.casefold(): name for name in available_timezones() if "/" in name or name == "UTC"}
