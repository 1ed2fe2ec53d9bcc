"""What can be done with one lead."""

from __future__ import annotations

from nicegui import ui

from dialerd.service import call_changes, dnc, lead_changes
from dialerd.service.call_changes import NewWord
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.service.leads import LeadStory
from dialerd.service.resets import MINIMUM_GAP
from dialerd.web.pages.asking import ask, form
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import lasting, spoken


class Actions:
    """The buttons of a lead, made for an operator."""

    def __init__(self, visit: Visit, story: LeadStory) -> None:
        self._visit, self.story = visit, story
        self._id = str(story.lead.lead_id)
        with ui.row().classes("items-center"):
            for text, action in (
                ("Edit", self._edit),
                ("Reset", self._reset),
                ("Close", self._close),
                ("Put on do-not-call", self._dnc),
            ):
                ui.button(text, on_click=action).props("outline no-caps")
            ui.button("Change how it ended", on_click=self._recall).props("outline no-caps")

    async def _edit(self) -> None:
        visit, story = self._visit, self.story
        with form(f"Edit {story.lead.phone}", "Save") as dialog:
            ui.label("An empty text removes a field. What was there before stays in the history.")
            inputs = {name: ui.input(name, value=text).props("outlined dense") for name, text in story.fields.items()}
            for each in inputs.values():
                each.classes("w-full")
            name = ui.input("A further field (optional)").props("outlined dense").classes("w-full")
            text = ui.input("Its text").props("outlined dense").classes("w-full")
            rank = ui.number("Priority, 0 to 9", value=story.lead.priority, min=0, max=9, precision=0)
            rank.props("outlined dense").classes("w-full")
        if not await dialog:
            return
        fields = {key: field.value or "" for key, field in inputs.items() if (field.value or "") != story.fields[key]}
        if name.value.strip():
            fields[name.value.strip()] = text.value or ""
        await visit.change(
            "lead.edit",
            lambda actor: lead_changes.edit(
                visit.database,
                self._id,
                actor=actor,
                now=visit.site.now(),
                fields=fields,
                priority=int(rank.value or 0),
            ),
            done="Saved",
        )

    async def _reset(self) -> None:
        visit = self._visit
        words = f"The lead is as new and due now; its calls stay in the record. Refused within {lasting(MINIMUM_GAP)} of a call."
        if await ask(f"Reset {self.story.lead.phone}?", [words], "Reset"):
            await visit.change(
                "lead.reset",
                lambda actor: lead_changes.reset(
                    visit.database,
                    self._id,
                    actor=actor,
                    now=visit.site.now(),
                    dispositions=visit.site.settings.dispositions,
                ),
                done="Fresh again",
            )

    async def _close(self) -> None:
        visit = self._visit
        with form(f"Close {self.story.lead.phone}", "Close the lead") as dialog:
            ui.label("It is not dialed any more in this list. A call that is up goes on to its end.")
            reason = ui.input("Why").props("outlined autofocus").classes("w-full")
        if await dialog:
            await visit.change(
                "lead.close",
                lambda actor: lead_changes.close(
                    visit.database, self._id, reason=reason.value.strip(), actor=actor, now=visit.site.now()
                ),
                done="Closed",
            )

    async def _recall(self) -> None:
        visit = self._visit
        made = next((call.attempt for call in self.story.calls if call.attempt.disposition is not None), None)
        if made is None:
            ui.notify("No call of this lead has ended yet", type="warning")
            return
        attempt_id = made.attempt_id
        allowed = {name: spoken(name) for name in visit.site.settings.dispositions.of_answered_calls}
        with form(f"What became of the latest call of {made.phone}", "Change it") as dialog:
            ui.label(
                f"It ended as {spoken(made.disposition)}. What it becomes decides whether and when it is called again."
            )
            which = (
                ui.select(allowed, value=next(iter(allowed)), label="Disposition").props("outlined").classes("w-full")
            )
        if await dialog:
            await visit.change(
                "call.disposition",
                lambda actor: call_changes.set_disposition(
                    visit.database,
                    NewWord(attempt_id, which.value),
                    settings=visit.site.settings,
                    actor=actor,
                    now=visit.site.now(),
                ),
                done="Changed",
            )

    async def _dnc(self) -> None:
        visit, phone = self._visit, self.story.lead.phone
        with form(f"Put {phone} on do-not-call", "Put it on do-not-call") as dialog:
            ui.label("No campaign calls this number any more, from any list; also not calls that are planned already.")
            reason = ui.input("Reason (optional)").props("outlined").classes("w-full")
        if await dialog:
            await visit.change(
                "dnc.add",
                lambda actor: dnc.add(
                    visit.database,
                    [phone],
                    DncWish(),
                    DncTerms(source="console", reason=reason.value.strip()),
                    configured=visit.site.campaigns,
                    actor=actor,
                    clock=visit.site.now,
                    max_send_delay=visit.site.settings.engine.max_send_delay,
                ),
                done="On do-not-call",
            )
