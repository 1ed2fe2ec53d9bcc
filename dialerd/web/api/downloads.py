"""Files that are sent: written first, so that what is wrong is told instead of half a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp
from typing import Any, TextIO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from dialerd.web.site import Site

CSV = "text/csv"
_BINARY = {"schema": {"type": "string", "format": "binary"}}


def csv_of(what: str) -> dict[int | str, dict[str, Any]]:
    """How a file is described in the OpenAPI document."""
    kind = "application/octet-stream" if what == "bytes" else CSV
    return {200: {"description": f"The {what}, as a file.", "content": {kind: _BINARY}}}


@contextmanager
def temporary(site: Site, name: str) -> Iterator[Path]:
    """A place for a file of this name, which is gone afterwards."""
    with TemporaryDirectory(dir=site.uploads) as folder:
        yield Path(folder) / name


def attachment(site: Site, name: str, write: Callable[[TextIO], object]) -> Response:
    """A CSV file under this name, as `write` writes it."""
    handle, path = mkstemp(dir=site.uploads)
    try:
        # The byte order mark is how spreadsheets know UTF-8.
        with open(handle, "w", encoding="utf-8-sig", newline="") as out:  # noqa: PTH123 - an open descriptor
            write(out)
    except BaseException:  # Ctrl-C too: the half file is nobody's
        Path(path).unlink()
        raise
    return FileResponse(
        path, media_type=CSV, headers=named(name), background=BackgroundTask(Path(path).unlink, missing_ok=True)
    )


def named(name: str) -> dict[str, str]:
    """The header that has a browser keep what comes as a file of this name, whatever is in it (RFC 6266)."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_. ") else "_" for char in name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
