"""The campaigns: which there are, what each is doing, and why one is not dialing."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from dialerd.domain.lifecycle import CampaignState
from dialerd.service import status
from dialerd.service.status import CampaignStatus
from dialerd.web.pages.frame import alert, heading
from dialerd.web.pages.tables import Column, empty, put, table
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import link, plain, spoken
from dialerd.web.site import Site

TONES = {
    CampaignState.ACTIVE: "good",
    CampaignState.PAUSED: "busy",
    CampaignState.COMPLETED: "plain",
}
_COLUMNS = (
    Column("name", "Campaign", linked=True),
    Column("state", "State", marked=True),
    Column("calls", "Calls up", number=True),
    Column("pace", "Calls/s", number=True),
    Column("due", "Due now", number=True),
    Column("remaining", "To dial", number=True),
    Column("next", "Next due"),
    Column("why", "What it is doing, or why not"),
)


def every(site: Site) -> tuple[CampaignStatus, ...]:
    """All campaigns, archived ones too."""
    return status.system(site.database, site.settings, now=site.now(), archived=True).campaigns


async def show(visit: Visit) -> None:
    """The page."""
    heading("Campaigns")
    ui.label("A campaign is described in a file in campaigns.d; here it is started, watched and stopped.")
    unlimited = ui.column().classes("w-full")
    archived = ui.checkbox("Archived ones too", on_change=lambda: fill(found))
    shown = table(_COLUMNS, (), label="Campaigns", key="name")
    none = ui.column().classes("w-full")
    found: Sequence[CampaignStatus] = ()

    def fill(fresh: Sequence[CampaignStatus]) -> None:
        nonlocal found
        found = fresh
        rows = [_row(visit, each) for each in found if archived.value or each.state is not CampaignState.ARCHIVED]
        put(shown, rows)
        shown.set_visibility(bool(rows))
        none.clear()
        if not rows:
            with none:
                empty(
                    "There is no campaign yet. An admin describes one in a file in campaigns.d, then reloads dialerd."
                )
        unlimited.clear()
        with unlimited:
            for each in found:
                if each.unlimited and each.state is CampaignState.ACTIVE:
                    alert(f"Campaign {each.name} is held to no compliance profile.")

    fill(await visit.follow("campaigns", every, fill))


def _row(visit: Visit, each: CampaignStatus) -> dict[str, object]:
    return {
        "name": each.name,
        "name_href": link("/campaign", name=each.name),
        "state": spoken(each.state.value),
        "state_tone": TONES.get(each.state, "plain"),
        "calls": each.calls,
        "pace": pace(each),
        "due": f"{each.due_now:,}",
        "remaining": f"{each.remaining:,}",
        "next": visit.when(each.next_due),
        "why": plain(each.why),
    }


def pace(each: CampaignStatus) -> str:
    """Calls per second of the last 10 s beside what the file asks for."""
    return f"{each.pace:.1f}" if each.target is None else f"{each.pace:.1f} of {each.target:g}"
