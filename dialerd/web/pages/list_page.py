"""One list: its state, its statistics, its leads, its versions, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from nicegui import ui

from dialerd.service import lists, statistics
from dialerd.service.lists import ListDetail
from dialerd.service.statistics import DEFINITIONS, Statistics
from dialerd.store.versions import VersionRecord
from dialerd.web.pages import charts, figures, list_leads, list_versions
from dialerd.web.pages.frame import alert, heading
from dialerd.web.pages.imports import cancel, headway
from dialerd.web.pages.list_actions import Actions
from dialerd.web.pages.lists import TONES
from dialerd.web.pages.tables import empty, pairs
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING, PARTS, link, percent, spoken
from dialerd.web.site import Site

_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """A list as it is, with its statistics but their instant."""

    detail: ListDetail
    statistics: Statistics

    @property
    def newest(self) -> VersionRecord | None:
        """Its newest version, also one that is still being imported."""
        return self.detail.versions[0] if self.detail.versions else None


def look(site: Site, name: str) -> Look:
    """Reads it. Raises NotFound."""
    now = site.now()
    detail = lists.show(site.database, name, now=now, campaigns=site.campaigns)
    found = statistics.of_list(
        site.database, name, campaigns=site.campaigns, now=now, dispositions=site.settings.dispositions
    )
    return Look(detail, replace(found, at=_NO_TIME))


async def show(visit: Visit) -> None:
    """The page."""
    await _ListPage(visit, visit.asked("name")).build()


class _ListPage:
    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name

    async def build(self) -> None:
        visit, name = self._visit, self._name
        found = await visit.follow(("list", name), lambda site: look(site, name), self._put)
        visit.client.title = f"{name} - dialerd"
        with ui.row().classes("w-full items-center"):
            heading(name)
            self._status = ui.label().classes("dial-mark")
            ui.space()
            self._actions = Actions(visit, name)
        self._about = ui.column().classes("w-full")
        with ui.tabs().props(
            'dense no-caps align=left outside-arrows mobile-arrows aria-label="About the list"'
        ) as tabs:
            at = {part: ui.tab(part) for part in ("Statistics", "Leads", "Versions")}
        with ui.tab_panels(tabs, value=at["Statistics"], animated=False).classes("w-full").props("keep-alive"):
            with ui.tab_panel(at["Statistics"]).classes("q-px-none"):
                self._numbers = _Numbers(visit)
            with ui.tab_panel(at["Leads"]).classes("q-px-none"):
                await list_leads.show(visit, name)
            with ui.tab_panel(at["Versions"]).classes("q-px-none"):
                self._versions = list_versions.Versions(visit, name)
        self._put(found)

    def _put(self, found: Look) -> None:
        view = found.detail.view
        self._status.set_text(view.status.label)
        self._status.classes(replace=f"dial-mark dial-{TONES.get(view.status, 'plain')}")
        self._actions.put(view)
        self._numbers.put(found)
        self._versions.put(found.detail.versions)
        self._about.clear()
        with self._about:
            self._tell(found)

    def _tell(self, found: Look) -> None:
        visit, view, newest = self._visit, found.detail.view, found.newest
        if newest is not None and newest.state.unfinished:
            headway(newest)
            if visit.operates:
                ui.button("Cancel the import", on_click=lambda: cancel(visit, view.name)).props("flat no-caps")
        elif newest is not None and newest.error:
            alert(f"Version {newest.number} failed: {newest.error}")
        if newest is None:
            target = link("/upload", name=view.name) if visit.operates else None
            empty("There is nothing in this list yet. Upload a CSV file or a workbook.", target=target, button="Upload")
        pairs(
            [
                ("Description", view.description),
                ("Numbers", f"{view.policy}{f', national ones of {view.region}' if view.region else ''}"),
                ("Owner", view.owner),
                ("Changed", visit.when(view.changed_at)),
            ]
        )
        if view.campaign:
            with ui.row().classes("items-center"):
                ui.label("Assigned to campaign")
                ui.link(view.campaign, link("/campaign", name=view.campaign)).classes("dial-link")
        elif view.current_version:
            ui.label("It is assigned to no campaign, so nobody in it is dialed.")


class _Numbers:
    """The statistics, with a chart of dispositions."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._tiles = figures.Tiles()
        with ui.row().classes("w-full items-start"):
            with ui.column().classes("col-12 col-md-6"):
                heading("Where the leads are", 2)
                self._funnel = figures.Figures(("Part", "Leads", "Until"), label="Where the leads are")
            with ui.column().classes("col-12 col-md"):
                heading("Dispositions", 2)
                self._chart = charts.dispositions({})
                self._ends = figures.Figures(("Disposition", "Leads", "Attempts"), label="Dispositions")
        with ui.expansion("What the figures mean").props("dense").classes("w-full"):
            pairs((spoken(name), meaning) for name, meaning in DEFINITIONS.items())

    def put(self, found: Look) -> None:
        """Shows these."""
        numbers, made = found.statistics, found.statistics.attempts
        self._tiles.put(
            {
                "Leads": f"{numbers.total:,}",
                "Dialable": f"{numbers.dialable:,}",
                "Penetration": percent(numbers.penetration),
                "Attempts": f"{made.ended + made.open:,}",
                "Answer rate": percent(made.answer_rate),
            }
        )
        parts = [
            (PARTS[part.part], f"{part.leads:,}", self._visit.when(part.until) if part.leads else NOTHING)
            for part in numbers.funnel
        ]
        self._funnel.put([*parts, ("All leads", f"{numbers.total:,}", NOTHING)])
        charts.put_dispositions(self._chart, numbers.dispositions)
        names = sorted({*numbers.dispositions, *made.dispositions}, key=lambda one: -numbers.dispositions.get(one, 0))
        self._ends.put(
            [
                (spoken(one), f"{numbers.dispositions.get(one, 0):,}", f"{made.dispositions.get(one, 0):,}")
                for one in names
            ]
        )
