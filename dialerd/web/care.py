"""What the server sees to beside requests: imports whose process is gone go on, and files nobody waits for are removed."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import suppress

import structlog
from anyio import to_thread

from dialerd.domain.errors import DialerdError
from dialerd.service import imports
from dialerd.web.site import Site

CARE_SECONDS = 30.0
STALE_SECONDS = 86400.0
"""An upload that is as old belongs to a request whose process is gone."""

log = structlog.get_logger("dialerd.web")


async def take_care(site: Site) -> None:
    """Looks after both, now and again and again, until the server stops."""
    while not site.stopping.is_set():
        try:
            await to_thread.run_sync(_care, site)
        except (DialerdError, OSError) as error:
            log.warning("care_failed", error=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(site.stopping.wait(), CARE_SECONDS)


def _care(site: Site) -> None:
    imports.recover(site.database, clock=site.now)
    oldest = time.time() - STALE_SECONDS
    for path in site.uploads.iterdir():
        if path.stat().st_mtime < oldest:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
