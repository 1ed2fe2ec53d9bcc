"""The leads of a list: searched, filtered, a page at a time. What is shown goes on by itself, where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from nicegui import ui

from dialerd.domain.dispositions import Catalogue
from dialerd.domain.errors import DialerdError
from dialerd.domain.places import read_place
from dialerd.service import leads, lists
from dialerd.service.leads import Found, FoundLead, LeadQuery
from dialerd.service.lists import LeadDetail
from dialerd.store.leads import LeadRecord
from dialerd.web.pages.following import Following
from dialerd.web.pages.tables import Column, Pager, put, table
from dialerd.web.pages.visit import Visit, tell
from dialerd.web.pages.words import NOTHING, link, spoken
from dialerd.web.site import Site

T = TypeVar("T")

_NONE = "There are no leads yet. Upload a file, or add one lead: More, Add a lead."
_NONE_FITS = "No lead fits. Try another number or other words, or all dispositions."
PAGE = 50
_COLUMNS = (
    Column("phone", "Number", linked=True),
    Column("who", "Name"),
    Column("disposition", "Disposition"),
    Column("attempts", "Attempts", number=True),
    Column("last", "Last attempt"),
    Column("next", "Next"),
)


def choices(catalogue: Catalogue, any_word: str = "Any") -> dict[str, str]:
    """The dispositions to choose from, and none of them."""
    return {"": any_word, **{name: spoken(name) for name in sorted(catalogue.names)}}


async def show(visit: Visit, name: str | None) -> None:
    """Leads of the list; with None those of all lists that fit, once something is asked for."""
    await _Leads(visit, name).build()


class _Leads:
    def __init__(self, visit: Visit, name: str | None) -> None:
        self._visit, self._name = visit, name
        self._following = Following(visit)

    async def build(self) -> None:
        with ui.row().classes("w-full items-center"):
            asked = self._visit.asked("text")
            self._text = ui.input("Number, how it begins, or words", value=asked, on_change=self._turn)
            self._text.props("dense outlined clearable debounce=300").style("min-width: 16rem")
            self._which = ui.select(
                choices(self._visit.site.settings.dispositions), value="", label="Disposition", on_change=self._turn
            ).props("dense outlined")
            self._which.style("min-width: 11rem")
        columns = _COLUMNS if self._name else (*_COLUMNS[:2], Column("list", "List", linked=True), *_COLUMNS[2:])
        self._table = table(columns, (), label="Leads")
        self._note = ui.label().props('role="status"')
        self._pager = Pager(self._page)
        await self._page(None)

    async def _turn(self) -> None:
        await self._page(None)

    async def _page(self, after: int | None) -> None:
        text, which = (self._text.value or "").strip(), self._which.value or None
        try:
            if text or self._name is None:
                await self._search(text, which)
            elif which:
                await self._sift(self._name, which, after)
            else:
                await self._walk(self._name, after)
        except DialerdError as error:
            tell(error)

    async def _walk(self, name: str, after: int | None) -> None:
        def read(site: Site) -> list[LeadDetail]:
            return lists.leads_of(site.database, name, limit=PAGE, after=after or 0)

        def fill(found: Sequence[LeadDetail]) -> None:
            self._put(found)
            self._pager.show(_last(found), first=not after)
            self._say("" if found else _NONE_FITS if after else _NONE)

        await self._following.turn(("leads of", name, after or 0), read, fill)

    async def _sift(self, name: str, which: str, after: int | None) -> None:
        def read(site: Site) -> list[LeadDetail]:
            return lists.leads_of(site.database, name, disposition=which, limit=PAGE, after=after or 0)

        def fill(found: Sequence[LeadDetail]) -> None:
            self._put(found)
            self._pager.show(_last(found), first=not after)
            self._say("" if found else _NONE_FITS)

        await self._stand(read, fill)

    async def _search(self, text: str, which: str | None) -> None:
        query = LeadQuery(text or None, self._name, None, which)
        nothing = query == LeadQuery(None)

        def read(site: Site) -> Found:
            return (
                Found((), complete=True)
                if nothing
                else leads.find(site.database, query, configured=site.campaigns, limit=PAGE)
            )

        def fill(found: Found) -> None:
            self._put(found.leads)
            self._pager.show(None, first=True)
            if nothing:
                self._say("Type a number with its country code, how one begins (+1415), or words such as a name.")
            else:
                more = "" if found.complete else "There may be more: type more of it, or choose a disposition."
                self._say(more if found.leads else _NONE_FITS)

        await self._stand(read, fill)

    async def _stand(self, read: Callable[[Site], T], fill: Callable[[T], None]) -> None:
        """Shows what was found. From then on these very leads are followed, also those that do not fit any more: what
        somebody reads must not go from under their eyes.
        """
        if await self._following.still(read, fill) and self._table.rows:
            ids = tuple(row["id"] for row in self._table.rows)
            await self._following.turn(("leads", ids), lambda site: leads.again(site.database, ids), self._put)

    def _put(self, found: Sequence[LeadDetail | FoundLead]) -> None:
        put(self._table, [_row(self._visit, each) for each in found])

    def _say(self, words: str) -> None:
        self._note.set_text(words)
        self._table.set_visibility(bool(self._table.rows))


def _last(found: Sequence[LeadDetail]) -> int | None:
    return found[-1].lead.lead_id if len(found) == PAGE else None


def _row(visit: Visit, found: LeadDetail | FoundLead) -> dict[str, object]:
    lead, fields = found.lead, found.fields
    return {
        "id": lead.lead_id,
        "phone": lead.phone,
        "phone_href": link("/lead", id=lead.lead_id),
        "who": who(fields),
        "list": lead.list_name,
        "list_href": link("/list", name=lead.list_name),
        "disposition": spoken(lead.disposition),
        "attempts": lead.attempts,
        "last": visit.when_there(lead.last_attempt_at, read_place(lead.zone).zone_text),
        "next": following(visit, lead),
    }


def who(fields: object) -> str:
    """First and last name, as the list has them."""
    found = fields if isinstance(fields, dict) else {}
    return " ".join(found.get(part, "") for part in ("first_name", "last_name")).strip() or NOTHING


def following(visit: Visit, lead: LeadRecord) -> str:
    """What comes next for the lead."""
    if lead.in_call:
        return "In a call"
    return spoken(lead.closed) if lead.closed else visit.when_there(lead.due_at, read_place(lead.zone).zone_text)
