"""What can be done with a list, each after a question that says what will happen."""

from __future__ import annotations

from nicegui import ui

from dialerd.domain.lifecycle import ListStatus
from dialerd.service import campaigns, list_life
from dialerd.service.lists import ListView
from dialerd.web.pages import list_edit, list_export, list_move, list_reset
from dialerd.web.pages.asking import ask, form
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import link, several


class Actions:
    """The buttons of a list. A viewer has none."""

    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name
        self._view: ListView | None = None
        self._box = ui.row().classes("items-center")
        self._shown: object = None

    def put(self, view: ListView) -> None:
        """Offers what this list can have done to it now."""
        self._view = view
        archived = view.status is ListStatus.ARCHIVED
        offered = (archived, view.campaign is not None)
        if not self._visit.operates or offered == self._shown:
            return
        self._shown = offered
        self._box.clear()
        with self._box:
            if archived:
                _button("Unarchive", self._unarchive)
                _button("Delete", self._delete)
                return
            ui.button("Upload", icon="upload", on_click=lambda: ui.navigate.to(link("/upload", name=self._name))).props(
                "unelevated no-caps"
            )
            _button("Unassign", self._unassign) if view.campaign else _button("Assign", self._assign)
            with ui.button("More", icon="expand_more").props("outline no-caps"), ui.menu():
                ui.menu_item("Export", lambda: list_export.export(self._visit, self._name))
                ui.menu_item("Reset statuses", lambda: list_reset.reset(self._visit, self._name))
                ui.menu_item("Undo the last reset", lambda: list_reset.undo(self._visit, self._name))
                ui.menu_item("Move leads", lambda: list_move.move(self._visit, self._name))
                ui.menu_item("Copy", self._copy)
                ui.menu_item("Add a lead", lambda: list_edit.add_lead(self._visit, self._name))
                ui.menu_item("Describe", self._describe)
                ui.menu_item("Archive", self._archive)
                ui.menu_item("Delete", self._delete)

    async def _describe(self) -> None:
        await list_edit.describe(self._visit, self._name, self._view.description if self._view else "")

    async def _assign(self) -> None:
        visit, name = self._visit, self._name
        chosen = sorted(visit.site.campaigns)
        if not chosen:
            ui.notify("There is no campaign: an admin describes one in a file in campaigns.d", type="warning")
            return
        with form("Assign to a campaign", "Assign") as dialog:
            ui.label(f"The campaign will dial the {several(self._leads, 'lead')} of this list once it is Active.")
            which = ui.select(chosen, value=chosen[0], label="Campaign").props("outlined").classes("w-full")
        if await dialog:
            await visit.change(
                "list.assign",
                lambda actor: campaigns.assign(
                    visit.database,
                    which.value,
                    name,
                    configured=visit.site.campaigns,
                    actor=actor,
                    now=visit.site.now(),
                ),
                done=f"Assigned to campaign {which.value}",
            )

    async def _unassign(self) -> None:
        visit, name = self._visit, self._name
        campaign = self._view.campaign if self._view else None
        words = [f"Campaign {campaign} does not dial this list any more. Leads, attempts and history stay."]
        if await ask(f"Unassign from campaign {campaign}?", words, "Unassign"):
            await visit.change(
                "list.unassign",
                lambda actor: campaigns.unassign(
                    visit.database, None, name, configured=visit.site.campaigns, actor=actor, now=visit.site.now()
                ),
                done="Unassigned",
            )

    async def _archive(self) -> None:
        visit, name = self._visit, self._name
        words = ["The list is hidden, not dialed and cannot be assigned. Everything in it stays, and it can come back."]
        if await ask(f"Archive {name}?", words, "Archive"):
            await visit.change(
                "list.archive",
                lambda actor: list_life.archive(visit.database, name, actor=actor, now=visit.site.now()),
                done="Archived",
            )

    async def _unarchive(self) -> None:
        visit, name = self._visit, self._name
        if await ask(
            f"Bring {name} back?", ["It is assigned as it was, and dialed when that campaign dials."], "Unarchive"
        ):
            await visit.change(
                "list.unarchive",
                lambda actor: list_life.unarchive(visit.database, name, actor=actor, now=visit.site.now()),
                done="The list is back",
            )

    async def _delete(self) -> None:
        visit, name = self._visit, self._name
        words = [f"Removes the list and its {several(self._leads, 'lead')} for good. The record of its calls stays."]
        if await ask(f"Delete {name}?", words, "Delete for good", danger=True, repeat=name):
            removed = await visit.change(
                "list.delete",
                lambda actor: list_life.delete(visit.database, name, repeated=name, actor=actor, clock=visit.site.now),
                done="Deleted",
            )
            if removed is not None:
                visit.go("/")

    async def _copy(self) -> None:
        visit, name = self._visit, self._name
        with form("Copy the list", "Copy") as dialog:
            ui.label("A new list of the same leads, none of them dialed yet. Who said no stays closed in it.")
            new = ui.input("Name of the copy", value=f"{name} copy").props("outlined autofocus").classes("w-full")
        if await dialog:
            made = await visit.change(
                "list.copy",
                lambda actor: list_life.copy(
                    visit.database,
                    name,
                    new.value.strip(),
                    actor=actor,
                    clock=visit.site.now,
                    dispositions=visit.site.settings.dispositions,
                ),
            )
            if made is not None:
                visit.go(link("/list", name=made.name))

    @property
    def _leads(self) -> int:
        return self._view.leads.total if self._view else 0


def _button(text: str, action: object) -> None:
    ui.button(text, on_click=action).props("outline no-caps")  # type: ignore[arg-type]
