"""Exporting the leads of a list: which columns, which leads."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from dialerd.service import exports
from dialerd.service.exports import ExportWish
from dialerd.service.which import lead_filter
from dialerd.web.pages.asking import form
from dialerd.web.pages.downloads import offer
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import spoken

_STANDING = ("disposition", "attempts", "last_attempt", "next_due", "closed", "zones", "version", "line")


async def export(visit: Visit, name: str) -> None:
    """Asks what is wanted, and sends it to the browser."""
    with form("Export leads", "Export") as dialog:
        ui.label(
            "A CSV file that is safe to open in a spreadsheet, and gives the same leads when it is uploaded again."
        )
        named = {each: spoken(each) for each in sorted(visit.site.settings.dispositions.names)}
        which = ui.select(named, multiple=True, value=[], label="Only these dispositions").props("outlined use-chips")
        how = ui.checkbox("Also how each lead stands: disposition, attempts, next call", value=True)
        only = ui.input("Only these columns, separated by commas (optional)").props("outlined")
        for field in (which, only):
            field.classes("w-full")
    if not await dialog:
        return
    chosen = tuple(part.strip() for part in (only.value or "").split(",") if part.strip())
    standing = _STANDING if how.value else ()

    def write(path: Path, actor: str) -> None:
        columns = chosen
        if not columns and standing:
            columns = (*exports.columns_of(visit.database, name), *standing)
        wish = ExportWish(name, columns, lead_filter(dispositions=which.value))
        # The byte order mark is how spreadsheets know UTF-8.
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            exports.export(visit.database, wish, out, actor=actor, now=visit.site.now())

    await offer(visit, "list.export", f"{name}.csv", write)
