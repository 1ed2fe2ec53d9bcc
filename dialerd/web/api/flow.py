"""Leads out of a list, into another one, and dialed once more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, StrictFloat, StrictInt

from dialerd.domain.errors import BadInput
from dialerd.domain.importing import Duplicates
from dialerd.service import exports, moves, reset_undo, resets
from dialerd.service.exports import ExportWish
from dialerd.service.moves import MoveReport, MoveWish
from dialerd.service.names import name_of_list
from dialerd.service.reset_undo import UndoReport
from dialerd.service.resets import MINIMUM_GAP, ResetPlan, ResetReport, ResetWish
from dialerd.service.which import lead_filter
from dialerd.store.filters import LeadFilter
from dialerd.web.api.downloads import attachment, csv_of
from dialerd.web.people import Here, Operator
from dialerd.web.routes import ApiRoute
from dialerd.web.site import Site
from dialerd.web.values import MAX_ID, CampaignName, Form, ListId, Short, Switch, Text, Words

router = APIRouter(tags=["leads in and out"], route_class=ApiRoute)

MOST_ATTEMPTS = 100_000
Count = Annotated[StrictInt, Field(ge=0, le=MOST_ATTEMPTS)]
Dispositions = Annotated[list[Short], Field(max_length=200)]


class Which(Form):
    """Which leads: those that fit all of it."""

    dispositions: Dispositions = Field(default_factory=list)
    least_attempts: Count | None = None
    most_attempts: Count | None = None
    fields: Annotated[Mapping[Short, Text], Field(max_length=50)] = Field(default_factory=dict)
    search: Short | None = Field(default=None, description="A number, how one begins, or words of their fields.")

    def filter(self, site: Site) -> LeadFilter:
        """The same in the words of the service. Raises BadInput."""
        return lead_filter(
            dispositions=known(site, self.dispositions),
            attempts=(self.least_attempts, self.most_attempts),
            fields=self.fields,
            text=self.search,
        )


class Move(Form):
    """Which leads go where."""

    to: Annotated[StrictInt, Field(ge=1, le=MAX_ID, description="The `list_id` of the other list.")]
    which: Which = Which()
    limit: Annotated[StrictInt, Field(ge=1, le=MAX_ID)] | None = None
    duplicates: Duplicates = Field(Duplicates.SKIP, description="When the other list has the number already.")
    dry_run: Switch = False


class Reset(Form):
    """Which leads are made fresh. `drip`: how many of them become due in an hour; all at once without it."""

    dispositions: Dispositions = Field(default_factory=list)
    every: Switch = Field(default=False, description="Every disposition but do_not_call, opted_out, invalid_number.")
    drip: StrictFloat | None = Field(None, gt=0, le=1e9)
    minimum_gap: Annotated[StrictInt, Field(ge=0, le=366 * 86400, description="Seconds.")] = int(
        MINIMUM_GAP.total_seconds()
    )
    force: Switch = Field(default=False, description="Also when some were called within the minimum gap.")
    dry_run: Switch = False


class Undo(Form):
    """Whether it is only asked what would be undone."""

    dry_run: Switch = False


class ResetDone(BaseModel):
    """What a reset touches, and what was done; `reset` is null for a dry run. `lasts` is in seconds."""

    dispositions: tuple[str, ...]
    leads: int
    in_call: int
    recent: int
    last_hour: int
    last_day: int
    last_call: datetime | None
    lasts: float
    reset: ResetReport | None


def known(site: Site, names: list[str]) -> list[str]:
    """The dispositions, each of which there is. Raises BadInput."""
    catalogue = site.settings.dispositions
    for name in names:
        if name not in catalogue.names:
            raise BadInput(
                f"disposition {name[:40]!r}: there is none of that name; there are {', '.join(catalogue.names)}"
            )
    return names


@router.get("/lists/{list_id}/leads.csv", response_class=Response, responses=csv_of("leads"))
def export_list(
    site: Here,
    asker: Operator,
    list_id: ListId,
    column: Annotated[Words, Query(description="In this order; else the number and all fields.")] = None,
    disposition: Annotated[Words, Query()] = None,
    search: Annotated[Short | None, Query()] = None,
) -> Response:
    """The leads of the current version, safe to open in a spreadsheet; imported again it gives the same leads."""
    which = Which(dispositions=disposition or [], search=search)
    wish = ExportWish(name_of_list(site.database, list_id), tuple(column or ()), which.filter(site))
    return _export(site, asker.name, wish)


@router.get("/campaigns/{name}/leads.csv", response_class=Response, responses=csv_of("leads"), tags=["campaigns"])
def export_campaign(
    site: Here,
    asker: Operator,
    name: CampaignName,
    column: Annotated[Words, Query()] = None,
    disposition: Annotated[Words, Query()] = None,
    search: Annotated[Short | None, Query()] = None,
) -> Response:
    """The same for all lists of a campaign."""
    which = Which(dispositions=disposition or [], search=search)
    return _export(site, asker.name, ExportWish(name, tuple(column or ()), which.filter(site), campaign=True))


@router.post("/lists/{list_id}/move")
def move(site: Here, asker: Operator, list_id: ListId, wanted: Move) -> MoveReport:
    """Moves leads to another list; their calls, attempts and due times go along."""
    wish = MoveWish(
        name_of_list(site.database, list_id),
        name_of_list(site.database, wanted.to),
        wanted.which.filter(site),
        wanted.limit,
        update=wanted.duplicates is Duplicates.UPDATE,
        protected=site.settings.dispositions.protected,
    )
    if wanted.dry_run:
        return moves.plan(site.database, wish)
    return moves.move(site.database, wish, actor=asker.name, clock=site.now)


@router.post("/lists/{list_id}/reset")
def reset(site: Here, asker: Operator, list_id: ListId, wanted: Reset) -> ResetDone:
    """Makes leads with these dispositions fresh for another pass. Their calls stay in the record."""
    chosen = frozenset(known(site, wanted.dispositions))
    if wanted.every:
        chosen |= resets.every(site.settings.dispositions)
    wish = ResetWish(
        name_of_list(site.database, list_id),
        chosen,
        wanted.drip,
        timedelta(seconds=wanted.minimum_gap),
        wanted.force,
    )
    plan = resets.plan(site.database, wish, now=site.now())
    if wanted.dry_run:
        return _done(plan, None)
    return _done(plan, resets.reset(site.database, wish, actor=asker.name, clock=site.now))


@router.post("/lists/{list_id}/reset/undo")
def undo(site: Here, asker: Operator, list_id: ListId, wanted: Undo | None = None) -> UndoReport:
    """Gives the leads of the last reset back what they were, until the first of them is dialed."""
    name = name_of_list(site.database, list_id)
    if wanted is not None and wanted.dry_run:
        return reset_undo.plan(site.database, name)
    return reset_undo.undo(site.database, name, actor=asker.name, clock=site.now)


def _export(site: Site, actor: str, wish: ExportWish) -> Response:
    exports.check(site.database, wish)
    return attachment(
        site,
        f"{wish.name}.csv",
        lambda out: exports.export(site.database, wish, out, actor=actor, now=site.now()),
    )


def _done(plan: ResetPlan, report: ResetReport | None) -> ResetDone:
    return ResetDone(
        dispositions=plan.dispositions,
        leads=plan.leads,
        in_call=plan.in_call,
        recent=plan.recent,
        last_hour=plan.last_hour,
        last_day=plan.last_day,
        last_call=plan.last_call,
        lasts=plan.lasts.total_seconds(),
        reset=report,
    )
