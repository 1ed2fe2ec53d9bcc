"""A look at a file before it is imported: nothing is stored, and nothing is written down."""

from __future__ import annotations

from pathlib import Path

from dialerd.domain.errors import BadInput
from dialerd.domain.phone import PhonePolicy, is_region
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.preview import Preview, preview
from dialerd.service.names import require_list
from dialerd.store.database import Database


def preview_for_list(database: Database, name: str, path: Path, reading: Reading, rows: int) -> Preview:
    """What would become of the file in that list, by the list's policy and region. Raises NotFound, BadInput."""
    with database.read() as conn:
        record = require_list(conn, name)
    return preview(path, reading, PhonePolicy(record.policy), record.region, rows)


def preview_alone(path: Path, reading: Reading, region: str | None, rows: int) -> Preview:
    """The same for a list that does not exist yet: clean with a region, strict without. Raises BadInput."""
    home = region.strip().upper() if region else None
    if home is not None and not is_region(home):
        raise BadInput(f"region {region!r}: is not a country code of two letters (ISO 3166), such as US, GB or DE")
    return preview(path, reading, PhonePolicy.CLEAN if home else PhonePolicy.STRICT, home, rows)
