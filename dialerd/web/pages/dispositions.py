"""The dispositions there are, and what each means."""

from __future__ import annotations

from dataclasses import asdict

from nicegui import ui

from dialerd.domain.dispositions import FLAGS
from dialerd.web.pages.figures import Figures
from dialerd.web.pages.frame import heading
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING, spoken

_FLAGS = ("contacted", "final", "do_not_call", "recyclable", "counts", "human")


async def show(visit: Visit) -> None:
    """The page."""
    heading("Dispositions")
    ui.label(
        "How a call may end. Those of the system are always there; others are described in dispositions.toml and can be "
        "given to a call by the dialplan, by an agent or by the API."
    )
    catalogue = visit.site.settings.dispositions
    shown = Figures(
        ("Disposition", "Of", *(spoken(flag) for flag in _FLAGS), "What it means"), label="Dispositions", words=True
    )
    rows = []
    for name, flags in catalogue.flags.items():
        said = asdict(flags)
        yes = ("Yes" if said[flag] else NOTHING for flag in _FLAGS)
        of = "System" if name in FLAGS else "Yours"
        rows.append((spoken(name), of, *yes, catalogue.descriptions.get(name) or NOTHING))
    shown.put(rows)
    ui.label(
        "Contacted: a person was reached, or by agreement a message was left. Final: the lead is never dialed again. "
        "Do not call: its number neither, from any list. Recyclable: a rule may bring it back. Counts: uses up an attempt. "
        "Human: a person was on the line."
    ).classes("text-caption")
