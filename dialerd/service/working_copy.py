"""The file of a version on this machine's disk, for as long as it is read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialerd.domain.errors import NotFound
from dialerd.store import originals
from dialerd.store.database import Database
from dialerd.store.versions import VersionRecord


@contextmanager
def working_copy(database: Database, record: VersionRecord) -> Iterator[Path]:
    """The file the version came from. It has no name in any folder: however this process ends, nothing of it is left.

    The path is good for this process and those it starts. Raises NotFound when the version did not come from a file.
    """
    if record.original_id is None:
        raise NotFound(f"version {record.number} did not come from a file")
    with tempfile.TemporaryFile() as out:
        for block in originals.blocks(database, record.original_id):
            out.write(block)
        out.flush()
        yield Path(f"/proc/{os.getpid()}/fd/{out.fileno()}")
