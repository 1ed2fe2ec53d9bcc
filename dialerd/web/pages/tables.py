"""Tables: rows of text, some of which leads on to a page. Whatever a cell says is shown as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from nicegui.elements.table import Table

# Vue escapes what stands between double braces and in bound attributes.
_LINKED = (
    '<q-td :props="props"><a v-if="props.row.{name}_href" class="dial-link" :href="props.row.{name}_href">'
    "{{{{ props.value }}}}</a><template v-else>{{{{ props.value }}}}</template></q-td>"
)
_MARKED = (
    '<q-td :props="props"><span class="dial-mark" :class="\'dial-\' + props.row.{name}_tone">'
    "{{{{ props.value }}}}</span></q-td>"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the key of its cells, its title, whether it holds numbers. `linked`: the row's `NAME_href` is where its
    cell leads. `marked`: the row's `NAME_tone` (good, busy, bad or plain) colors it.
    """

    name: str
    title: str
    number: bool = False
    linked: bool = False
    marked: bool = False


Row = Mapping[str, Any]


def table(columns: Sequence[Column], rows: Iterable[Row], *, label: str, key: str = "id") -> Table:
    """A table that screen readers know by `label`. Change its `rows` to show others."""
    made = ui.table(
        columns=[
            {"name": each.name, "field": each.name, "label": each.title, "align": "right" if each.number else "left"}
            for each in columns
        ],
        rows=[dict(row) for row in rows],
        row_key=key,
    )
    made.props(f'flat dense wrap-cells no-data-label="None yet" role=region aria-label="{label}"').classes("dial-table")
    for each in columns:
        if each.linked:
            made.add_slot(f"body-cell-{each.name}", _LINKED.format(name=each.name))
        elif each.marked:
            made.add_slot(f"body-cell-{each.name}", _MARKED.format(name=each.name))
    return made


def put(shown: Table, rows: Sequence[Row]) -> None:
    """Shows these rows instead, if they are others."""
    fresh = [dict(row) for row in rows]
    if shown.rows != fresh:
        shown.rows = fresh


def pairs(items: Iterable[tuple[str, object]]) -> None:
    """Names and values below each other, leaving out what is not known."""
    with ui.element("dl").classes("dial-pairs"):
        for name, value in items:
            if value not in (None, ""):
                with ui.element("dt"):
                    ui.label(name)
                with ui.element("dd"):
                    ui.label(str(value))


def empty(words: str, *, target: str | None = None, button: str = "") -> None:
    """What to do where there is nothing yet."""
    with ui.column().classes("dial-empty").props('role="status"'):
        ui.label(words)
        if target is not None:
            ui.button(button, on_click=lambda: ui.navigate.to(target)).props("unelevated no-caps")


class Pager:
    """Pages of a long table by cursors: forward from each page to the next, back to the first."""

    def __init__(self, turn: Callable[[Any], Any]) -> None:
        self._turn = turn
        self._next: Any = None
        with ui.row().classes("items-center"):
            self._first = ui.button("First page", on_click=self._to_first).props("flat no-caps dense")
            self._more = ui.button("Next page", on_click=self._to_next).props("flat no-caps dense")
        self.show(None, first=True)

    def show(self, following: Any, *, first: bool) -> None:
        """`following` is the cursor of the next page, None on the last one."""
        self._next = following
        self._first.set_enabled(not first)
        self._more.set_enabled(following is not None)

    async def _to_first(self) -> None:
        await self._turn(None)

    async def _to_next(self) -> None:
        await self._turn(self._next)
