"""Folders for files that are on their way to somebody or from somebody, each gone when nobody needs it any more."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from dialerd.web.site import Site

LEFT_AFTER_SECONDS = 24 * 3600
"""A page is not open for longer than that: what is older was left by a process that was killed."""


def folder(site: Site, what: str) -> Path:
    """A new folder, on the disk where the database is; also removes those that were left."""
    for old in site.uploads.glob("page-*"):
        if time.time() - old.stat().st_mtime > LEFT_AFTER_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"page-{what}-", dir=site.uploads))


def drop(path: Path) -> None:
    """Removes the folder with what is in it."""
    shutil.rmtree(path, ignore_errors=True)
