"""Do-not-call by the file: numbers put on it all at once, and all entries as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from nicegui import ui
from nicegui.events import UploadEventArguments

from dialerd.ingest.leadfile import Reading
from dialerd.service import dnc_files
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.service.dnc_files import DncReport
from dialerd.store.dnc import EntryFilter
from dialerd.web.pages import scratch
from dialerd.web.pages.downloads import offer
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import several


async def bring(visit: Visit, then: Callable[[], Awaitable[None]]) -> None:
    """Puts every number of a file on do-not-call."""
    folder = await visit.read(scratch.folder, visit.site, "dnc")

    async def take(event: UploadEventArguments) -> None:
        path = folder / f"numbers{Path(event.file.name).suffix[:5]}"
        await event.file.save(path)
        report = await visit.change("dnc.import", lambda actor: _import(visit, path, actor))
        await visit.read(scratch.drop, folder)
        dialog.submit(True)
        if report is not None:
            visit.say(_said(report), stays=True)
            await then()

    with visit.client, ui.dialog() as dialog, ui.card().classes("w-full"):
        ui.label("Put a file of numbers on do-not-call").classes("text-h6")
        ui.label(
            "A CSV file or a workbook, or just one number a line. What is written holds at once, for all campaigns."
        )
        ui.upload(
            label="Drop the file here, or choose it with +",
            auto_upload=True,
            max_files=1,
            max_file_size=visit.site.settings.web.largest_upload,
            on_upload=take,
        ).props('accept=".csv,.tsv,.txt,.xlsx" flat bordered').classes("w-full")
        ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat no-caps")
    await dialog
    await visit.read(scratch.drop, folder)


def _import(visit: Visit, path: Path, actor: str) -> DncReport:
    return dnc_files.import_file(
        visit.database,
        path,
        Reading(),
        DncWish(),
        DncTerms(source="console"),
        configured=visit.site.campaigns,
        actor=actor,
        clock=visit.site.now,
        max_send_delay=visit.site.settings.engine.max_send_delay,
    )


def _said(report: DncReport) -> str:
    parts = f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} there already"
    said = f"{several(report.rows, 'row')}: {parts}, {report.duplicate:,} duplicate, {report.rejected:,} rejected"
    first = "; ".join(f"line {row.line}: {row.reason}" for row in report.first_rejects[:5])
    return f"{said}. {first}" if first else said


async def take_away(visit: Visit) -> None:
    """All entries as a file; importing it makes the same entries again."""

    def write(path: Path, actor: str) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            dnc_files.export(
                visit.database,
                EntryFilter(),
                out,
                configured=visit.site.campaigns,
                actor=actor,
                now=visit.site.now(),
            )

    await offer(visit, "dnc.export", "do-not-call.csv", write)
