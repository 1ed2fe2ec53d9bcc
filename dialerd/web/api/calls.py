"""Calls: what was dialed and what became of it; dispositions; what one says of a call afterwards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from dialerd.domain.callback import read_when
from dialerd.domain.dispositions import FLAGS, SYSTEM, stored_name
from dialerd.domain.errors import BadInput
from dialerd.service.call_changes import NewWord, Recalled, set_disposition
from dialerd.service.calls import CallFilter, calls
from dialerd.store.attempts import AttemptRecord
from dialerd.web import paging
from dialerd.web.api.flow import known
from dialerd.web.paging import Cursor, Limit, Page
from dialerd.web.people import Here, Operator, Viewer
from dialerd.web.routes import ApiRoute
from dialerd.web.values import MAX_ID, Form, Short

router = APIRouter(tags=["calls"], route_class=ApiRoute)


class Word(Form):
    """What became of the call; for a callback, when: 2026-12-01T10:00 in the lead's zone, or minutes from now."""

    disposition: Short
    at: Short | None = None


class Disposition(BaseModel):
    """What can become of a call. `changed`: dispositions.toml gives a disposition of the system other flags."""

    name: str
    system: bool
    changed: bool
    contacted: bool = Field(description="A person was reached, or by agreement a message was left.")
    final: bool = Field(description="The lead is never dialed again.")
    do_not_call: bool = Field(description="Its number neither, from any list.")
    recyclable: bool = Field(description="A recycling rule may bring it back.")
    counts: bool = Field(description="It uses up an attempt.")
    human: bool = Field(description="A person was on the line.")
    description: str


@router.get("/calls")
def overview(
    site: Here,
    _asker: Viewer,
    campaign: Annotated[Short | None, Query()] = None,
    phone: Annotated[Short | None, Query(description="With its country code.")] = None,
    lead_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    disposition: Annotated[Short | None, Query(description="Calls that ended so.")] = None,
    only_open: Annotated[bool, Query(alias="open", description="Calls that have not ended.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AttemptRecord]:
    """Attempts, the newest first."""
    if disposition is not None:
        known(site, [disposition])
    wanted = CallFilter(campaign, phone, lead_id, disposition, only_open)
    before = paging.read_text(cursor)
    found = calls(site.database, wanted, configured=site.campaigns, limit=limit + 1, before=before)
    return paging.page(found, limit, lambda attempt: attempt.attempt_id)


@router.post("/calls/{attempt_id}/disposition")
def say(
    site: Here, asker: Operator, attempt_id: Annotated[UUID, Path(description="The call's `attempt_id`.")], word: Word
) -> Recalled:
    """Says what became of an answered call that has ended; its lead is decided anew, unless it was called since."""
    name = stored_name(word.disposition)
    known(site, [name])
    try:
        when = read_when(word.at) if word.at is not None else None
    except ValueError as error:
        raise BadInput(f"at: {error}") from None
    said = NewWord(str(attempt_id), name, when)
    return set_disposition(site.database, said, settings=site.settings, actor=asker.name, now=site.now())


@router.get("/dispositions")
def dispositions(site: Here, _asker: Viewer) -> list[Disposition]:
    """What can become of a call: those of dialerd and those of dispositions.toml, with their flags."""
    catalogue = site.settings.dispositions
    return [
        Disposition(
            name=name,
            system=name in FLAGS,
            changed=name in FLAGS and flags != SYSTEM[name],
            **asdict(flags),
            description=catalogue.descriptions.get(name, ""),
        )
        for name, flags in catalogue.flags.items()
    ]
