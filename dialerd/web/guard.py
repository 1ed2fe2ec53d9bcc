"""What every request meets first: is it for us, from our pages, by whom; and what every answer carries.

Plain ASGI around everything, so that no route, page or socket can be without it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from urllib.parse import quote

import structlog
from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialerd.domain.errors import DialerdError, Unavailable
from dialerd.store.audit import coming_from
from dialerd.web import people
from dialerd.web.feed import Feed
from dialerd.web.problems import problem
from dialerd.web.refusals import REFUSALS, Refusals
from dialerd.web.site import Site

API = "/api/"
OPEN_TO_ALL = ("/login", "/login/link")
SAFE = ("GET", "HEAD", "OPTIONS")

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_NO_SCRIPTS = "default-src 'none'; frame-ancestors 'none'"
# Vue makes its templates in the browser, by evaluating them, and NiceGUI starts it from a script in the page.
_CONSOLE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)

log = structlog.get_logger("dialerd.web")


class Guard:
    """Lets through what may pass, with `state.site`, `.feed`, `.asker` and `.source` for whoever answers."""

    def __init__(self, app: ASGIApp, site: Site, feed: Feed) -> None:
        self._app = app
        self._site = site
        self._feed = feed
        self._refusals = Refusals(site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        client = scope.get("client")
        source = client[0] if client else "unknown"
        state = scope.setdefault("state", {})
        state.update(site=self._site, feed=self._feed, asker=None, source=source, why=None)
        sending = _Answer(scope, send, self._refusals)
        with coming_from(source):
            refusal = await self._judge(scope)
            if refusal is not None:
                await refusal(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        if scope["type"] == "http":
            asker = state["asker"]
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=sending.status,
                seconds=round(time.monotonic() - started, 4),
                who=asker.name if asker else None,
                source=source,
            )

    async def _judge(self, scope: Scope) -> Response | None:
        """What to answer instead; None lets it through."""
        connection = HTTPConnection(scope)
        if not self._site.origins.has_host(connection.headers.get("host")):
            return problem(scope, 421, "this server is not known by that host; see origins under [web]")
        try:
            asker = await to_thread.run_sync(people.identify, connection, self._site)
        except Unavailable as error:
            return problem(scope, 503, str(error))
        scope["state"]["asker"] = asker
        by_cookie = asker is not None and not asker.key.startswith("token:")
        foreign = self._foreign(scope, connection, by_cookie=by_cookie)
        if foreign is not None:
            return problem(scope, 403, foreign)
        path = scope["path"]
        if path.startswith(API) or path in OPEN_TO_ALL or by_cookie:
            return None
        if scope["type"] == "http" and scope["method"] in SAFE:
            back = f"?next={quote(path)}" if path != "/" else ""
            return RedirectResponse(f"/login{back}", status_code=303)
        return problem(scope, 401, "log in first")

    def _foreign(self, scope: Scope, connection: HTTPConnection, *, by_cookie: bool) -> str | None:
        """Why the request may be somebody else's, who uses our visitor's browser; None when it cannot."""
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        origin = connection.headers.get("origin")
        if origin is not None and not self._site.origins.has(origin):
            return "pages of other origins may not ask here; see origins under [web]"
        if scope["type"] == "websocket" or not scope["path"].startswith(API):
            return None if origin is not None else "a browser says where its page is from; the header Origin is missing"
        if by_cookie and not people.fits_csrf(connection, people.secret_of(connection) or ""):
            return f"a login by cookie also shows the header {people.CSRF_HEADER}; GET /api/v1/session says it"
        return None


class _Answer:
    """Sends on, with the headers that every answer has; a refusal is written down before it is told."""

    def __init__(self, scope: Scope, send: Send, refusals: Refusals) -> None:
        self._scope = scope
        self._send = send
        self._refusals = refusals
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            self._dress(message)
            if self.status in REFUSALS and self._scope["path"] not in OPEN_TO_ALL:
                with suppress(DialerdError):
                    await to_thread.run_sync(self._refusals.note, self._scope, self.status)
        await self._send(message)

    def _dress(self, message: Message) -> None:
        message.setdefault("headers", [])
        headers = MutableHeaders(scope=message)
        for name, value in _EVERYWHERE.items():
            headers.setdefault(name, value)
        api = self._scope["path"].startswith(API)
        headers.setdefault("Content-Security-Policy", _NO_SCRIPTS if api else _CONSOLE)
        if api or headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Cache-Control", "no-store")
