"""A look at a file before it is imported: nothing is stored, and nothing is written down."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from dialerd.domain.phone import NumberRules
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.preview import Preview, Stopped, preview
from dialerd.service.names import require_list
from dialerd.store import dnc_rows
from dialerd.store.database import Database


def preview_for_list(
    database: Database, name: str, path: Path, reading: Reading, rows: int, *, now: datetime
) -> Preview:
    """What would become of the file in that list at `now`, by the list's policy and region, and the do-not-call entries of
    its campaign. Raises NotFound, BadInput.
    """
    with database.read() as conn:
        record = require_list(conn, name)
    return preview(path, reading, record.rules, rows, stopped=_stopped(database, record.campaign, now))


def preview_alone(
    database: Database, path: Path, reading: Reading, rules: NumberRules, rows: int, *, now: datetime
) -> Preview:
    """The same for a list that does not exist yet, with the rules it would have. Raises BadInput."""
    return preview(path, reading, rules, rows, stopped=_stopped(database, None, now))


def _stopped(database: Database, campaign: str | None, now: datetime) -> Stopped:
    def look(phones: Collection[str]) -> Collection[str]:
        with database.read() as conn:
            return dnc_rows.stopped_for(conn, phones, campaign, now)

    return look
