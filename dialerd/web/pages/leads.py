"""Leads of all lists, found by number or words."""

from __future__ import annotations

from dialerd.web.pages import list_leads
from dialerd.web.pages.frame import heading
from dialerd.web.pages.visit import Visit


async def show(visit: Visit) -> None:
    """The page."""
    heading("Leads")
    await list_leads.show(visit, None)
