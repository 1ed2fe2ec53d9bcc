"""One lead: how it stands, why it is dialed or not, its history, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from dialerd.domain.places import read_place
from dialerd.domain.why import Answer, Says
from dialerd.service import leads, why
from dialerd.service.leads import LeadStory
from dialerd.service.why import LeadWhy
from dialerd.web.pages.figures import Figures
from dialerd.web.pages.frame import heading
from dialerd.web.pages.lead_actions import Actions
from dialerd.web.pages.list_leads import following, who
from dialerd.web.pages.tables import pairs
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING, link, plain, spoken
from dialerd.web.site import Site

_SAYS = {Says.YES: "Yes", Says.NO_UNTIL: "Not yet", Says.NEVER: "No"}


@dataclass(frozen=True, slots=True)
class Look:
    """All that is known of a lead, and what each gate says of it."""

    story: LeadStory
    why: LeadWhy


def _look(site: Site, lead_id: int) -> Look:
    now = site.now()
    story = leads.show(site.database, str(lead_id))
    return Look(story, why.of_lead(site.database, lead_id, site.settings, now=now))


async def show(visit: Visit) -> None:
    """The page."""
    lead_id = visit.asked_number("id")
    head = ui.row().classes("w-full items-center")
    box = ui.column().classes("w-full")
    actions: Actions | None = None

    def put(found: Look) -> None:
        # Buttons stay what they are: a question that was asked with one is still open, maybe.
        if actions is not None:
            actions.story = found.story
        box.clear()
        with box:
            _tell(visit, found)

    found = await visit.follow(("lead", lead_id), lambda site: _look(site, lead_id), put)
    with head:
        heading(found.story.lead.phone)
        ui.label(who(dict(found.story.fields)))
        ui.space()
        if visit.operates:
            actions = Actions(visit, found.story)
    put(found)


def _tell(visit: Visit, found: Look) -> None:
    story, lead = found.story, found.story.lead
    place = read_place(lead.zone)
    with ui.row().classes("items-center"):
        ui.label("In list")
        ui.link(lead.list_name, link("/list", name=lead.list_name)).classes("dial-link")
    pairs(
        [
            ("Disposition", spoken(lead.disposition)),
            ("Next", following(visit, lead) if story.live else "Withdrawn: the current version does not have it"),
            ("Attempts that count", lead.attempts),
            ("All attempts", lead.dials),
            ("Last attempt", visit.when_there(lead.last_attempt_at, place.zone_text)),
            ("Priority", lead.priority),
            ("Zone", ", ".join(place.zones)),
            ("Place", ", ".join(place.regions)),
            ("Known since", visit.when(lead.created_at)),
        ]
    )
    _tell_why(visit, found.why)
    _tell_fields(visit, story)
    _tell_calls(visit, story)
    _tell_past(visit, story)


def _tell_why(visit: Visit, found: LeadWhy) -> None:
    heading("Why it is dialed or not", 2)
    if found.dialable:
        said = "It may be dialed now."
    elif found.at is None:
        said = f"It is not dialed: {plain(found.reason)}"
    else:
        said = f"It is not dialed before {visit.when_there(found.at, read_place(found.lead.zone).zone_text)}: {found.reason}"
    ui.label(said).props('role="status"').classes("dial-pre")
    _section(("Asked of", "Says", "Why", "Changes"), [_gate(visit, each) for each in found.gates], "Gates")


def _gate(visit: Visit, each: Answer) -> tuple[str, ...]:
    return (spoken(each.gate), _SAYS[each.says], plain(each.reason) or NOTHING, visit.when(each.changes_at))


def _tell_fields(visit: Visit, story: LeadStory) -> None:
    heading("What its list says", 2)
    pairs(story.fields.items())
    if not story.fields:
        ui.label("Only its number.")
    facts = [(fact.name, fact.value, visit.when(fact.at)) for fact in story.attributes]
    if facts:
        heading("What calls told", 2)
        _section(("Fact", "Text", "At"), facts, "What calls told")


def _tell_calls(visit: Visit, story: LeadStory) -> None:
    heading("Calls", 2)
    zone = read_place(story.lead.zone).zone_text
    rows = []
    for call in story.calls:
        made = call.attempt
        at = made.sending_at or made.claimed_at
        ended = spoken(made.disposition or made.state.value)
        seen = "; ".join(
            f"{one.source}: {', '.join(f'{k} {v}' for k, v in one.facts.items())}" for one in call.evidence
        )
        rows.append(
            (
                str(made.number),
                visit.when_there(at, zone),
                made.campaign,
                ended,
                made.detail or NOTHING,
                seen or NOTHING,
            )
        )
    if not rows:
        ui.label("It was not called yet. The gates on this page say why, or when it will be.")
    _section(("Attempt", "At", "Campaign", "How it ended", "Detail", "Seen by"), rows, "Calls")


def _tell_past(visit: Visit, story: LeadStory) -> None:
    if story.do_not_call:
        heading("Do-not-call", 2)
        rows = [
            (
                entry.number,
                entry.campaign or "all campaigns",
                visit.when(entry.expires_at) if entry.expires_at else "for good",
                entry.reason or NOTHING,
                entry.added_by,
            )
            for entry in story.do_not_call
        ]
        _section(("Number", "For", "Until", "Reason", "By"), rows, "Do-not-call")
    heading("Where it came from", 2)
    versions = [
        (
            said.list_name,
            str(said.from_version),
            str(said.to_version or NOTHING),
            said.file_name,
            str(said.line),
            visit.when(said.created_at),
            said.created_by,
        )
        for said in story.versions
    ]
    _section(("List", "From version", "Until", "File", "Line", "At", "By"), versions, "Versions")
    if story.deeds:
        heading("What people did", 2)
        deeds = [
            (visit.when(deed.at), deed.actor, deed.action, ", ".join(f"{k}: {v}" for k, v in deed.detail.items()))
            for deed in story.deeds
        ]
        _section(("At", "By", "What", "Detail"), deeds, "What people did")


def _section(titles: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> None:
    if rows:
        Figures(titles, label=label, words=True).put(rows)
