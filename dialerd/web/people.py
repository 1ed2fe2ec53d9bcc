"""Who asks, and what they may: for routes of the API and for pages of the console."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection

from dialerd.domain.errors import DialerdError
from dialerd.domain.people import Role
from dialerd.service import passwords, sessions
from dialerd.service.sessions import Asker
from dialerd.web.site import Site

COOKIE = "__Host-dialerd"
"""Browsers take a cookie of such a name only when it is Secure, for this host alone and for all of its paths."""

CSRF_HEADER = "X-CSRF-Token"


class Unidentified(DialerdError):
    """Nobody, or with what is over. HTTP 401."""


class Forbidden(DialerdError):
    """Somebody, but not somebody who may do this. HTTP 403."""


def secret_of(connection: HTTPConnection) -> str | None:
    """The session's secret, as the browser sent it."""
    try:
        morsel = SimpleCookie(connection.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def identify(connection: HTTPConnection, site: Site) -> Asker | None:
    """Who asks, by the token or else by the cookie; a token that is none is not made up for by a cookie."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        return sessions.of_token(site.database, token.strip(), now=site.now()) if scheme.lower() == "bearer" else None
    secret = secret_of(connection)
    if not secret:
        return None
    return sessions.of_session(site.database, secret, now=site.now(), idle=site.settings.web.idle)


def csrf_token(secret: str) -> str:
    """What a script of ours shows beside the cookie. A page of others can make a browser send the cookie, but not read
    it, nor this.
    """
    return hashlib.sha256(f"csrf {secret}".encode()).hexdigest()


def fits_csrf(connection: HTTPConnection, secret: str) -> bool:
    """Whether the request shows it."""
    return passwords.same(connection.headers.get(CSRF_HEADER, ""), csrf_token(secret))


def site_of(connection: HTTPConnection) -> Site:
    """The server's parts."""
    site: Site = connection.state.site
    return site


def asker_of(connection: HTTPConnection) -> Asker | None:
    """Who asks; None for nobody."""
    asker: Asker | None = connection.state.asker
    return asker


def require(asker: Asker | None, needed: Role) -> Asker:
    """Who asks, if they may do what `needed` may. Raises Unidentified, Forbidden."""
    if asker is None:
        raise Unidentified("say who asks: Authorization: Bearer and a token, or the cookie of a login")
    if not asker.role.covers(needed):
        raise Forbidden(f"{asker.name} is {asker.role}; this needs {needed}")
    return asker


_TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="`dialerd token add` makes one.")
_SESSION = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description=f"The cookie of a login. What writes also shows the header {CSRF_HEADER}; GET /session says it.",
)


def _needs(role: Role) -> Callable[..., Asker]:
    def check(
        request: Request, _token: Annotated[object, Depends(_TOKEN)], _cookie: Annotated[object, Depends(_SESSION)]
    ) -> Asker:
        return require(asker_of(request), role)

    check.__name__ = f"needs_{role.value}"
    return check


def _site(request: Request) -> Site:
    return site_of(request)


NEEDS = {role: _needs(role) for role in Role}
"""The dependencies of routes, by the role they need."""

Viewer = Annotated[Asker, Depends(NEEDS[Role.VIEWER])]
Operator = Annotated[Asker, Depends(NEEDS[Role.OPERATOR])]
Admin = Annotated[Asker, Depends(NEEDS[Role.ADMIN])]
Here = Annotated[Site, Depends(_site)]
