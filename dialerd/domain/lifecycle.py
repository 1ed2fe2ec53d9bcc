"""Which states may a campaign or a list go to, and what each refusal says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialerd.domain.errors import Refused


class CampaignState(StrEnum):
    """As stored and shown."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class CampaignAction(StrEnum):
    """What a person may ask for. START begins, PAUSE lets calls in progress finish, RESUME goes on, STOP ends the run
    (the engine also hangs up what rings). ARCHIVE puts a campaign out of sight, UNARCHIVE makes it a draft again.
    """

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


_TRANSITIONS = {
    (CampaignState.DRAFT, CampaignAction.START): CampaignState.ACTIVE,
    (CampaignState.COMPLETED, CampaignAction.START): CampaignState.ACTIVE,
    (CampaignState.ACTIVE, CampaignAction.PAUSE): CampaignState.PAUSED,
    (CampaignState.PAUSED, CampaignAction.RESUME): CampaignState.ACTIVE,
    (CampaignState.ACTIVE, CampaignAction.STOP): CampaignState.DRAFT,
    (CampaignState.PAUSED, CampaignAction.STOP): CampaignState.DRAFT,
    (CampaignState.DRAFT, CampaignAction.ARCHIVE): CampaignState.ARCHIVED,
    (CampaignState.PAUSED, CampaignAction.ARCHIVE): CampaignState.ARCHIVED,
    (CampaignState.COMPLETED, CampaignAction.ARCHIVE): CampaignState.ARCHIVED,
    (CampaignState.ARCHIVED, CampaignAction.UNARCHIVE): CampaignState.DRAFT,
}
_RULES = {
    CampaignAction.START: "only a draft or completed campaign can be started",
    CampaignAction.PAUSE: "only an active campaign can be paused",
    CampaignAction.RESUME: "only a paused campaign can be resumed",
    CampaignAction.STOP: "only an active or paused campaign can be stopped",
    CampaignAction.ARCHIVE: "only a campaign that does not dial can be archived",
    CampaignAction.UNARCHIVE: "only an archived campaign can be unarchived",
}
_WAYS_OUT: dict[tuple[CampaignState, CampaignAction], str] = {
    (CampaignState.ACTIVE, CampaignAction.START): "it is dialing already",
    (CampaignState.ACTIVE, CampaignAction.RESUME): "it is dialing already",
    (CampaignState.PAUSED, CampaignAction.START): "resume it",
    (CampaignState.PAUSED, CampaignAction.PAUSE): "resume it to dial on, stop it to end it",
    (CampaignState.DRAFT, CampaignAction.STOP): "nothing to stop",
    (CampaignState.COMPLETED, CampaignAction.STOP): "nothing to stop",
    (CampaignState.ACTIVE, CampaignAction.ARCHIVE): "stop it first",
    (CampaignState.ARCHIVED, CampaignAction.ARCHIVE): "nothing to do",
    **{
        (state, CampaignAction.UNARCHIVE): "nothing to unarchive"
        for state in CampaignState
        if state is not CampaignState.ARCHIVED
    },
}


def campaign_after(state: CampaignState, action: CampaignAction, *, name: str = "") -> CampaignState:
    """The state after `action`. Raises Refused, naming the campaign `name`, the rule and the way out.

    A stopped campaign is a draft again: its lists, leads and attempts stay as they are.
    """
    after = _TRANSITIONS.get((state, action))
    if after is None:
        usual = "unarchive it first" if state is CampaignState.ARCHIVED else "start it"
        way_out = _WAYS_OUT.get((state, action), usual)
        raise Refused(f"{_campaign(name)} is {state}: {_RULES[action]}; {way_out}")
    return after


class ListStatus(StrEnum):
    """As derived by `list_status`; `.label` is how people see it."""

    DRAFT = "draft"
    PROCESSING = "processing"
    READY = "ready"
    IN_USE = "in_use"
    USED = "used"
    FAILED = "failed"
    ARCHIVED = "archived"

    @property
    def label(self) -> str:
        """The words people read: 'In Use'."""
        return self.value.replace("_", " ").title()


class VersionState(StrEnum):
    """How far an import got. Its rows are staged, then published at once, then their leads are armed step by step. An
    undone one is history: the list is as if it had never been.
    """

    STAGING = "staging"
    PUBLISHED = "published"
    ARMED = "armed"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def unfinished(self) -> bool:
        """Somebody is at work on it, or was when its process ended."""
        return self in (VersionState.STAGING, VersionState.PUBLISHED, VersionState.UNDOING)


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What a list's status follows from. `newest` is the state of its newest version that was not
    undone, None without any.

    `has_good_version`: some version was imported whole. `campaign` is the state of the campaign it is assigned to.
    """

    newest: VersionState | None
    has_good_version: bool
    campaign: CampaignState | None = None
    archived: bool = False


def list_status(facts: ListFacts) -> ListStatus:
    """The status of a list. An import into a list that is being dialed leaves it In Use: its earlier version goes on."""
    if facts.archived:
        return ListStatus.ARCHIVED
    if facts.newest is None:
        return ListStatus.DRAFT
    if facts.has_good_version and facts.campaign is CampaignState.ACTIVE:
        return ListStatus.IN_USE
    if facts.newest.unfinished:
        return ListStatus.PROCESSING
    if not facts.has_good_version and facts.newest is VersionState.FAILED:
        return ListStatus.FAILED
    return ListStatus.USED if facts.campaign is CampaignState.COMPLETED else ListStatus.READY


def check_assign(name: str, status: ListStatus, *, current: str | None, campaign: str) -> None:
    """Raises Refused unless list `name`, assigned to campaign `current` or to none, may be assigned to `campaign`.

    A Used list may go straight on to another campaign, since the one it belongs to is over.
    """
    if status not in (ListStatus.READY, ListStatus.USED):
        raise Refused(
            f"list {name} is {status.label}: only Ready or Used lists can be assigned; {_UNTIL_READY[status]}"
        )
    if current == campaign:
        raise Refused(f"list {name} is assigned to campaign {campaign} already")
    if current is not None and status is not ListStatus.USED:
        raise Refused(
            f"list {name} is assigned to campaign {current}, and a list belongs to one campaign: unassign it there first"
        )


def check_open(name: str, state: CampaignState) -> None:
    """Raises Refused when campaign `name` is archived: nothing is assigned to it then."""
    if state is CampaignState.ARCHIVED:
        raise Refused(
            f"{_campaign(name)} is archived: it is hidden and takes no lists; unarchive it first: "
            f"dialerd campaign unarchive {name}"
        )


def check_unassign(name: str, *, current: str | None, state: CampaignState | None) -> None:
    """Raises Refused unless list `name` may be taken from campaign `current`, which is in `state`."""
    if current is None:
        raise Refused(f"list {name} is assigned to no campaign: there is nothing to unassign")
    if state is CampaignState.ACTIVE:
        raise Refused(
            f"list {name} is in use: a list of an Active campaign cannot be unassigned; pause campaign {current} first"
        )


def check_start(name: str, *, lists: int, leads: int) -> None:
    """Raises Refused unless campaign `name` has a list (archived ones do not count) with leads to begin with."""
    if lists == 0:
        raise Refused(f"{_campaign(name)} has no list: a campaign cannot start without an assigned list; assign one")
    if leads == 0:
        raise Refused(f"{_campaign(name)} has only empty lists: it needs a lead to dial; import numbers into one")


_UNTIL_READY = {
    ListStatus.DRAFT: "import a file into it first",
    ListStatus.PROCESSING: "wait until its import has ended",
    ListStatus.FAILED: "its import failed; import a corrected file",
    ListStatus.IN_USE: "pause its campaign and unassign it first",
    ListStatus.ARCHIVED: "unarchive it first",
}


def _campaign(name: str) -> str:
    return f"campaign {name}" if name else "the campaign"
