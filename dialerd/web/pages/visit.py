"""One page that somebody has open: who they are, what they asked for, and the way to the database and back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import Request
from nicegui import Client, ui

from dialerd.domain.errors import DialerdError, Refused
from dialerd.domain.people import Role
from dialerd.service import sessions
from dialerd.service.sessions import Asker
from dialerd.store.audit import coming_from
from dialerd.store.database import Database
from dialerd.web.pages import live
from dialerd.web.pages.words import moment, moment_there, plain, read_zone
from dialerd.web.people import Forbidden, Unidentified, asker_of, require, site_of
from dialerd.web.problems import status_of
from dialerd.web.refusals import REFUSALS
from dialerd.web.site import Site

T = TypeVar("T")

ZONE_COOKIE = "dialerd-zone"
DARK_COOKIE = "dialerd-dark"


class Visit:
    """A page of one viewer. What it reads and changes runs in threads, so that other viewers need not wait for it."""

    def __init__(self, request: Request, client: Client) -> None:
        asker = asker_of(request)
        if asker is None:
            raise Unidentified("log in first")
        self.site: Site = site_of(request)
        self.asker: Asker = asker
        self.client = client
        self.live = live.of_site(self.site)
        self.zone: ZoneInfo = read_zone(unquote(request.cookies.get(ZONE_COOKIE, "")))
        self.dark: bool | None = {"dark": True, "light": False}.get(request.cookies.get(DARK_COOKIE, ""))
        self.path = request.url.path
        self._source: str = request.state.source
        self._asked = request.query_params

    @property
    def database(self) -> Database:
        """The server's database."""
        return self.site.database

    @property
    def operates(self) -> bool:
        """Whether the viewer is shown what changes something. It decides what is seen; `change` decides what is done."""
        return self.asker.role.covers(Role.OPERATOR)

    def asked(self, name: str, default: str = "") -> str:
        """A value of the page's address."""
        return self._asked.get(name, default)

    def asked_number(self, name: str, default: int = 0) -> int:
        """A whole number of the page's address; the default for what is none."""
        text = self._asked.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else default

    def when(self, at: datetime | None) -> str:
        """An instant by the viewer's clock."""
        return moment(at, self.zone)

    def when_there(self, at: datetime | None, there: str) -> str:
        """The same with the clock where a lead is beside it."""
        return moment_there(at, self.zone, there)

    async def read(self, look: Callable[..., T], *args: Any, **options: Any) -> T:
        """What the function returns, called in a thread. Raises what it raises."""
        return await to_thread.run_sync(functools.partial(look, *args, **options))

    async def follow(self, key: Hashable, read: Callable[[Site], T], show: Callable[[T], None]) -> T:
        """As Live.follow, for this page."""
        return await self.live.follow(self.client, self.asker, key, read, show)

    def unfollow(self, key: Hashable) -> None:
        """What `key` names is not followed by this page any more."""
        self.live.leave(self.client, key)

    async def change(
        self, deed: str, work: Callable[[str], T], *, needed: Role = Role.OPERATOR, done: str | None = None
    ) -> T | None:
        """Does something that changes the database, in a thread, if the viewer may now; `work` gets the name for the audit.

        Whatever is refused is told on the page and written down as `deed`; then None comes back. All who look at what was
        changed see it at once.
        """
        try:
            asker = await self.read(self._still)
            with coming_from(self._source):
                result = await self.read(work, require(asker, needed).name)
        except DialerdError as error:
            await self._refused(deed, error)
            return None
        if done is not None:
            self.say(done)
        self.live.look_again()
        return result

    def say(self, words: str, *, stays: bool = False) -> None:
        """Says on the page that something was done. What asked for it may be gone from the page by then."""
        with self.client:
            if stays:
                ui.notify(words, type="positive", multi_line=True, close_button="Close", timeout=0)
            else:
                ui.notify(words, type="positive")

    def go(self, path: str) -> None:
        """Leads on to another page."""
        self.client.open(path)

    def _still(self) -> Asker | None:
        site = self.site
        return sessions.still(site.database, self.asker, now=site.now(), idle=site.settings.web.idle)

    async def _refused(self, deed: str, error: DialerdError) -> None:
        status = status_of(error)
        if status in REFUSALS:
            state = {"asker": self.asker, "source": self._source, "why": str(error)[:500]}
            scope = {"method": "CONSOLE", "path": deed, "state": state}
            with coming_from(self._source):
                await self.read(self.live.refusals.note, scope, status)
        with self.client:
            tell(error)


def tell(error: DialerdError) -> None:
    """Says on the page why something was not done."""
    kind = "warning" if isinstance(error, Refused | Forbidden) else "negative"
    ui.notify(plain(str(error)), type=kind, multi_line=True, close_button="Close", timeout=0)  # type: ignore[arg-type]
