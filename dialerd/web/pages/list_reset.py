"""Resetting statuses: another pass over leads, and taking it back."""

from __future__ import annotations

from nicegui import ui

from dialerd.domain.errors import BadInput, DialerdError
from dialerd.service import reset_undo, resets
from dialerd.service.resets import ResetPlan, ResetWish
from dialerd.web.pages.asking import ask, form
from dialerd.web.pages.visit import Visit, tell
from dialerd.web.pages.words import lasting, several, spoken


async def reset(visit: Visit, name: str) -> None:
    """Asks which dispositions, says what that would touch, and does it."""
    catalogue = visit.site.settings.dispositions
    with form("Reset statuses", "Next") as dialog:
        ui.label("Leads with these dispositions become fresh for another pass. Their calls stay in the record.")
        named = {each: spoken(each) for each in sorted(catalogue.names) if each != "new"}
        chosen = [each for each in ("no_answer", "busy", "voicemail") if each in named]
        which = ui.select(named, multiple=True, value=chosen, label="Dispositions").props("outlined use-chips")
        which.classes("w-full")
        drip = ui.number("So many an hour (empty: all at once)", min=1).props("outlined").classes("w-full")
    if not await dialog:
        return
    wish = ResetWish(name, frozenset(which.value), float(drip.value) if drip.value else None)
    try:
        plan = await visit.read(resets.plan, visit.database, wish, now=visit.site.now())
    except DialerdError as error:
        tell(error)
        return
    if not plan.leads:
        tell(BadInput(f"list {name}: no lead has one of these dispositions, so there is nothing to reset"))
        return
    if plan.recent:
        wish = ResetWish(wish.name, wish.dispositions, wish.drip, wish.gap, force=True)
    title = f"Reset {several(plan.leads, 'lead')}?"
    if await ask(title, _said(visit, plan), "Reset them", danger=bool(plan.recent)):
        report = await visit.change(
            "list.reset", lambda actor: resets.reset(visit.database, wish, actor=actor, clock=visit.site.now)
        )
        if report is not None:
            visit.say(f"{several(report.leads, 'lead')} fresh again")


def _said(visit: Visit, plan: ResetPlan) -> list[str]:
    said = [f"Dispositions: {', '.join(spoken(each) for each in plan.dispositions)}."]
    if plan.in_call:
        said.append(f"{several(plan.in_call, 'lead')} in a call, left alone.")
    said.append(f"Called in the last hour: {plan.last_hour:,}; in the last 24 hours: {plan.last_day:,}.")
    if plan.last_call is not None:
        said.append(f"The last call was at {visit.when(plan.last_call)}.")
    if plan.lasts:
        said.append(f"They become due one after the other, over {lasting(plan.lasts)}.")
    if plan.recent:
        said.append(
            f"{several(plan.recent, 'lead')} called less than {lasting(resets.MINIMUM_GAP)} ago: going on calls them again "
            "all the same."
        )
    return said


async def undo(visit: Visit, name: str) -> None:
    """Says what taking the last reset back would touch, and does it."""
    try:
        plan = await visit.read(reset_undo.plan, visit.database, name)
    except DialerdError as error:
        tell(error)
        return
    words = [f"{several(plan.leads, 'lead')} become what they were before the reset."]
    if plan.changed:
        words.append(f"{several(plan.changed, 'lead')} dialed or closed meanwhile, and stay as they are.")
    if await ask("Undo the last reset?", words, "Undo it"):
        await visit.change(
            "list.reset_undo",
            lambda actor: reset_undo.undo(visit.database, name, actor=actor, clock=visit.site.now),
            done="The reset is taken back",
        )
