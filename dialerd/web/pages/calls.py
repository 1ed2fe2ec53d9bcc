"""Calls: those that are up, and the latest that ended."""

from __future__ import annotations

from nicegui import ui

from dialerd.domain.places import read_place
from dialerd.service import calls
from dialerd.service.calls import CallFilter
from dialerd.store.attempts import AttemptRecord
from dialerd.web.pages.frame import heading
from dialerd.web.pages.tables import Column, empty, put, table
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING, link, spoken
from dialerd.web.site import Site

MOST_UP = 200
MOST_ENDED = 25
_WHO = (
    Column("phone", "Number", linked=True),
    Column("campaign", "Campaign", linked=True),
    Column("list", "List", linked=True),
    Column("attempt", "Attempt", number=True),
)
OPEN_COLUMNS = (*_WHO, Column("state", "State", marked=True), Column("since", "Since"), Column("trunk", "Trunk"))
_ENDED_COLUMNS = (*_WHO, Column("end", "How it ended"), Column("since", "At"), Column("detail", "Detail"))
_TONES = {"answered": "good", "ringing": "busy", "sending": "busy"}

Seen = tuple[tuple[AttemptRecord, ...], tuple[AttemptRecord, ...]]


def _seen(site: Site) -> Seen:
    """What is up, and what ended lately."""
    up = calls.calls(site.database, CallFilter(open_only=True), configured=site.campaigns, limit=MOST_UP)
    latest = calls.calls(site.database, CallFilter(), configured=site.campaigns, limit=MOST_ENDED + MOST_UP)
    ended = [call for call in latest if call.ended_at is not None]
    return tuple(up), tuple(ended[:MOST_ENDED])


async def show(visit: Visit) -> None:
    """The page."""
    heading("Live calls")
    number = ui.label().props('role="status"')
    up = table(OPEN_COLUMNS, (), label="Calls that are up")
    none = ui.column().classes("w-full")
    heading("Ended lately", 2)
    ended = table(_ENDED_COLUMNS, (), label="Calls that ended lately")

    def fill(seen: Seen) -> None:
        put(up, [open_row(visit, call) for call in seen[0]])
        put(ended, [_ended_row(visit, call) for call in seen[1]])
        number.set_text(f"{len(seen[0])}{' or more' if len(seen[0]) == MOST_UP else ''} calls up")
        up.set_visibility(bool(seen[0]))
        none.clear()
        if not seen[0]:
            with none:
                empty(
                    "No call is up. A campaign says why it is not dialing.",
                    target="/campaigns",
                    button="To the campaigns",
                )

    fill(await visit.follow("calls", _seen, fill))


def open_row(visit: Visit, call: AttemptRecord) -> dict[str, object]:
    """A call that is up."""
    since = call.answered_at or call.ringing_at or call.sending_at or call.claimed_at
    state = call.state.value
    return {
        **_who(call),
        "state": "Waits for its turn" if state == "claimed" else spoken(state),
        "state_tone": _TONES.get(state, "plain"),
        "since": visit.when_there(since, _zone(call)),
        "trunk": call.trunk,
    }


def _ended_row(visit: Visit, call: AttemptRecord) -> dict[str, object]:
    return {
        **_who(call),
        "end": spoken(call.disposition),
        "since": visit.when_there(call.ended_at, _zone(call)),
        "detail": call.detail or NOTHING,
    }


def _who(call: AttemptRecord) -> dict[str, object]:
    return {
        "id": call.attempt_id,
        "phone": call.phone,
        "phone_href": link("/lead", id=call.lead_id),
        "campaign": call.campaign,
        "campaign_href": link("/campaign", name=call.campaign),
        "list": call.list_name or NOTHING,
        "list_href": link("/list", name=call.list_name) if call.list_name else "",
        "attempt": call.number,
    }


def _zone(call: AttemptRecord) -> str:
    return read_place(call.lead_zone).zone_text if call.lead_zone else ""
