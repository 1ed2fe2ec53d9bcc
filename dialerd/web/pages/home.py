"""The first page."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from dialerd.web.people import asker_of


def install() -> None:
    """Makes the page known to NiceGUI."""
    ui.page("/")(show)


def show(request: Request) -> None:
    """Who is logged in, and the way out."""
    asker = asker_of(request)
    ui.label(f"Logged in as {asker.name}, {asker.role}" if asker else "")
    with ui.element("form").props('method="post" action="/logout"'):
        ui.button("Log out").props("type=submit")
