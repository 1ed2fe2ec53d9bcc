"""How a file is read: which column is which field, shown on its first rows, and the options of its import."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Mapping as Named
from typing import Any

from nicegui import ui

from dialerd.domain.importing import Duplicates, Mode, Scope
from dialerd.ingest.encodings import Guess
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.preview import Preview
from dialerd.ingest.titles import FIELDS
from dialerd.store.staging import Rules
from dialerd.web.pages.figures import Figures
from dialerd.web.pages.frame import heading
from dialerd.web.pages.words import NOTHING, several, spoken

LEFT_OUT = "-"
_MODES = {Mode.ADD: "Add: new numbers join", Mode.REPLACE: "Replace: who is not in the file is withdrawn"}
_DUPLICATES = {
    Duplicates.SKIP: "Leave leads the list has as they are",
    Duplicates.UPDATE: "Give leads the list has what the file says",
}
_SCOPES = {
    Scope.FILE: "In this file",
    Scope.LIST: "In this list",
    Scope.CAMPAIGN: "In all lists of its campaign",
    Scope.ALL: "In all lists",
}
_DELIMITERS = {"": "Found in the header", "comma": "Comma", "semicolon": "Semicolon", "tab": "Tab", "pipe": "Pipe"}
_ENCODINGS = {"": "UTF-8, or by its mark", **{name: name for name in ("cp1252", "latin-1", "utf-16", "mac-roman")}}

Changed = Callable[[], Awaitable[None]]


class Options:
    """The options of an import."""

    def __init__(self, templates: Sequence[str], *, changed: Changed) -> None:
        with ui.element("div").classes("dial-fields") as self.box:
            self._mode = _select("What becomes of the list", _MODES, Mode.ADD)
            self._duplicates = _select("Duplicates", _DUPLICATES, Duplicates.SKIP)
            self._scope = _select("A number counts as known", _SCOPES, Scope.LIST)
            self._delimiter = _select("Columns are separated by", _DELIMITERS, "", changed)
            self._encoding = _select("Characters are written in", _ENCODINGS, "", changed)
            self._sheet = ui.input("Sheet of a workbook (empty: the first)", on_change=changed)
            self._sheet.props("outlined dense debounce=500")
            self._template = _select("Saved columns", {"": "None", **{name: name for name in templates}}, "", changed)

    @property
    def rules(self) -> Rules:
        """What becomes of leads that are known."""
        return Rules(Mode(self._mode.value), Duplicates(self._duplicates.value), Scope(self._scope.value))

    @property
    def template(self) -> str:
        """The chosen saved columns, or nothing."""
        return str(self._template.value or "")

    def reading(self, mapping: Named[str, str]) -> Reading:
        """How the file is to be read."""
        return Reading(
            delimiter=self._delimiter.value or None,
            encoding=self._encoding.value or None,
            sheet=(self._sheet.value or "").strip() or None,
            mapping=mapping,
        )

    def guess(self, found: Guess) -> None:
        """Takes the encoding the file looks like, which the person sees in the first rows."""
        self._encoding.set_options({**_ENCODINGS, found.encoding: found.encoding}, value=found.encoding)
        ui.notify(f"Not UTF-8: it looks like {found.encoding}. Are the names below right?", type="warning")

    def offer(self, templates: Sequence[str]) -> None:
        """Offers these saved columns."""
        self._template.set_options({"": "None", **{name: name for name in templates}})


class Mapping:
    """Each column with the field it becomes, and the first rows as they would be imported."""

    def __init__(self, *, changed: Changed) -> None:
        self._changed = changed
        self._box = ui.column().classes("w-full")
        self.chosen: dict[str, str] = {}
        self.all_columns: dict[str, str] = {}

    def forget(self) -> None:
        """Another file: what is guessed counts again."""
        self.chosen = {}

    def put(self, found: Preview) -> None:
        """Shows what was found."""
        self.all_columns = {column.title: column.field for column in found.columns}
        self._box.clear()
        with self._box:
            heading("Columns", 2)
            ui.label("Guessed from their names. Choose another field, or leave a column out.")
            with ui.element("div").classes("dial-tiles").props('role="group" aria-label="Columns"'):
                for column in found.columns:
                    self._column(column.title, column.field, column.example)
            heading("First rows", 2)
            _first(found)

    def _column(self, title: str, field: str, example: str) -> None:
        known = [*FIELDS, *([] if field in (*FIELDS, LEFT_OUT) else [field])]
        with ui.element("div").classes("dial-tile"):
            ui.label(title or "(no title)").classes("text-weight-bold")
            ui.label(example[:60] or NOTHING).classes("text-caption")
            select = ui.select({LEFT_OUT: "Left out", **{name: spoken(name) for name in known}}, value=field)
            select.props("dense outlined").classes("w-full").props["aria-label"] = f"Field of column {title}"

            async def choose() -> None:
                self.chosen[title] = str(select.value)
                await self._changed()

            select.on_value_change(choose)


def _first(found: Preview) -> None:
    table = Figures(("Line", "In the file", "Becomes", "Zone", "Name"), label="First rows", words=True)
    rows = []
    for row in found.first:
        who = " ".join(row.fields.get(part, "") for part in ("first_name", "last_name")).strip()
        dnc = f"{row.phone}, on do-not-call" if row.on_dnc else row.phone
        becomes = dnc or f"Rejected: {row.rejected}"
        rows.append((str(row.line), row.number[:60], becomes, row.zone.partition("|")[0] or NOTHING, who or NOTHING))
    table.put(rows)
    looked = "" if found.whole else " looked at"
    parts = f"{several(found.usable, 'number')}, {found.repeated:,} repeated, {found.on_dnc:,} on do-not-call"
    ui.label(f"{several(found.rows, 'row')}{looked}: {parts}, {found.rejected:,} rejected").props('role="status"')
    for reason, number in found.reasons:
        ui.label(f"{number:,} × {reason}")


def _select(label: str, options: Named[Any, str], value: str, changed: Changed | None = None) -> ui.select:
    made = ui.select(
        {str(key): text for key, text in options.items()}, value=str(value), label=label, on_change=changed
    )
    made.props("outlined dense options-dense")
    return made
