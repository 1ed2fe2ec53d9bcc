"""The console: pages made with NiceGUI, on the same server as the API."""

from __future__ import annotations

from fastapi import FastAPI
from nicegui import ui

from dialerd.web.pages import (
    audit,
    calls,
    campaign_page,
    campaigns,
    dispositions,
    dnc,
    downloads,
    health,
    imports,
    lead_page,
    leads,
    list_page,
    lists,
    upload,
)
from dialerd.web.pages.frame import page
from dialerd.web.pages.leaving import Leaving

PAGES = (
    ("/", "Lists", lists.show),
    ("/new", "New list", lists.create),
    ("/list", "List", list_page.show),
    ("/upload", "Upload", upload.show),
    ("/import", "Import", imports.show),
    ("/campaigns", "Campaigns", campaigns.show),
    ("/campaign", "Campaign", campaign_page.show),
    ("/calls", "Live calls", calls.show),
    ("/leads", "Leads", leads.show),
    ("/lead", "Lead", lead_page.show),
    ("/dnc", "Do-not-call", dnc.show),
    ("/dispositions", "Dispositions", dispositions.show),
    ("/audit", "Audit", audit.show),
    ("/health", "Health", health.show),
)
"""Where each page is, its title, and what fills it."""


def install(app: FastAPI) -> None:
    """Puts the pages into the application; whoever opens one has logged in before."""
    for path, title, build in PAGES:
        page(path, title, build)
    app.include_router(downloads.router)
    app.add_middleware(Leaving)
    # Styles are our own few: the ones NiceGUI brings would be made in the browser, anew on each page.
    ui.run_with(app, title="dialerd", dark=None, tailwind=False, show_welcome_message=False)
