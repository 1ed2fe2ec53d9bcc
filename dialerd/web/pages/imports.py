"""An import on its way: how far it is, its end, and what became of each row."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from dialerd.domain.errors import NotFound
from dialerd.service import imports, list_versions, out_of_reach
from dialerd.service.out_of_reach import OutOfReach
from dialerd.store.versions import Buckets, VersionRecord
from dialerd.web.pages.asking import ask
from dialerd.web.pages.figures import Figures
from dialerd.web.pages.frame import alert, heading
from dialerd.web.pages.list_versions import offer_rejects
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import link, several
from dialerd.web.site import Site


@dataclass(frozen=True, slots=True)
class _Look:
    """A version, and once it is in, whom the campaign never calls."""

    version: VersionRecord
    beyond: tuple[OutOfReach, ...]


def _look(site: Site, name: str, number: int) -> _Look:
    version = next((each for each in list_versions.versions_of(site.database, name) if each.number == number), None)
    if version is None:
        raise NotFound(f"list {name} has no version {number}")
    done = not version.state.unfinished
    beyond = out_of_reach.of_list(site.database, name, campaigns=site.campaigns, now=site.now()) if done else ()
    return _Look(version, beyond)


async def show(visit: Visit) -> None:
    """The progress of an import, and its result."""
    name, number = visit.asked("name"), visit.asked_number("version")
    box = ui.column().classes("w-full")

    def put(found: _Look) -> None:
        box.clear()
        with box:
            _tell(visit, name, found)

    found = await visit.follow(("import", name, number), lambda site: _look(site, name, number), put)
    with box:
        _tell(visit, name, found)


def _tell(visit: Visit, name: str, found: _Look) -> None:
    version = found.version
    heading(f"Import into {name}")
    ui.label(f"{version.file_name}, version {version.number}")
    if version.state.unfinished:
        headway(version)
        ui.label("It goes on by itself: this page may be closed.")
        if visit.operates:
            ui.button("Cancel the import", on_click=lambda: cancel(visit, name)).props("outline no-caps")
        return
    if version.cancelled_by:
        alert(f"It was cancelled by {version.cancelled_by}; nothing of it is left.")
    elif version.error:
        alert(f"It failed: {version.error}")
    else:
        ui.label("It is in.").props('role="status"')
    buckets_of(version.buckets)
    for each in found.beyond:
        alert(f"Campaign {each.campaign} never calls {several(each.leads, 'lead')} of this list: {each.reason}")
    with ui.row():
        if version.buckets.rejected and visit.operates:
            ui.button(
                "Download the rejected rows",
                icon="download",
                on_click=lambda: offer_rejects(visit, name, version.number),
            ).props("outline no-caps")
        ui.button("To the list", on_click=lambda: ui.navigate.to(link("/list", name=name))).props("unelevated no-caps")


def headway(version: VersionRecord) -> None:
    """How far it is."""
    at = version.headway
    share = 0.0 if at.percent is None else at.percent / 100
    ui.label(f"Importing: {at.phase.value}, {several(at.rows, 'row')}").props('role="status"')
    ui.linear_progress(share, show_value=False).props('aria-label="Progress of the import"')


def buckets_of(counts: Buckets) -> None:
    """What became of each row: the buckets add up to the rows of the file."""
    rows = (
        ("Imported", counts.imported),
        ("Updated", counts.updated),
        ("Unchanged", counts.unchanged),
        ("Duplicate", counts.duplicate),
        ("On do-not-call", counts.dnc),
        ("Rejected", counts.rejected),
        ("All rows of the file", counts.rows),
    )
    table = Figures(("What became of the rows", "Rows"), label="What became of the rows")
    table.put([(what, f"{number:,}") for what, number in rows])
    if counts.withdrawn:
        ui.label(f"{several(counts.withdrawn, 'lead')} not in the file: withdrawn.")


async def cancel(visit: Visit, name: str) -> None:
    """Stops an import, after a question."""
    if await ask("Cancel the import?", ["What is in of it is taken back."], "Cancel the import", danger=True):
        await visit.change(
            "list.cancel",
            lambda actor: imports.cancel(visit.database, name, actor=actor, clock=visit.site.now),
            done="The import is cancelled",
        )
