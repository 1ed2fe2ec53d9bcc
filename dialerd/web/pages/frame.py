"""What every page has around it: the way to the others, who is logged in, the brake, and the errors of opening it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from nicegui import Client, ui

from dialerd.domain.errors import DialerdError
from dialerd.domain.people import Role
from dialerd.web.pages import freezing
from dialerd.web.pages.style import KEEP_DARK, STYLE, TELL_ZONE
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import plain
from dialerd.web.people import require
from dialerd.web.problems import status_of

PLACES = (
    ("/", "Lists"),
    ("/campaigns", "Campaigns"),
    ("/calls", "Live calls"),
    ("/leads", "Leads"),
    ("/dnc", "Do-not-call"),
    ("/dispositions", "Dispositions"),
    ("/audit", "Audit"),
    ("/health", "Health"),
)
_BELOW = {"/list": "/", "/new": "/", "/upload": "/", "/import": "/", "/campaign": "/campaigns", "/lead": "/leads"}

Build = Callable[[Visit], Awaitable[None]]


def page(path: str, title: str, build: Build, *, needed: Role = Role.VIEWER) -> None:
    """Makes a page known to NiceGUI: `build` fills it. Opening it changes nothing."""

    async def shown(request: Request, client: Client) -> None:
        visit = Visit(request, client)
        _around(visit)
        with ui.column().classes("w-full").props('id="main" role="main" tabindex="-1"'):
            try:
                await freezing.banner(visit)
                require(visit.asker, needed)
                await build(visit)
            except DialerdError as error:
                client.status_code = status_of(error)
                request.state.why = str(error)[:500]
                alert(plain(str(error)))

    ui.page(path, title=f"{title} - dialerd", response_timeout=30)(shown)


def heading(text: str, level: int = 1) -> None:
    """A title in the page."""
    with ui.element(f"h{level}").classes("dial-title"):
        ui.label(text)


def alert(text: str) -> None:
    """Something that is wrong."""
    with ui.element("div").classes("dial-alert dial-pre").props('role="alert"'):
        ui.label(text)


def _around(visit: Visit) -> None:
    ui.add_head_html(STYLE + TELL_ZONE)
    ui.dark_mode(visit.dark)
    ui.colors(primary="#1769b5")
    with ui.header().classes("dial-head q-py-xs q-px-md"):
        ui.link("Skip to the page", "#main").classes("dial-skip")
        with ui.row().classes("w-full items-center no-wrap"):
            ui.label("dialerd").classes("text-weight-bold text-h6")
            ui.space()
            freezing.button(visit)
            _person(visit)
        _places(visit)


def _places(visit: Visit) -> None:
    here = _BELOW.get(visit.path, visit.path)
    with ui.element("nav").classes("dial-nav").props('aria-label="Pages"'):
        for path, name in PLACES:
            place = ui.link(name, path)
            if path == here:
                place.props('aria-current="page"')


def _person(visit: Visit) -> None:
    account = ui.button(icon="account_circle").props('flat round dense color=white aria-label="Your account"')
    with account, ui.menu(), ui.column().classes("q-pa-md"):
        ui.label(f"{visit.asker.name}, {visit.asker.role}")
        ui.label(f"Times are those of {visit.zone.key}").classes("text-caption")
        for choice in ("dark", "light", "auto"):
            ui.button(f"Colors: {choice}", on_click=lambda choice=choice: _color(choice)).props("flat no-caps dense")
        with ui.element("form").props('method="post" action="/logout"'):
            ui.button("Log out").props("type=submit flat no-caps dense icon=logout")


def _color(choice: str) -> None:
    ui.run_javascript(KEEP_DARK.format(choice=choice) + "; location.reload()")
