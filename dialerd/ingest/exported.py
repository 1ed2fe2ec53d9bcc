"""The titles of the files we write ourselves: exports of leads, and rejected rows. By them an import knows such a file,
takes back the quotes that stand before formulas, and leaves out what is beside the fields of a lead.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialerd.ingest.spreadsheet import original
from dialerd.ingest.titles import plain_name

PREFIX = "exported_"
"""Before the title of a column that says how a lead stands."""
FIELD_PREFIX = "exported_field_"
"""Before the title of a field whose own name begins with PREFIX."""
MARK = "exported_by_dialerd"
"""Always the last column of an export: the lead's id."""
REJECT_REASON = "rejected_because"
REJECT_LINE = "rejected_line"
"""Columns of our file of rejected rows: they explain a row, they are not part of it."""


def is_export(header: Sequence[str]) -> bool:
    """Whether a file with this header was exported by us."""
    return MARK in header


def is_ours(header: Sequence[str]) -> bool:
    """Whether we wrote a file with this header, an export or rejected rows: its texts are escaped."""
    return is_export(header) or any(explains(title) for title in header)


def explains(title: str) -> bool:
    """Whether a column of this title says why and where a row was refused."""
    return plain_name(title, 0) in (REJECT_REASON, REJECT_LINE)


def title_of(field: str) -> str:
    """The title of a field in an export."""
    return f"{FIELD_PREFIX}{field}" if field.startswith(PREFIX) else field


def field_of(title: str) -> str | None:
    """The field under this title of an export, None when it says how the lead stands."""
    if title.startswith(FIELD_PREFIX):
        return title.removeprefix(FIELD_PREFIX)
    return None if title.startswith(PREFIX) else title


def restored(header: Sequence[str]) -> tuple[str, ...]:
    """The titles as they were before we escaped them, if we did."""
    return tuple(map(original, header)) if is_ours(header) else tuple(header)
