"""Logging in and out: plain forms, which work before any script does."""

from __future__ import annotations

import secrets
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dialerd.domain.errors import DialerdError
from dialerd.service import sessions
from dialerd.service.sessions import Login
from dialerd.web.people import COOKIE, asker_of, secret_of, site_of
from dialerd.web.problems import status_of

router = APIRouter(include_in_schema=False)

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { display: grid; place-items: center; min-height: 90vh; margin: 1rem }
main { width: min(22rem, 100%) }
h1 { font-size: 1.4rem }
label { display: block; margin: .8rem 0 }
input { display: block; width: 100%; box-sizing: border-box; padding: .6rem; font: inherit }
button { width: 100%; padding: .7rem; font: inherit; font-weight: 600; margin-top: .5rem; cursor: pointer }
[role=alert] { border-left: 4px solid #c62828; padding-left: .7rem }
"""
_FIELDS = """
<label>Name <input name="name" autocomplete="username" autocapitalize="none" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
"""


@router.get("/login")
def show_login(request: Request, next_page: Annotated[str, Query(alias="next")] = "/") -> Response:
    """The form. Somebody who is logged in goes on."""
    asker = asker_of(request)
    if asker is not None:
        return RedirectResponse(_inside(next_page), 303)
    return _page("Log in to dialerd", "/login", _FIELDS + _hidden("next", _inside(next_page)), "Log in")


@router.post("/login")
def login(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next_page: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Opens a session, a new one whatever the browser had before."""
    site, web = site_of(request), site_of(request).settings.web
    try:
        opened = sessions.login(
            site.database, name, password, source=request.state.source, now=site.now(), lifetime=web.lifetime
        )
    except DialerdError as error:
        fields = _FIELDS + _hidden("next", _inside(next_page))
        return _page("Log in to dialerd", "/login", fields, "Log in", error=error)
    return _in(request, opened, next_page)


@router.get("/login/link")
def show_link(key: Annotated[str, Query()] = "") -> Response:
    """A form with one button: opening a page changes nothing, also not that a link is unused."""
    return _page("Log in to dialerd", "/login/link", _hidden("key", key[:200]), "Log in with this link")


@router.post("/login/link")
def use_link(request: Request, key: Annotated[str, Form()] = "") -> Response:
    """Uses the link up and opens a session."""
    site, web = site_of(request), site_of(request).settings.web
    try:
        opened = sessions.login_by_link(
            site.database, key, source=request.state.source, now=site.now(), lifetime=web.lifetime
        )
    except DialerdError as error:
        return _page("Log in to dialerd", "/login", _FIELDS, "Log in", error=error)
    return _in(request, opened, "/")


@router.post("/logout")
def logout(request: Request) -> Response:
    """Ends the session."""
    site, secret = site_of(request), secret_of(request)
    if secret:
        sessions.logout(site.database, secret, now=site.now())
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def _in(request: Request, opened: Login, next_page: str) -> Response:
    site, before = site_of(request), secret_of(request)
    if before:
        sessions.logout(site.database, before, now=site.now())
    answer = RedirectResponse(_inside(next_page), 303)
    seconds = round((opened.expires_at - site.now()).total_seconds())
    # Lax and not strict: whoever follows a link to us from a mail stays logged in. What writes is guarded otherwise.
    answer.set_cookie(COOKIE, opened.secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _inside(path: str) -> str:
    """The path, if it is one of ours; a link to us must not lead on to others."""
    ours = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if ours else "/"


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _page(title: str, action: str, fields: str, button: str, error: DialerdError | None = None) -> HTMLResponse:
    nonce = secrets.token_urlsafe(12)
    alert = f'<p role="alert">{escape(str(error))}</p>' if error else ""
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style nonce="{nonce}">{_STYLE}</style></head><body><main><h1>{title}</h1>{alert}'
        f'<form method="post" action="{action}">{fields}<button>{button}</button></form></main></body></html>'
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return HTMLResponse(body, status_of(error) if error else 200, {"Content-Security-Policy": policy})
