"""Refused attempts, in the audit: who wanted what, from where, and why not."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Any

from starlette.types import Scope

from dialerd.store import audit
from dialerd.web.site import Site

REFUSALS = (401, 403, 409, 412, 421, 429)
MOST_A_MINUTE = 60
MOST_SOURCES = 1000


class Refusals:
    """Writes them down, of each address at most so many a minute: whoever knocks must not fill the disk."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, scope: Scope, status: int) -> None:
        """Writes one down. Raises Unavailable."""
        state = scope["state"]
        count = self._count(state["source"])
        if count > MOST_A_MINUTE:
            return
        asker = state["asker"]
        detail: dict[str, Any] = {"status": status, "why": state["why"]}
        if count == MOST_A_MINUTE:
            detail["more"] = "further ones of this minute are not written down"
        method = scope.get("method", "WEBSOCKET")
        with self._site.database.write() as conn:
            audit.add(
                conn,
                at=self._site.now(),
                actor=asker.name if asker else "nobody",
                action="refused",
                subject=f"{method} {scope['path'][:200]}",
                detail=detail,
            )

    def _count(self, source: str) -> int:
        with self._lock:
            now = time.monotonic()
            began, count = self._counts.pop(source, (now, 0))
            if now - began >= 60:
                began, count = now, 0
            self._counts[source] = (began, count + 1)
            if len(self._counts) > MOST_SOURCES:
                self._counts.popitem(last=False)
            return count + 1
