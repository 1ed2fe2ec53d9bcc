"""What an import would do, without doing it: the same report, and nothing is written."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from dialerd.domain.importing import Headway, Mode, Phase
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.ahead import row_reader
from dialerd.ingest.leadfile import Reading, open_leads
from dialerd.ingest.load import Progress, Target, check_usable, checked, counted, read_all, unseen
from dialerd.ingest.rejects import RejectFile
from dialerd.ingest.source import sha256_of
from dialerd.service.imports import ImportReport
from dialerd.service.names import require_list
from dialerd.store import foresight, versions
from dialerd.store.database import Database
from dialerd.store.seen import Seen
from dialerd.store.staging import PLAIN, Rules
from dialerd.store.versions import Buckets

STEP = 1000


def dry_run(
    database: Database,
    list_name: str,
    path: Path,
    reading: Reading,
    *,
    now: datetime,
    rules: Rules = PLAIN,
    rejects: Path | None = None,
    progress: Progress = unseen,
) -> ImportReport:
    """The report of imports.import_file, if it were run at `now`; only the file `rejects` is written, when one is given.

    Raises NotFound for the list, BadInput for a file that cannot be used.
    """
    sha256 = sha256_of(path)
    with database.read() as conn:
        home = require_list(conn, list_name)
        past = versions.of_list(conn, home.list_id)
        live = foresight.live_leads(conn, home.list_id) if rules.mode is Mode.REPLACE else 0
    good_states = (VersionState.PUBLISHED, VersionState.ARMED)
    same = [version.number for version in past if version.sha256 == sha256 and version.state in good_states]
    target = Target(home.list_id, reading.numbers(home.rules), rules)
    buckets = Buckets()
    first_reject: tuple[int, str] | None = None
    with ExitStack() as stack:
        file = stack.enter_context(open_leads(path, reading))
        seen = stack.enter_context(Seen())
        out = stack.enter_context(RejectFile(rejects, file.header, file.delimiter)) if rejects else None
        for good, bad in read_all(file, row_reader(file, path, reading, target.numbers), STEP):
            with database.read() as conn:
                counts, named = foresight.foresee(conn, home.list_id, good, rules, seen, now)
            buckets = counted(buckets, counts, len(good), len(bad))
            live -= named
            for row in bad:
                first_reject = first_reject or (row.line, row.reason)
                if out is not None:
                    out.add(row)
            progress(Headway(Phase.READING, buckets.rows, *file.progress()))
        check_usable(path, buckets, first_reject)
        withdrawn = live if rules.mode is Mode.REPLACE else 0
        written = out.path if out and out.rows else None
    return ImportReport(
        list_name, None, checked(replace(buckets, withdrawn=withdrawn)), written, min(same, default=None)
    )
