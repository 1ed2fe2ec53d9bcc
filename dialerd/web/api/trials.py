"""Trials: a campaign's way from the answer on, tried with a telephone of one's own."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import Field

from dialerd.domain.errors import NotFound
from dialerd.service import trials
from dialerd.store.trials import TrialRecord
from dialerd.web import trying
from dialerd.web.people import Here, Operator, Viewer
from dialerd.web.routes import ApiRoute
from dialerd.web.values import CampaignName, Form

router = APIRouter(tags=["campaigns"], route_class=ApiRoute)


class Telephone(Form):
    """The telephone that is called: a PJSIP endpoint that is no trunk."""

    to: Annotated[str, Field(pattern=trials.TELEPHONE, examples=["PJSIP/101"])]


@router.post("/campaigns/{name}/try", status_code=202)
async def try_out(site: Here, asker: Operator, name: CampaignName, telephone: Telephone) -> TrialRecord:
    """Has an engine call a telephone of your own; once you answer, the call goes where those of the campaign go. No lead, no
    cap and no statistics know of it. Answers when Asterisk makes the call, which then goes on by itself.
    """

    def ask() -> str:
        endpoint, now = trials.endpoint_of(telephone.to), site.now()
        return trials.ask(site.database, name, endpoint, settings=site.settings, actor=asker.name, now=now)

    return trials.require_made(await trying.placed(site, await to_thread.run_sync(ask)))


@router.get("/campaigns/{name}/trials/{trial_id}")
def show(
    site: Here,
    _asker: Viewer,
    name: CampaignName,
    trial_id: Annotated[UUID, Path(description="The trial's `trial_id`.")],
) -> TrialRecord:
    """A trial as it is, and at last how it ended."""
    found = trials.read(site.database, str(trial_id))
    if found.campaign != name:
        raise NotFound(f"trial {trial_id} is none of campaign {name}")
    return found
