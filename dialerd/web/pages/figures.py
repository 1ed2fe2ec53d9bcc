"""Figures that change while they are looked at: tiles, and small tables of names with numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from dialerd.web.pages.tables import Column, put, table


class Tiles:
    """Figures side by side, each above what it is."""

    def __init__(self) -> None:
        self._box = ui.element("div").classes("dial-tiles")
        self._shown: dict[str, ui.label] = {}

    def put(self, figures: Mapping[str, str]) -> None:
        """Shows these; the names stay what they were at first."""
        with self._box:
            for what, figure in figures.items():
                if what not in self._shown:
                    with ui.element("div").classes("dial-tile"):
                        self._shown[what] = ui.label().classes("dial-figure")
                        ui.label(what).classes("dial-what")
                self._shown[what].set_text(figure)


class Figures:
    """A small table; all but its first column are numbers, or none is with `words`."""

    def __init__(self, titles: Sequence[str], *, label: str, words: bool = False) -> None:
        columns = [Column(f"c{place}", title, number=place > 0 and not words) for place, title in enumerate(titles)]
        self._table = table(columns, (), label=label)

    def put(self, rows: Sequence[Sequence[str]]) -> None:
        """Shows these rows."""
        put(
            self._table,
            [{"id": place, **{f"c{at}": cell for at, cell in enumerate(row)}} for place, row in enumerate(rows)],
        )
