"""What can be done with a campaign: started, paused, resumed, stopped, frozen, put away."""

from __future__ import annotations

from nicegui import ui

from dialerd.domain.lifecycle import CampaignAction, CampaignState
from dialerd.service import campaigns
from dialerd.service.status import CampaignStatus
from dialerd.web.pages.asking import ask
from dialerd.web.pages.campaign_trial import Trying
from dialerd.web.pages.freezing import freeze, thaw
from dialerd.web.pages.visit import Visit

_WHAT = {
    CampaignAction.START: ("Start", "Leads that are due are dialed, within the campaign's hours and pace."),
    CampaignAction.PAUSE: ("Pause", "Nobody new is dialed; calls in progress go on to their end."),
    CampaignAction.RESUME: ("Resume", "It goes on where it was."),
    CampaignAction.STOP: (
        "Stop",
        "Ends the run: nobody new is dialed, and what rings is hung up; answered calls go on. It can be started again.",
    ),
    CampaignAction.ARCHIVE: ("Archive", "It is put out of sight. Its lists, leads and attempts stay."),
    CampaignAction.UNARCHIVE: ("Unarchive", "It comes back as a draft."),
}
_OFFERED = {
    CampaignState.DRAFT: (CampaignAction.START, CampaignAction.ARCHIVE),
    CampaignState.ACTIVE: (CampaignAction.PAUSE, CampaignAction.STOP),
    CampaignState.PAUSED: (CampaignAction.RESUME, CampaignAction.STOP),
    CampaignState.COMPLETED: (CampaignAction.START, CampaignAction.ARCHIVE),
    CampaignState.ARCHIVED: (CampaignAction.UNARCHIVE,),
}


class Actions:
    """The buttons of a campaign. A viewer has none."""

    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name
        self._box = ui.row().classes("items-center")
        self._trying = Trying(visit, name)
        self._shown: object = None

    def put(self, told: CampaignStatus) -> None:
        """Offers what the campaign can have done to it now."""
        frozen = "frozen by" in told.why and not told.why.startswith("everything")
        offered = (told.state, frozen, bool(told.lists))
        if not self._visit.operates or offered == self._shown:
            return
        self._shown = offered
        self._box.clear()
        with self._box:
            for action in _OFFERED[told.state]:
                button = ui.button(_WHAT[action][0], on_click=lambda action=action: self._change(action))
                button.props(
                    "unelevated no-caps"
                    if action in (CampaignAction.START, CampaignAction.RESUME)
                    else "outline no-caps"
                )
            if told.state is not CampaignState.ARCHIVED:
                ui.button("Try", on_click=self._trying.ask).props("outline no-caps")
            if frozen:
                ui.button("Unfreeze", on_click=lambda: thaw(self._visit, self._name)).props("unelevated no-caps")
            elif told.state is CampaignState.ACTIVE:
                ui.button("Freeze", icon="ac_unit", on_click=self._freeze).props("outline no-caps color=negative")

    async def _change(self, action: CampaignAction) -> None:
        visit, name = self._visit, self._name
        verb, words = _WHAT[action]
        if await ask(f"{verb} {name}?", [words], verb, danger=action is CampaignAction.STOP):
            record = await visit.change(
                f"campaign.{action.value}",
                lambda actor: campaigns.change(
                    visit.database,
                    name,
                    action,
                    configured=visit.site.campaigns,
                    actor=actor,
                    now=visit.site.now(),
                    max_send_delay=visit.site.settings.engine.max_send_delay,
                ),
            )
            if record is not None:
                visit.say(f"{name} is {record.state.value}")

    async def _freeze(self) -> None:
        visit, name = self._visit, self._name
        words = "Nobody of this campaign is dialed any more, and every call of it is hung up, also answered ones."
        if await ask(f"Freeze {name}?", [words], "Freeze", danger=True):
            await visit.change(
                "campaign.freeze",
                lambda actor: freeze(visit, name, actor),
                done=f"{name} is frozen",
            )
