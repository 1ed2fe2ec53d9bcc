"""Changing what a list is called for people, and adding one lead to it by hand."""

from __future__ import annotations

from nicegui import ui

from dialerd.service import lead_changes, lists
from dialerd.web.pages.asking import form
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import link


async def describe(visit: Visit, name: str, before: str) -> None:
    """Another description."""
    with form(f"Describe {name}", "Save") as dialog:
        words = ui.input("Description", value=before).props("outlined autofocus").classes("w-full")
    if await dialog:
        await visit.change(
            "list.edit",
            lambda actor: lists.edit(
                visit.database, name, actor=actor, now=visit.site.now(), description=(words.value or "").strip()
            ),
            done="Saved",
        )


async def add_lead(visit: Visit, name: str) -> None:
    """One lead, due now, as a version of its own."""
    with form(f"Add a lead to {name}", "Add") as dialog:
        ui.label("It is due now, and dialed when the list's campaign dials.")
        number = ui.input("Number, such as +14155551234").props("outlined autofocus").classes("w-full")
        first = ui.input("First name (optional)").props("outlined").classes("w-full")
        last = ui.input("Last name (optional)").props("outlined").classes("w-full")
        rank = ui.number("Priority, 0 to 9", value=0, min=0, max=9, precision=0).props("outlined").classes("w-full")
    if not await dialog:
        return
    fields = {
        key: each.value.strip() for key, each in (("first_name", first), ("last_name", last)) if each.value.strip()
    }
    made = await visit.change(
        "lead.add",
        lambda actor: lead_changes.add(
            visit.database,
            name,
            number.value.strip(),
            actor=actor,
            now=visit.site.now(),
            fields=fields,
            priority=int(rank.value or 0),
        ),
    )
    if made is not None:
        visit.go(link("/lead", id=made.lead_id))
