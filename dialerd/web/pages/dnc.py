"""Do-not-call: who is on it, putting numbers on it and taking them off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from nicegui import ui

from dialerd.domain.dnc import Kind
from dialerd.domain.errors import DialerdError
from dialerd.service import dnc, dnc_listing
from dialerd.service.dnc import DncAnswer, DncTerms, DncWish, scope_name
from dialerd.store.dnc import EntryFilter, StoredEntry
from dialerd.web.pages import dnc_file
from dialerd.web.pages.asking import ask, form
from dialerd.web.pages.following import Following
from dialerd.web.pages.frame import heading
from dialerd.web.pages.tables import Column, Pager, empty, put, table
from dialerd.web.pages.visit import Visit, tell
from dialerd.web.pages.words import NOTHING, several, spoken
from dialerd.web.site import Site

PAGE = 50
EVERY, ALL = "*", ""
_COLUMNS = (
    Column("number", "Number"),
    Column("kind", "Kind"),
    Column("scope", "For"),
    Column("until", "Until"),
    Column("source", "Source"),
    Column("reason", "Reason"),
    Column("at", "Added"),
    Column("by", "By"),
)


async def show(visit: Visit) -> None:
    """The page."""
    await _Entries(visit).build()


class _Entries:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._at: int | None = None
        self._following = Following(visit)

    async def build(self) -> None:
        visit = self._visit
        with ui.row().classes("w-full items-center"):
            heading("Do-not-call")
            ui.space()
            if visit.operates:
                ui.button("Add numbers", icon="add", on_click=self._add).props("unelevated no-caps")
                ui.button("Remove a number", on_click=self._remove).props("outline no-caps")
                ui.button("Import", on_click=lambda: dnc_file.bring(visit, self._first)).props("outline no-caps")
                ui.button("Export", on_click=lambda: dnc_file.take_away(visit)).props("outline no-caps")
        with ui.row().classes("w-full items-center"):
            self._number = ui.input("Is this number on it?").props("dense outlined clearable")
            self._number.on("keydown.enter", self._check)
            ui.button("Check", on_click=self._check).props("outline no-caps")
            scopes = {EVERY: "All entries", ALL: "Those for all campaigns"}
            named = {name: f"Those for {name}" for name in sorted(visit.site.campaigns)}
            self._scope = ui.select({**scopes, **named}, value=EVERY, label="Entries", on_change=self._first)
            self._scope.props("dense outlined").style("min-width: 12rem")
        self._answer = ui.label().classes("dial-pre").props('role="status"')
        self._table = table(_COLUMNS, (), label="Do-not-call")
        self._none = ui.column().classes("w-full")
        self._pager = Pager(self._page)
        await self._page(None)

    async def _first(self) -> None:
        await self._page(None)

    async def _page(self, after: int | None) -> None:
        scope = self._scope.value
        wanted = EntryFilter() if scope == EVERY else EntryFilter(any_scope=False, campaign=scope or None)

        def read(site: Site) -> list[StoredEntry]:
            return dnc_listing.entries(site.database, wanted, configured=site.campaigns, limit=PAGE, after=after or 0)

        def fill(found: Sequence[StoredEntry]) -> None:
            self._put(found, after)

        try:
            if after:
                await self._following.still(read, fill)
            else:
                await self._following.turn(("do-not-call", scope), read, fill)
        except DialerdError as error:
            tell(error)

    def _put(self, found: Sequence[StoredEntry], after: int | None) -> None:
        self._at = after
        put(self._table, [_row(self._visit, each) for each in found])
        self._pager.show(found[-1].entry_id if len(found) == PAGE else None, first=not after)
        self._table.set_visibility(bool(found))
        self._none.clear()
        if not found:
            with self._none:
                empty("Nobody is on it here. Who says no in a call is put on it at once; add others with Add numbers.")

    async def _check(self) -> None:
        visit = self._visit
        try:
            (answer,) = await visit.read(
                dnc.check,
                visit.database,
                [self._number.value or ""],
                DncWish(),
                configured=visit.site.campaigns,
                now=visit.site.now(),
            )
        except DialerdError as error:
            tell(error)
            return
        self._answer.set_text(_said(visit, answer))

    async def _add(self) -> None:
        visit = self._visit
        with form("Put numbers on do-not-call", "Put them on it") as dialog:
            ui.label(
                "They are not called any more from the end of this on, also not by calls that are planned already."
            )
            numbers = (
                ui.textarea("Numbers such as +14155551234, one a line").props("outlined autofocus").classes("w-full")
            )
            prefix = ui.checkbox("They are beginnings: every number that begins so")
            scope = _scope_select(visit)
            days = (
                ui.number("For so many days (empty: for good)", min=1, precision=0).props("outlined").classes("w-full")
            )
            reason = ui.input("Reason (optional)").props("outlined").classes("w-full")
        if not await dialog:
            return
        wanted = [part for part in re.split(r"[\n,;]+", numbers.value or "") if part.strip()]
        until = visit.site.now() + timedelta(days=float(days.value)) if days.value else None
        wish = DncWish(Kind.PREFIX if prefix.value else Kind.EXACT, scope.value or None)
        terms = DncTerms(until, "console", (reason.value or "").strip())
        added = await visit.change(
            "dnc.add",
            lambda actor: dnc.add(
                visit.database,
                wanted,
                wish,
                terms,
                configured=visit.site.campaigns,
                actor=actor,
                clock=visit.site.now,
                max_send_delay=visit.site.settings.engine.max_send_delay,
            ),
        )
        if added is not None:
            visit.say(f"{several(len(added.changes), 'number')} on do-not-call")
            await self._page(self._at)

    async def _remove(self) -> None:
        visit = self._visit
        with form("Take a number from do-not-call", "Next") as dialog:
            number = ui.input("Number, as it stands in the table").props("outlined autofocus").classes("w-full")
            prefix = ui.checkbox("It is a beginning")
            scope = _scope_select(visit)
        if not await dialog:
            return
        text = (number.value or "").strip()
        wish = DncWish(Kind.PREFIX if prefix.value else Kind.EXACT, scope.value or None)
        words = f"Its leads are due again as they were, for {scope_name(wish.campaign)}."
        if await ask(f"Take {text} from do-not-call?", [words], "Take it off", danger=True):
            removed = await visit.change(
                "dnc.remove",
                lambda actor: dnc.remove(
                    visit.database,
                    [text],
                    wish,
                    configured=visit.site.campaigns,
                    actor=actor,
                    clock=visit.site.now,
                ),
                done="Not on do-not-call any more",
            )
            if removed is not None:
                await self._page(self._at)


def _scope_select(visit: Visit) -> ui.select:
    scopes = {ALL: "For all campaigns", **{name: f"For campaign {name}" for name in sorted(visit.site.campaigns)}}
    return ui.select(scopes, value=ALL, label="For").props("outlined").classes("w-full")


def _row(visit: Visit, stored: StoredEntry) -> dict[str, object]:
    entry = stored.entry
    return {
        "id": stored.entry_id,
        "number": entry.number,
        "kind": "Beginning" if entry.kind is Kind.PREFIX else "Number",
        "scope": spoken(scope_name(entry.campaign)) if entry.campaign is None else f"Campaign {entry.campaign}",
        "until": visit.when(entry.expires_at) if entry.expires_at else "For good",
        "source": entry.source or NOTHING,
        "reason": entry.reason or NOTHING,
        "at": visit.when(entry.added_at),
        "by": entry.added_by,
    }


def _said(visit: Visit, answer: DncAnswer) -> str:
    if not answer.entries:
        return f"{answer.number} is not on do-not-call."
    told = [
        f"{entry.number} for {scope_name(entry.campaign)}"
        f"{f' until {visit.when(entry.expires_at)}' if entry.expires_at else ''}"
        f"{f', since {entry.reason}' if entry.reason else ''}"
        for entry in answer.entries
    ]
    return f"{answer.number} is on do-not-call: {'; '.join(told)}."
