"""Live pages: what many viewers look at is read once for all of them, and shown to each when it has changed.

One task polls, only while somebody looks, and never uses more than a twentieth of the time for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import structlog
from anyio import to_thread
from nicegui import Client

from dialerd.domain.errors import DialerdError
from dialerd.service import sessions
from dialerd.service.sessions import Asker
from dialerd.web.refusals import Refusals
from dialerd.web.site import Site

T = TypeVar("T")

PERIOD_SECONDS = 2.0
SHARE = 20
"""A look that takes long is followed by a rest of so many times that."""
STILL_EVERY_SECONDS = 30.0

log = structlog.get_logger("dialerd.web")
_LIVES: WeakKeyDictionary[Site, Live] = WeakKeyDictionary()


@dataclass
class _Feed:
    """One thing that is looked at, and who looks."""

    read: Callable[[Site], Any]
    viewers: dict[str, tuple[Client, Callable[[Any], None]]] = field(default_factory=dict)
    value: Any = None
    read_at: float = -1e9


class Live:
    """What is being looked at on one server."""

    def __init__(self, site: Site, *, still_every: float = STILL_EVERY_SECONDS) -> None:
        """`still_every`: seconds after which it is asked anew whether those who look still may."""
        self.refusals = Refusals(site)
        self._site = site
        self._feeds: dict[Hashable, _Feed] = {}
        self._askers: dict[str, tuple[Client, Asker]] = {}
        self._still_every = still_every
        self._checked_at = time.monotonic()
        self._wake = asyncio.Event()
        self._running = False
        self._task: asyncio.Task[None] | None = None

    async def follow(
        self, client: Client, asker: Asker, key: Hashable, read: Callable[[Site], T], show: Callable[[T], None]
    ) -> T:
        """What `read` says now; from then on, until the page is closed, `show` is called with what it says whenever that
        is another. `key` names what is read: who follows the same key shares one look at the database. Raises what `read`
        raises, and then nothing is followed.
        """
        feed = self._feeds.get(key) or _Feed(read)
        if time.monotonic() - feed.read_at > PERIOD_SECONDS:
            # Those who follow it already get what is new with this: no later look would tell them.
            _tell(feed, await to_thread.run_sync(read, self._site))
        feed = self._feeds.setdefault(key, feed)
        value: T = feed.value
        feed.viewers[client.id] = (client, show)
        if client.id not in self._askers:
            self._askers[client.id] = (client, asker)
            client.on_delete(lambda: self._leave(client.id))
        if not self._running:
            self._running = True
            # Kept, because the event loop itself would let it go.
            self._task = asyncio.create_task(self._run(), name="live pages")
        return value

    def leave(self, client: Client, key: Hashable) -> None:
        """This page does not follow `key` any more; nothing happens if it did not."""
        feed = self._feeds.get(key)
        if feed is not None:
            feed.viewers.pop(client.id, None)
            if not feed.viewers:
                del self._feeds[key]

    def look_again(self) -> None:
        """Somebody changed something: all look again at once, and who opens a page reads anew."""
        for feed in self._feeds.values():
            feed.read_at = -1e9
        self._wake.set()

    def _leave(self, client_id: str) -> None:
        self._askers.pop(client_id, None)
        for key, feed in list(self._feeds.items()):
            feed.viewers.pop(client_id, None)
            if not feed.viewers:
                del self._feeds[key]

    async def _run(self) -> None:
        try:
            rest = PERIOD_SECONDS
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), rest)
                self._wake.clear()
                if not self._feeds or self._site.stopping.is_set():
                    return
                began = time.monotonic()
                for feed in list(self._feeds.values()):
                    await self._look(feed)
                if began - self._checked_at > self._still_every:
                    self._checked_at = began
                    await self._send_away()
                rest = max(PERIOD_SECONDS, SHARE * (time.monotonic() - began))
        finally:
            self._running = False

    async def _look(self, feed: _Feed) -> None:
        try:
            found = await to_thread.run_sync(feed.read, self._site)
        except DialerdError as error:
            # What was there may be gone or out of reach: pages go on showing what was true last.
            log.warning("look_failed", error=str(error))
            return
        _tell(feed, found)

    async def _send_away(self) -> None:
        """Whoever may not look any more is led to the login."""
        site = self._site
        for client, asker in list(self._askers.values()):
            try:
                still = await to_thread.run_sync(
                    lambda who: sessions.still(site.database, who, now=site.now(), idle=site.settings.web.idle), asker
                )
            except DialerdError as error:
                log.warning("look_failed", error=str(error))
                return
            if still is None:
                self._leave(client.id)
                client.open("/login")


def _tell(feed: _Feed, found: Any) -> None:
    """Keeps what was read just now, and shows it to all who look if it is another than before."""
    feed.read_at = time.monotonic()
    if found == feed.value:
        return
    feed.value = found
    for client, show in list(feed.viewers.values()):
        try:
            with client:
                show(found)
        except Exception:  # one page that fails must not keep the others from what is new
            log.exception("page_failed", viewer=client.id)


def of_site(site: Site) -> Live:
    """The one of this server."""
    if site not in _LIVES:
        _LIVES[site] = Live(site)
    return _LIVES[site]
