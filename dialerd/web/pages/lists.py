"""The lists: all of them with their state, and a new one."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from dialerd.domain.lifecycle import ListStatus
from dialerd.ingest.example import EXAMPLE
from dialerd.service import lists
from dialerd.service.list_rules import number_rules, read_region
from dialerd.service.lists import ListView
from dialerd.web.pages.frame import heading
from dialerd.web.pages.tables import Column, empty, put, table
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING, link, percent
from dialerd.web.site import Site

MOST_ROWS = 500
TONES = {
    ListStatus.READY: "good",
    ListStatus.IN_USE: "busy",
    ListStatus.PROCESSING: "busy",
    ListStatus.FAILED: "bad",
}
_COLUMNS = (
    Column("name", "Name", linked=True),
    Column("status", "Status", marked=True),
    Column("campaign", "Campaign", linked=True),
    Column("leads", "Leads", number=True),
    Column("dialable", "Dialable", number=True),
    Column("penetration", "Penetration", number=True),
    Column("version", "Version", number=True),
    Column("changed", "Changed"),
)


async def show(visit: Visit) -> None:
    """All lists, searched by name and filtered by status."""
    page = _Lists(visit)
    await page.build()


class _Lists:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._views: Sequence[ListView] = ()

    async def build(self) -> None:
        visit = self._visit
        with ui.row().classes("w-full items-center"):
            heading("Lists")
            ui.space()
            ui.button("Example CSV", icon="download", on_click=_example).props("flat no-caps")
            if visit.operates:
                ui.button("Create list", icon="add", on_click=lambda: ui.navigate.to("/new")).props(
                    "unelevated no-caps"
                )
        with ui.row().classes("w-full items-center"):
            self._search = ui.input("Search by name", on_change=self._fill).props(
                "dense outlined clearable debounce=200"
            )
            choices = {"": "All but archived", **{status.value: status.label for status in ListStatus}}
            self._status = ui.select(choices, value="", label="Status", on_change=self._fill).props("dense outlined")
            self._status.classes("col-auto").style("min-width: 11rem")
            ui.button("Refresh", icon="refresh", on_click=self._refresh).props("flat no-caps")
        self._views = await visit.follow("lists", _every, self._put)
        self._table = table(_COLUMNS, self._rows(), label="Lists", key="id")
        self._cut = ui.label(f"Only the first {MOST_ROWS} are shown. Search for the name.").props('role="status"')
        self._none = ui.column().classes("w-full")
        self._say_empty()

    def _put(self, views: Sequence[ListView]) -> None:
        self._views = views
        self._fill()

    def _fill(self) -> None:
        put(self._table, self._rows())
        self._say_empty()

    async def _refresh(self) -> None:
        self._put(await self._visit.read(_every, self._visit.site))

    def _rows(self) -> list[dict[str, object]]:
        text, status = (self._search.value or "").casefold(), self._status.value
        shown = [
            view
            for view in self._views
            if text in view.name.casefold()
            and (view.status == status if status else view.status is not ListStatus.ARCHIVED)
        ]
        return [_row(self._visit, view) for view in shown[:MOST_ROWS]]

    def _say_empty(self) -> None:
        self._table.set_visibility(bool(self._table.rows))
        self._cut.set_visibility(len(self._table.rows) == MOST_ROWS)
        self._none.clear()
        if self._table.rows:
            return
        with self._none:
            if any(view.status is not ListStatus.ARCHIVED for view in self._views):
                empty("No list fits. Search for another name, or show another status.")
            elif self._visit.operates:
                empty(
                    "There is no list yet. Create one, then upload a CSV file into it.",
                    target="/new",
                    button="Create the first list",
                )
            else:
                empty("There is no list yet. An operator can create one.")


def _every(site: Site) -> list[ListView]:
    return lists.overview(site.database, now=site.now(), archived=True, campaigns=site.campaigns)


def _row(visit: Visit, view: ListView) -> dict[str, object]:
    return {
        "id": view.list_id,
        "name": view.name,
        "name_href": link("/list", name=view.name),
        "status": view.status.label,
        "status_tone": TONES.get(view.status, "plain"),
        "campaign": view.campaign or NOTHING,
        "campaign_href": link("/campaign", name=view.campaign) if view.campaign else "",
        "leads": f"{view.leads.total:,}",
        "dialable": f"{view.leads.dialable:,}",
        "penetration": percent(view.penetration),
        "version": view.current_version,
        "changed": visit.when(view.changed_at),
    }


def _example() -> None:
    ui.download.content(EXAMPLE, "example.csv", "text/csv")


async def create(visit: Visit) -> None:
    """A form for a new list."""
    heading("New list")
    if not visit.operates:
        empty("You may look at lists. To create one, ask an operator.", target="/", button="To the lists")
        return
    ui.label("A list holds leads. After it is created you upload a CSV file or a workbook into it.")
    name = ui.input("Name, such as Spring 2026 renewals").props("outlined autofocus").classes("w-full")
    about = ui.input("Description (optional)").props("outlined").classes("w-full")
    region = ui.input("Country of national numbers, such as US (optional)").props("outlined").classes("w-full")
    ui.label(
        "Without a country only numbers such as +14155551234 are accepted. With one, blanks, dashes and national "
        "numbers are understood too."
    ).classes("text-caption")

    async def make() -> None:
        def work(actor: str) -> ListView:
            country = read_region(region.value.strip()) if region.value.strip() else None
            rules = number_rules(country, defaults=visit.site.settings.lists.allowed)
            return lists.create(
                visit.database,
                name.value.strip(),
                actor=actor,
                now=visit.site.now(),
                description=about.value.strip(),
                rules=rules,
            )

        made = await visit.change("list.create", work)
        if made is not None:
            visit.go(link("/upload", name=made.name))

    name.on("keydown.enter", make)
    with ui.row():
        ui.button("Create", on_click=make).props("unelevated no-caps")
        ui.button("Cancel", on_click=lambda: ui.navigate.to("/")).props("flat no-caps")
