"""The versions of a list: what each brought, how two differ, and the way back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from nicegui import ui

from dialerd.domain.errors import DialerdError
from dialerd.domain.lifecycle import VersionState
from dialerd.domain.places import read_place
from dialerd.service import list_versions, rejected, rollbacks
from dialerd.service.list_versions import Diff
from dialerd.store.differences import Difference, Said
from dialerd.store.versions import VersionRecord
from dialerd.web.pages.asking import ask
from dialerd.web.pages.downloads import offer
from dialerd.web.pages.figures import Figures
from dialerd.web.pages.frame import heading
from dialerd.web.pages.tables import empty
from dialerd.web.pages.visit import Visit, tell
from dialerd.web.pages.words import NOTHING, several, spoken

SHOWN_DIFFERENCES = 50
_GOOD = (VersionState.PUBLISHED, VersionState.ARMED)
_TITLES = (
    "Version",
    "State",
    "File",
    "Rows",
    "Imported",
    "Updated",
    "Unchanged",
    "Duplicate",
    "Do-not-call",
    "Rejected",
)


class Versions:
    """All of them, and two selects that say which are meant."""

    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name
        self._versions: Sequence[VersionRecord] = ()
        self._none = ui.column().classes("w-full")
        self._table = Figures((*_TITLES, "Withdrawn", "At", "By"), label="Versions")
        with ui.row().classes("w-full items-center") as self._tools:
            self._before = ui.select({0: "nothing"}, value=0, label="From").props("dense outlined")
            self._after = ui.select({0: "nothing"}, value=0, label="To version").props("dense outlined")
            for select in (self._before, self._after):
                select.style("min-width: 8rem")
            ui.button("Show what differs", on_click=self._diff).props("outline no-caps")
            if visit.operates:
                ui.button("Roll back to it", on_click=self._roll_back).props("outline no-caps")
                ui.button("Undo the newest import", on_click=self._undo).props("outline no-caps")
                ui.button("Rejected rows", on_click=self._rejects, icon="download").props("flat no-caps")
                ui.button("Original file", on_click=self._original, icon="download").props("flat no-caps")
        self._differences = ui.column().classes("w-full")

    def put(self, versions: Sequence[VersionRecord]) -> None:
        """Shows these."""
        if tuple(versions) == self._versions and versions:
            return
        self._versions = tuple(versions)
        self._none.clear()
        if not versions:
            with self._none:
                empty("No versions yet: each upload becomes one. Upload a file to make the first.")
        self._tools.set_visibility(bool(versions))
        self._table.put([_row(self._visit, version) for version in versions])
        good = [version.number for version in versions if version.state in _GOOD]
        newest, before = (*good, 0, 0)[:2]
        self._before.set_options({0: "nothing", **{number: f"version {number}" for number in good}}, value=before)
        self._after.set_options({0: "nothing", **{number: f"version {number}" for number in good}}, value=newest)

    async def _diff(self) -> None:
        visit = self._visit
        try:
            found = await visit.read(
                list_versions.diff,
                visit.database,
                self._name,
                self._before.value,
                self._after.value,
                limit=SHOWN_DIFFERENCES,
            )
        except DialerdError as error:
            tell(error)
            return
        self._differences.clear()
        with self._differences:
            _tell(found)

    async def _roll_back(self) -> None:
        visit, name, number = self._visit, self._name, int(self._after.value)
        if number == 0:
            ui.notify("Choose the version to go back to under To version")
            return
        words = (
            f"The list becomes what it was in version {number}, as a new version. Leads that came later are withdrawn and "
            "not dialed any more; those that had left come back. Calls and history stay."
        )
        if await ask(f"Roll back to version {number}?", [words], "Roll back", danger=True):
            done = await visit.change(
                "list.rollback",
                lambda actor: rollbacks.rollback(visit.database, name, number, actor=actor, clock=visit.site.now),
            )
            if done is not None:
                visit.say(f"Version {done.version} is as version {done.to} was")

    async def _undo(self) -> None:
        visit, name = self._visit, self._name
        words = ["The newest import is taken back as if it had never been. Refused once one of its leads was dialed."]
        if await ask("Undo the newest import?", words, "Undo", danger=True):
            await visit.change(
                "list.undo",
                lambda actor: rollbacks.undo(visit.database, name, actor=actor, clock=visit.site.now),
                done="The newest import is undone",
            )

    async def _rejects(self) -> None:
        await offer_rejects(self._visit, self._name, int(self._after.value) or None)

    async def _original(self) -> None:
        visit, name, number = self._visit, self._name, int(self._after.value) or None
        try:
            version = await visit.read(list_versions.require_version, visit.database, name, number)
        except DialerdError as error:
            tell(error)
            return

        def write(path: Path, _actor: str) -> None:
            _, blocks = list_versions.original(visit.database, name, number)
            with path.open("wb") as file:
                file.writelines(blocks)

        await offer(visit, "list.original", version.file_name, write)


async def offer_rejects(visit: Visit, name: str, number: int | None) -> None:
    """The rejected rows of a version, to be corrected and uploaded again."""

    def write(path: Path, _actor: str) -> None:
        record = list_versions.require_version(visit.database, name, number)
        written = rejected.write_rejects(visit.database, record, path.with_suffix(".part"))
        if written is None:
            path.write_text("")
        else:
            shutil.move(written, path)

    await offer(visit, "list.rejects", f"{name}-rejected.csv", write)


def _tell(found: Diff) -> None:
    heading(f"Version {found.before or 'nothing'} to {found.after}", 2)
    ui.label(f"{found.added:,} added, {found.changed:,} changed, {found.withdrawn:,} withdrawn").props('role="status"')
    table = Figures(("What", "Number", "Line", "Before and after"), label="What differs", words=True)
    table.put(
        [
            (spoken(row.change.value), row.phone, str(said.line if said else NOTHING), _told(row))
            for row in found.rows
            for said in (row.after or row.before,)
        ]
    )
    left = found.added + found.changed + found.withdrawn - len(found.rows)
    if left:
        ui.label(f"and {several(left, 'lead')} more")


def _told(row: Difference) -> str:
    """What a version says, or what it says otherwise than the one before."""
    if row.before is None or row.after is None:
        said = row.after or row.before
        return ", ".join(said.fields.values()) if said is not None else ""
    old, new = _content(row.before), _content(row.after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return "; ".join(f"{name}: {old.get(name, NOTHING)} → {new.get(name, NOTHING)}" for name in names)


def _content(said: Said) -> dict[str, str]:
    return {**said.fields, "priority": str(said.priority), "zone": read_place(said.zone).zone_text}


def _row(visit: Visit, version: VersionRecord) -> tuple[str, ...]:
    counts = version.buckets
    numbers = (counts.rows, counts.imported, counts.updated, counts.unchanged, counts.duplicate, counts.dnc)
    return (
        str(version.number),
        "Cancelled" if version.cancelled_by else spoken(version.state.value),
        version.file_name,
        *(f"{number:,}" for number in (*numbers, counts.rejected, counts.withdrawn)),
        visit.when(version.created_at),
        version.created_by,
    )
