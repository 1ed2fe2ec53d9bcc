"""Moving leads to another list."""

from __future__ import annotations

from nicegui import ui

from dialerd.domain.errors import DialerdError
from dialerd.domain.lifecycle import ListStatus
from dialerd.service import lists, moves
from dialerd.service.moves import MoveReport, MoveWish
from dialerd.service.which import lead_filter
from dialerd.web.pages.asking import ask, form
from dialerd.web.pages.visit import Visit, tell
from dialerd.web.pages.words import several, spoken


async def move(visit: Visit, name: str) -> None:
    """Asks which leads and where to, says what would be moved, and moves them."""
    found = await visit.read(lists.overview, visit.database, now=visit.site.now(), campaigns=visit.site.campaigns)
    targets = [view.name for view in found if view.name != name and view.status is not ListStatus.PROCESSING]
    if not targets:
        ui.notify("There is no other list. Create one first.", type="warning")
        return
    with form("Move leads", "Next") as dialog:
        ui.label("Calls, attempts and due times go along.")
        target = ui.select(targets, value=targets[0], label="To list", with_input=True).props("outlined")
        named = {each: spoken(each) for each in sorted(visit.site.settings.dispositions.names)}
        which = ui.select(named, multiple=True, value=[], label="Only these dispositions").props("outlined use-chips")
        most = ui.number("At most so many (empty: all)", min=1).props("outlined")
        update = ui.checkbox("Where the other list has the number: give it what this one says")
        for field in (target, which, most):
            field.classes("w-full")
    if not await dialog:
        return
    wish = MoveWish(
        name,
        target.value,
        lead_filter(dispositions=which.value),
        int(most.value) if most.value else None,
        update=update.value,
        protected=visit.site.settings.dispositions.protected,
    )
    try:
        plan = await visit.read(moves.plan, visit.database, wish)
    except DialerdError as error:
        tell(error)
        return
    if await ask(f"Move {several(plan.moved, 'lead')} to {wish.target}?", _said(plan), "Move them"):
        report = await visit.change(
            "list.move", lambda actor: moves.move(visit.database, wish, actor=actor, clock=visit.site.now)
        )
        if report is not None:
            visit.say(f"{several(report.moved, 'lead')} moved to {report.target}")


def _said(plan: MoveReport) -> list[str]:
    said = [f"{several(plan.moved, 'lead')} from {plan.source} to {plan.target}; each list gets a new version."]
    if plan.updated:
        said.append(f"{plan.updated:,} give their fields to the lead that is there, and are withdrawn here.")
    if plan.duplicate:
        said.append(f"{plan.duplicate:,} stay, since {plan.target} has their number.")
    if plan.in_call:
        said.append(f"{plan.in_call:,} stay, since they are in a call.")
    return said
