"""Files made for one person: fetched once, by whom they were made for, and then gone."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from dialerd.web.pages import scratch
from dialerd.web.pages.visit import Visit
from dialerd.web.people import asker_of
from dialerd.web.problems import problem

KEPT_SECONDS = 300

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Ready:
    path: Path
    for_key: str
    made_at: float


_READY: dict[str, _Ready] = {}


async def offer(visit: Visit, deed: str, name: str, write: Callable[[Path, str], None]) -> None:
    """Has `write` make the file, if the viewer may have it, and sends the browser to fetch it under this name. `write`
    gets the path and the name for the audit.
    """
    _forget_old()
    folder = await visit.read(scratch.folder, visit.site, "download")
    path = folder / _safe(name)

    def make(actor: str) -> bool:
        write(path, actor)
        return True

    if await visit.change(deed, make) is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    ticket = secrets.token_urlsafe(16)
    _READY[ticket] = _Ready(path, visit.asker.key, time.monotonic())
    visit.client.download(f"/download/{ticket}", path.name)


@router.get("/download/{ticket}")
def fetch(request: Request, ticket: str) -> Response:
    """The file, once."""
    asker, ready = asker_of(request), _READY.get(ticket)
    if ready is None or asker is None or asker.key != ready.for_key:
        return problem(request.scope, 404, "there is no such file any more; make it again on its page")
    del _READY[ticket]
    gone = BackgroundTask(shutil.rmtree, ready.path.parent, ignore_errors=True)
    return FileResponse(ready.path, filename=ready.path.name, media_type="application/octet-stream", background=gone)


def _forget_old() -> None:
    for ticket, ready in list(_READY.items()):
        if time.monotonic() - ready.made_at > KEPT_SECONDS:
            del _READY[ticket]
            shutil.rmtree(ready.path.parent, ignore_errors=True)


def _safe(name: str) -> str:
    """A file name that every system takes."""
    kept = "".join(char if char.isalnum() or char in "-_. " else "_" for char in name)
    return kept.strip(". ")[:100] or "file"
