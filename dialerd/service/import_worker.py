"""The process of one import: `python -m dialerd.service.import_worker LIST_ID VERSION WORKER`.

It takes the version over from WORKER, brings it to its end and says nothing: what became of it stands in the version.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from dialerd.domain.errors import DialerdError
from dialerd.service.import_run import run
from dialerd.service.workers import URL_VARIABLE, be_nice, new_worker
from dialerd.store.database import Database


def main(arguments: Sequence[str]) -> int:
    """Runs one import. Returns the exit code: 0 when the version was brought to an end, good or bad."""
    list_id, number, worker = arguments
    be_nice()
    database = Database(os.environ[URL_VARIABLE])
    try:
        run(database, int(list_id), int(number), worker, new_worker(), clock=_now)
    except DialerdError as error:
        return error.exit_code
    finally:
        database.close()
    return 0


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
