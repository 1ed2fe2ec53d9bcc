"""A file of numbers that must not be called -> entries of do-not-call, or the reasons why not.

One column is the number; a file without a line of titles is one too. `kind`, `campaign`, `expires_at`, `source` and
`reason` are understood; all other columns are of no interest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain

from dialerd.domain.dnc import Entry, Kind, read_number
from dialerd.domain.errors import BadInput
from dialerd.domain.phone import BadPhone
from dialerd.ingest.columns import Columns, choose_columns
from dialerd.ingest.csvfile import BadRow, Row, kept
from dialerd.ingest.leadfile import LeadFile, Reading
from dialerd.ingest.spreadsheet import original

LONGEST_TEXT = 200
"""Characters of a source or a reason."""

_COLUMNS = {"kind", "campaign", "expires_at", "source", "reason"}
_ALSO = {"type": "kind", "expires": "expires_at", "expiry": "expires_at"}


@dataclass(frozen=True, slots=True)
class Template:
    """What an entry is where its row does not say otherwise: `entry` without its number. `region` (ISO 3166) is where
    national numbers are at home, None: there are none.
    """

    entry: Entry
    region: str | None = None

    def about(self, text: str) -> Entry:
        """The entry about this number, or about numbers that begin so. Raises BadInput for a text that is neither."""
        number = read_number(text, self.entry.kind, self.region)
        if isinstance(number, BadPhone):
            what = "prefix" if self.entry.kind is Kind.PREFIX else "number"
            raise BadInput(f"{what} {text[:40]!r}: {number.reason}")
        return replace(self.entry, number=number)


def read_expiry(text: str, now: datetime) -> datetime:
    """When an entry ends: `90d` or `12h` from now, `2026-12-31` (that day still counts, UTC), or an instant in ISO 8601
    (UTC unless it says otherwise). Raises BadInput for anything else and for what is over.
    """
    at = _expiry(text.strip(), now)
    if at is None:
        raise BadInput(
            f"expiry {text[:40]!r}: must be a time such as 90d, a day such as 2026-12-31, or an ISO 8601 time"
        )
    if at <= now:
        raise BadInput(f"expiry {text[:40]!r}: is over already")
    return at


def checked_text(what: str, text: str) -> str:
    """A source or a reason. Raises BadInput when it cannot be one."""
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise BadInput(f"{what} {text[:40]!r}: must be at most {LONGEST_TEXT} printable characters on one line")
    return text


class DncReader:
    """Reads the rows of one file. `campaigns` are those that a row may name."""

    def __init__(self, file: LeadFile, reading: Reading, template: Template, campaigns: Collection[str]) -> None:
        """`header` is the titles of the file, made up where it has none. Raises BadInput when it cannot be made out which
        column is the number.
        """
        self._file = file
        self._template = template
        self._campaigns = campaigns
        # The first line is a number already, or the title of a column whatever it is called.
        alone = len(file.header) == 1 and not (reading.mapping or reading.phone_column)
        self._untitled = alone and _is_number(file.header[0], template)
        self.header = ("phone_number",) if self._untitled else file.header
        if alone:
            self._columns = Columns(phone=0, priority=None, timezone=None, fields=(), ours=False)
        else:
            self._columns = choose_columns(file.header, reading.phone_column, reading.mapping)
        names = {_ALSO.get(name, name): place for place, name in self._columns.fields}
        self._places = {name: place for name, place in names.items() if name in _COLUMNS}

    def entries(self) -> Iterator[tuple[Row | BadRow, Entry | None]]:
        """Every row with the entry it is; refused rows come as BadRow, without one."""
        first: list[Row] = []
        if self._untitled:
            first.append(Row(1, self._file.header, self._file.header[0]))
        for row in chain(first, self._file.rows()):
            if isinstance(row, BadRow):
                yield row, None
                continue
            try:
                yield row, self._read(row)
            except BadInput as error:
                yield BadRow(row.line, str(error), kept(row.text), row.cells), None

    def _read(self, row: Row) -> Entry:
        cells = tuple(map(original, row.cells)) if self._columns.ours else row.cells
        said = {name: cells[place].strip() for name, place in self._places.items() if place < len(cells)}
        template = self._said(said) if any(said.values()) else self._template
        return template.about(cells[self._columns.phone] if self._columns.phone < len(cells) else "")

    def _said(self, said: dict[str, str]) -> Template:
        """The template with what this row says."""
        base = self._template.entry
        kind, campaign, expires = said.get("kind", ""), said.get("campaign", ""), said.get("expires_at", "")
        if kind and kind.casefold() not in set(Kind):
            raise BadInput(f"kind {kind[:40]!r}: must be {' or '.join(Kind)}")
        if campaign and campaign not in self._campaigns:
            raise BadInput(f"campaign {campaign[:40]!r}: does not exist")
        entry = replace(
            base,
            kind=Kind(kind.casefold()) if kind else base.kind,
            campaign=campaign or base.campaign,
            expires_at=read_expiry(expires, base.added_at) if expires else base.expires_at,
            source=checked_text("source", said.get("source") or base.source),
            reason=checked_text("reason", said.get("reason") or base.reason),
        )
        return replace(self._template, entry=entry)


def _is_number(title: str, template: Template) -> bool:
    return not isinstance(read_number(title, template.entry.kind, template.region), BadPhone)


def _expiry(text: str, now: datetime) -> datetime | None:
    number, unit = text[:-1], _UNITS.get(text[-1:])
    if unit is not None and number.isascii() and number.isdigit() and len(number) < 6:
        return now + int(number) * unit
    try:
        if len(text) == len("2026-12-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
