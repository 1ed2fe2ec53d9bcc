"""A look at a file before it is imported: nothing is stored, and nothing is written down."""

from __future__ import annotations

from pathlib import Path

from dialerd.domain.phone import NumberRules
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.preview import Preview, preview
from dialerd.service.names import require_list
from dialerd.store.database import Database


def preview_for_list(database: Database, name: str, path: Path, reading: Reading, rows: int) -> Preview:
    """What would become of the file in that list, by the list's policy and region. Raises NotFound, BadInput."""
    with database.read() as conn:
        record = require_list(conn, name)
    return preview(path, reading, record.rules, rows)


def preview_alone(path: Path, reading: Reading, rules: NumberRules, rows: int) -> Preview:
    """The same for a list that does not exist yet, with the rules it would have. Raises BadInput."""
    return preview(path, reading, rules, rows)
