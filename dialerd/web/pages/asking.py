"""Questions before something is done: what will happen, and a way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nicegui import ui


async def ask(title: str, says: Iterable[str], button: str, *, danger: bool = False, repeat: str | None = None) -> bool:
    """Whether the person went on. With `repeat` they have to type it first."""
    # In the page and not where the button is: that may be gone before the question is answered.
    with ui.context.client, ui.dialog() as dialog, ui.card().classes("w-full").props('role="alertdialog"'):
        ui.label(title).classes("text-h6")
        for line in says:
            ui.label(line).classes("dial-pre")
        typed = ui.input(f"Type {repeat} to go on").classes("w-full") if repeat is not None else None
        with ui.row().classes("w-full justify-end"):
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat no-caps autofocus")
            go_on = ui.button(button, on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
            if danger:
                go_on.props("color=red-9")
        if typed is not None:
            go_on.set_enabled(False)
            typed.on_value_change(lambda event: go_on.set_enabled(event.value == repeat))
    answer = await dialog
    dialog.delete()
    return bool(answer)


@contextmanager
def form(title: str, button: str) -> Iterator[ui.dialog]:
    """A question with fields: fill it in the block, then await it for whether the person went on."""
    with ui.context.client, ui.dialog() as dialog, ui.card().classes("w-full"):
        ui.label(title).classes("text-h6")
        yield dialog
        with ui.row().classes("w-full justify-end"):
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat no-caps")
            ui.button(button, on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
    dialog.on("hide", dialog.delete)
