"""One campaign: what it does and why, how fast, whom it calls, its lists and its rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from nicegui import ui

from dialerd.domain.lifecycle import CampaignState
from dialerd.service import calls, paces, statistics, status
from dialerd.service.calls import CallFilter
from dialerd.service.statistics import Statistics
from dialerd.service.status import CampaignStatus
from dialerd.settings import Campaign
from dialerd.store.attempts import AttemptRecord
from dialerd.web.pages import charts, figures
from dialerd.web.pages.calls import OPEN_COLUMNS, open_row
from dialerd.web.pages.campaign_actions import Actions
from dialerd.web.pages.campaigns import TONES, pace
from dialerd.web.pages.frame import heading
from dialerd.web.pages.tables import Column, empty, put, table
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING, PARTS, clock_of, lasting, link, percent, plain, spoken
from dialerd.web.site import Site

SPAN_SECONDS = 5
SPANS = 60
MOST_CALLS = 50
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """A campaign as it is. `paces` are calls per second of each span, the oldest first, with its end."""

    status: CampaignStatus
    statistics: Statistics
    calls: tuple[AttemptRecord, ...]
    paces: tuple[tuple[datetime, float], ...]


class _Reader:
    """Reads a campaign; spans that are over are counted once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: tuple[tuple[datetime, float], ...] = ()

    def read(self, site: Site) -> Look:
        """As it is now. Raises NotFound."""
        now, name = site.now(), self._name
        told = status.campaign(site.database, name, site.settings, now=now)
        found = statistics.of_campaign(
            site.database, name, campaigns=site.campaigns, now=now, dispositions=site.settings.dispositions
        )
        up = calls.calls(
            site.database, CallFilter(campaign=name, open_only=True), configured=site.campaigns, limit=MOST_CALLS
        )
        self._count(site, now)
        return Look(told, replace(found, at=_NO_TIME), tuple(up), self._known)

    def _count(self, site: Site, now: datetime) -> None:
        last = math.floor(now.timestamp() / SPAN_SECONDS)
        first = last - SPANS
        ends = {round(end.timestamp() / SPAN_SECONDS) for end, _ in self._known}
        missing = [span for span in range(first + 1, last + 1) if span not in ends]
        if not missing:
            return
        instants = [datetime.fromtimestamp(span * SPAN_SECONDS, UTC) for span in range(missing[0] - 1, last + 1)]
        fresh = zip(instants[1:], paces.paces(site.database, self._name, instants), strict=True)
        since = instants[0] - timedelta(seconds=SPAN_SECONDS * SPANS)
        kept = [point for point in self._known if since < point[0] <= instants[0]]
        self._known = tuple([*kept, *fresh][-SPANS:])


async def show(visit: Visit) -> None:
    """The page."""
    await _CampaignPage(visit, visit.asked("name")).build()


class _CampaignPage:
    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name

    async def build(self) -> None:
        visit, name = self._visit, self._name
        found = await visit.follow(("campaign", name), _Reader(name).read, self._put)
        visit.client.title = f"{name} - dialerd"
        with ui.row().classes("w-full items-center"):
            heading(name)
            self._state = ui.label().classes("dial-mark")
            ui.space()
            self._actions = Actions(visit, name)
        self._about = ui.label(found.status.description)
        self._why = ui.label().classes("dial-pre text-weight-medium").props('role="status"')
        self._tiles = figures.Tiles()
        with ui.row().classes("w-full items-start"):
            with ui.column().classes("col-12 col-md-6"):
                heading("Pace", 2)
                self._chart = charts.pace((), None)
            with ui.column().classes("col-12 col-md"):
                heading("Where the leads are", 2)
                self._funnel = figures.Figures(("Part", "Leads", "Until"), label="Where the leads are")
        heading("Calls up", 2)
        self._calls = table(OPEN_COLUMNS, (), label="Calls up")
        self._quiet = ui.label("No call is up. What is said above is why, when it does not dial.")
        with ui.row().classes("w-full items-start"):
            with ui.column().classes("col-12 col-md-6"):
                heading("Lists, in the order they are dialed", 2)
                self._lists = table((Column("name", "List", linked=True),), (), label="Lists", key="name")
                self._no_list = ui.column().classes("w-full")
            with ui.column().classes("col-12 col-md"):
                heading("How calls ended", 2)
                self._ends = figures.Figures(("Disposition", "Attempts"), label="How calls ended")
        _rules(visit.site.campaigns.get(name))
        self._put(found)

    def _put(self, found: Look) -> None:
        told, numbers = found.status, found.statistics
        self._state.set_text(spoken(told.state.value))
        self._state.classes(replace=f"dial-mark dial-{TONES.get(told.state, 'plain')}")
        self._about.set_visibility(bool(told.description))
        self._why.set_text(_doing(told))
        self._actions.put(told)
        self._tiles.put(
            {
                "Calls up": f"{told.calls:,}" + (f" of {told.max_calls:,}" if told.max_calls else ""),
                "Calls/s": pace(told),
                "Due now": f"{told.due_now:,}",
                "To dial": f"{told.remaining:,}",
                "Penetration": percent(numbers.penetration),
                "Answer rate": percent(numbers.attempts.answer_rate),
            }
        )
        charts.put_pace(self._chart, [(clock_of(end), round(each, 2)) for end, each in found.paces], told.target)
        self._funnel.put(
            [
                (PARTS[part.part], f"{part.leads:,}", self._visit.when(part.until) if part.leads else NOTHING)
                for part in numbers.funnel
            ]
        )
        put(self._calls, [open_row(self._visit, call) for call in found.calls])
        self._calls.set_visibility(bool(found.calls))
        self._quiet.set_visibility(not found.calls)
        self._put_lists(told.lists)
        ended = sorted(told.dispositions.items(), key=lambda pair: -pair[1])
        self._ends.put([(spoken(name), f"{number:,}") for name, number in ended])

    def _put_lists(self, names: Sequence[str]) -> None:
        put(self._lists, [{"name": name, "name_href": link("/list", name=name)} for name in names])
        self._lists.set_visibility(bool(names))
        self._no_list.clear()
        if not names:
            with self._no_list:
                empty(
                    "No list is assigned, so there is nobody to dial. Open a list and assign it.",
                    target="/",
                    button="To the lists",
                )


def _doing(told: CampaignStatus) -> str:
    if told.state is CampaignState.ACTIVE:
        return plain(told.why)
    draining = f"{told.calls} calls in progress go on to their end. " if told.calls else ""
    return f"{draining}It is not dialing: {plain(told.why)}"


def _rules(campaign: Campaign | None) -> None:
    heading("Recycling rules", 2)
    if campaign is None:
        ui.label("Its file is gone, so there is no rule to show.")
        return
    ui.label(
        f"At most {campaign.max_attempts} attempts for each lead, over all rules; held to {campaign.compliance.version}."
    )
    if not campaign.recycle:
        ui.label("There is none: nobody is called a second time.")
        return
    shown = figures.Figures(("After", "Attempts", "Waits", "Caller ID"), label="Recycling rules", words=True)
    shown.put(
        [
            (spoken(after), str(rule.attempts), ", then ".join(map(lasting, rule.waits)), rule.caller_id or NOTHING)
            for after, rule in campaign.recycle.items()
        ]
    )
