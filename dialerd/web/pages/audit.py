"""The audit: who did what, when, from where, and what was refused.

The newest deeds go on by themselves. A later page, or one that is filtered, stands still for who reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from nicegui import ui

from dialerd.service import deeds
from dialerd.store.audit import AuditEntry
from dialerd.web.pages.following import Following
from dialerd.web.pages.frame import heading
from dialerd.web.pages.tables import Column, Pager, empty, put, table
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING
from dialerd.web.site import Site

PAGE = 50
LONGEST_DETAIL = 400
_COLUMNS = (
    Column("at", "At"),
    Column("by", "By"),
    Column("what", "What"),
    Column("subject", "To what"),
    Column("detail", "Detail"),
    Column("source", "From"),
)


async def show(visit: Visit) -> None:
    """The page."""
    await _Deeds(visit).build()


class _Deeds:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._following = Following(visit)

    async def build(self) -> None:
        heading("Audit")
        ui.label("Every change, by whom and from where, and every attempt that was refused. The newest first.")
        with ui.row().classes("w-full items-center"):
            self._subject = ui.input("Done to exactly, such as list spring", on_change=self._first)
            self._subject.props("dense outlined clearable debounce=300").style("min-width: 18rem")
            ui.button("Refresh", icon="refresh", on_click=self._first).props("flat no-caps")
        self._table = table(_COLUMNS, (), label="Audit")
        self._none = ui.column().classes("w-full")
        self._pager = Pager(self._page)
        await self._page(None)

    async def _first(self) -> None:
        await self._page(None)

    async def _page(self, before: int | None) -> None:
        subject = (self._subject.value or "").strip() or None

        def read(site: Site) -> list[AuditEntry]:
            return deeds.deeds(site.database, subject=subject, limit=PAGE, before=before)

        def fill(found: Sequence[AuditEntry]) -> None:
            self._put(found, subject, first=before is None)

        if subject is None and before is None:
            await self._following.turn("audit", read, fill)
        else:
            await self._following.still(read, fill)

    def _put(self, found: Sequence[AuditEntry], subject: str | None, *, first: bool) -> None:
        put(self._table, [_row(self._visit, deed) for deed in found])
        self._pager.show(found[-1].entry_id if len(found) == PAGE else None, first=first)
        self._table.set_visibility(bool(found))
        self._none.clear()
        if not found:
            with self._none:
                empty(
                    _NOTHING
                    if subject is None
                    else f"Nothing was done to {subject}. Empty the field to see every deed."
                )


_NOTHING = "Nothing was done yet. Whatever somebody changes, or is refused, is shown here with who and when."


def _row(visit: Visit, deed: AuditEntry) -> dict[str, object]:
    said = "; ".join(f"{key}: {_plain(value)}" for key, value in deed.detail.items())
    return {
        "id": deed.entry_id,
        "at": visit.when(deed.at),
        "by": deed.actor,
        "what": deed.action,
        "subject": deed.subject,
        "detail": said[:LONGEST_DETAIL] or NOTHING,
        "source": deed.source or NOTHING,
    }


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
