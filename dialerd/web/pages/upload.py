"""Uploading a file into a list: the file, what its columns are, what would become of it, and the import."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nicegui import ui
from nicegui.events import UploadEventArguments

from dialerd.domain.errors import BadInput, DialerdError, NotFound
from dialerd.ingest.leadfile import Reading
from dialerd.service import dry_run, imports, mappings, previews, workers
from dialerd.service.imports import Ticket
from dialerd.service.lists import show as show_list
from dialerd.web.pages import scratch
from dialerd.web.pages.frame import alert, heading
from dialerd.web.pages.imports import buckets_of
from dialerd.web.pages.tables import empty
from dialerd.web.pages.upload_form import Mapping, Options
from dialerd.web.pages.visit import Visit, tell
from dialerd.web.pages.words import link, plain

SMALL_BYTES = 1_000_000
"""A file below this is imported in less time than another process takes to get ready."""
FIRST_ROWS = 10


async def show(visit: Visit) -> None:
    """The page."""
    name = visit.asked("name")
    found = await visit.read(show_list, visit.database, name, now=visit.site.now(), campaigns=visit.site.campaigns)
    heading(f"Upload into {name}")
    if not visit.operates:
        empty(
            "You may look at lists. To upload, ask an operator.", target=link("/list", name=name), button="To the list"
        )
        return
    if found.view.current_version:
        ui.label(f"The list has {found.view.leads.total:,} leads; the file becomes its next version.")
    await _Upload(visit, name).build()


@dataclass
class _File:
    """The file on this machine, in a folder of its own."""

    path: Path

    def drop(self) -> None:
        shutil.rmtree(self.path.parent, ignore_errors=True)


class _Upload:
    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name
        self._file: _File | None = None
        visit.client.on_delete(self._drop)

    async def build(self) -> None:
        largest = self._visit.site.settings.web.largest_upload
        ui.label("A CSV file (comma, semicolon, tab or pipe) or a workbook (.xlsx), its first line naming the columns.")
        ui.upload(
            label="Drop a file here, or choose one with +",
            auto_upload=True,
            max_files=1,
            max_file_size=largest,
            on_upload=self._take,
            on_rejected=lambda: ui.notify(f"One file at a time, of at most {largest:,} bytes", type="warning"),
        ).props('accept=".csv,.tsv,.txt,.xlsx" flat bordered').classes("w-full")
        saved = await self._visit.read(mappings.overview, self._visit.database)
        self._options = Options([each.name for each in saved], changed=self._look)
        self._problem = ui.column().classes("w-full")
        self._mapping = Mapping(changed=self._look)
        with ui.row().classes("w-full items-center") as self._buttons:
            ui.button("Import", on_click=self._import).props("unelevated no-caps")
            ui.button("Dry run", on_click=self._rehearse).props("outline no-caps")
            self._template = ui.input("Save these columns as").props("dense outlined")
            ui.button("Save", on_click=self._save).props("flat no-caps")
        self._result = ui.column().classes("w-full")
        self._options.box.set_visibility(False)
        self._buttons.set_visibility(False)

    async def _take(self, event: UploadEventArguments) -> None:
        visit = self._visit
        self._drop()
        folder = await visit.read(scratch.folder, visit.site, "upload")
        self._file = _File(folder / _file_name(event.file.name))
        await event.file.save(self._file.path)
        if self._file.path.stat().st_size > visit.site.settings.web.largest_upload:
            self._drop()
            tell(BadInput("the file is larger than largest_upload under [web] allows"))
            return
        self._mapping.forget()
        await self._look()

    async def _look(self) -> None:
        """Reads the first rows by what is chosen now."""
        if self._file is None:
            return
        visit, path = self._visit, self._file.path
        self._problem.clear()
        self._result.clear()
        try:
            reading = await self._reading()
            found = await visit.read(
                previews.preview_for_list,
                visit.database,
                self._name,
                path,
                reading,
                FIRST_ROWS,
                now=visit.site.now(),
            )
        except DialerdError as error:
            self._options.box.set_visibility(True)
            self._buttons.set_visibility(False)
            with self._problem:
                alert(plain(str(error).replace(str(path), path.name)))
            return
        if found.guess is not None:
            self._options.guess(found.guess)
        self._mapping.put(found)
        self._options.box.set_visibility(True)
        self._buttons.set_visibility(True)

    async def _reading(self) -> Reading:
        template = self._options.template
        saved = (await self._visit.read(mappings.show, self._visit.database, template)).columns if template else {}
        return self._options.reading({**saved, **self._mapping.chosen})

    async def _rehearse(self) -> None:
        visit, file = self._visit, self._file
        if file is None:
            return
        try:
            report = await visit.read(
                dry_run.dry_run,
                visit.database,
                self._name,
                file.path,
                await self._reading(),
                now=visit.site.now(),
                rules=self._options.rules,
            )
        except DialerdError as error:
            tell(BadInput(str(error).replace(str(file.path), file.path.name)))
            return
        self._result.clear()
        with self._result:
            heading("Dry run: nothing was written", 2)
            if report.same_as is not None:
                ui.label(f"The same file was imported as version {report.same_as}.")
            buckets_of(report.buckets)

    async def _import(self) -> None:
        visit, file = self._visit, self._file
        if file is None:
            return
        reading, rules = await self._reading(), self._options.rules

        def begin(actor: str) -> Ticket:
            return imports.begin(
                visit.database, self._name, file.path, reading, actor=actor, clock=visit.site.now, rules=rules
            )

        ticket = await visit.change("list.import", begin)
        if ticket is None:
            return
        if ticket.size >= SMALL_BYTES:
            await visit.read(workers.start_alone, visit.database, ticket.list_id, ticket.version, ticket.worker)
        else:
            with suppress(DialerdError):
                await visit.read(imports.work, visit.database, ticket, clock=visit.site.now)
        visit.live.look_again()
        visit.go(link("/import", name=self._name, version=ticket.version))

    async def _save(self) -> None:
        visit, name = self._visit, self._template.value.strip()
        columns = self._mapping.all_columns
        saved = await visit.change(
            "mapping.save",
            lambda actor: mappings.save(visit.database, name, columns, actor=actor, now=visit.site.now()),
            done=f"Saved as {name}",
        )
        if saved is not None:
            with suppress(NotFound):
                self._options.offer([each.name for each in await visit.read(mappings.overview, visit.database)])

    def _drop(self) -> None:
        if self._file is not None:
            self._file.drop()
            self._file = None


def _file_name(name: str) -> str:
    """The name without folders and without what no system shows; its ending says how it is read."""
    kept = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable())
    return kept[-150:].lstrip(".") or "upload.csv"
