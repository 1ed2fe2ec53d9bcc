"""The console: pages made with NiceGUI, on the same server as the API."""

from __future__ import annotations

from fastapi import FastAPI
from nicegui import ui

from dialerd.web.pages import home


def install(app: FastAPI) -> None:
    """Puts the pages into the application; whoever opens one has logged in before."""
    home.install()
    ui.run_with(app, title="dialerd", dark=None, show_welcome_message=False)
