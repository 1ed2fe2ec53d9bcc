"""Lists: what a person may ask for, each as one transaction with one audit entry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from dialerd.domain.errors import BadInput, Refused
from dialerd.domain.funnel import Funnel, Group, funnel
from dialerd.domain.lifecycle import ListStatus
from dialerd.domain.phone import NumberRules
from dialerd.service import dnc_sweeps, standings
from dialerd.service.names import find_list, require_list
from dialerd.settings import Campaign
from dialerd.store import audit, dnc_leads, kept_out, leads, lists, versions
from dialerd.store.database import Connection, Database
from dialerd.store.lead_counts import in_short
from dialerd.store.leads import LeadCounts, LeadRecord
from dialerd.store.lists import STRICT, ListRecord
from dialerd.store.versions import VersionRecord

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1000


@dataclass(frozen=True, slots=True)
class ListView:
    """A list as people see it. Its numbers may be of these `kinds` besides ordinary ones, and only of these `countries`,
    of all when there is none. `leads` are those of all its versions by what will become of them next, `penetration` is
    the share of them that were contacted, 0 to 1 (service.statistics says what that means).
    """

    list_id: int
    name: str
    status: ListStatus
    description: str
    campaign: str | None
    policy: str
    region: str | None
    kinds: tuple[str, ...]
    countries: tuple[str, ...]
    owner: str | None
    current_version: int
    created_at: datetime
    changed_at: datetime
    leads: LeadCounts
    penetration: float


@dataclass(frozen=True, slots=True)
class EditedList(ListView):
    """A list that was changed, and how many of its leads its new rules let in again and kept out: those that waited for a
    call. Leads that are in one are kept out after it.
    """

    let_in: int = 0
    kept_out: int = 0


@dataclass(frozen=True, slots=True)
class ListDetail:
    """A list and its versions, the newest first."""

    view: ListView
    versions: tuple[VersionRecord, ...]


@dataclass(frozen=True, slots=True)
class LeadDetail:
    """A lead and what the list says about it."""

    lead: LeadRecord
    fields: dict[str, str]


def create(
    database: Database,
    name: str,
    *,
    actor: str,
    now: datetime,
    description: str = "",
    rules: NumberRules = STRICT,
) -> ListView:
    """A new, empty list, its numbers read by these rules; list_rules.number_rules makes them.

    Raises BadInput for a name or description that cannot be, Refused when the name is taken.
    """
    check_text("name", name, LONGEST_NAME, least=1)
    check_text("description", description, LONGEST_DESCRIPTION, least=0)
    with database.write() as conn:
        lists.create(conn, name=name, now=now, description=description, owner=actor, rules=rules)
        audit.add(conn, at=now, actor=actor, action="list.create", subject=f"list {name}", detail=_told(rules))
        return _views(conn, [require_list(conn, name)], {}, now)[0]


def edit(
    database: Database,
    name: str,
    *,
    actor: str,
    now: datetime,
    description: str | None = None,
    change: Callable[[NumberRules], NumberRules] | None = None,
    check: Callable[[str, NumberRules], None] | None = None,
) -> EditedList:
    """Describes a list otherwise, or changes the rules for its numbers: which are read by the next import, and which of
    those it has are dialed. Leads whose numbers it does not take any more are closed, and let in again when it does.
    `check` sees the description and the rules as they are, and raises what keeps them so.

    Raises NotFound, BadInput for a description that cannot be, Refused when nothing would change.
    """
    if description is not None:
        check_text("description", description, LONGEST_DESCRIPTION, least=0)
    with database.write() as conn:
        before = require_list(conn, name, lock=True)
        if check is not None:
            check(before.description, before.rules)
        rules = before.rules if change is None else change(before.rules)
        words = before.description if description is None else description
        if (rules, words) == (before.rules, before.description):
            raise Refused(f"list {name} is so already: nothing would change")
        lists.change(conn, before.list_id, now, description=words, rules=rules)
        wider = rules.allowed.takes_all_of(before.rules.allowed)
        nobody = rules.allowed == before.rules.allowed or (wider and not kept_out.has_any(conn, before.list_id))
        sweeps = [] if nobody else [dnc_leads.sweep_list(conn, before.list_id)]
        was = {**_told(before.rules), "description": before.description}
        detail = {**_told(rules), "description": words, "before": was}
        audit.add(conn, at=now, actor=actor, action="list.edit", subject=f"list {name}", detail=detail)
    effect = dnc_sweeps.run(database, sweeps, clock=lambda: now)
    with database.snapshot() as conn:
        (view,) = _views(conn, [require_list(conn, name)], {}, now)
    said = {field.name: getattr(view, field.name) for field in fields(view)}
    return EditedList(**said, let_in=effect.let_in, kept_out=effect.kept_out)


def overview(
    database: Database,
    *,
    now: datetime,
    search: str | None = None,
    statuses: Collection[ListStatus] = (),
    archived: bool = False,
    campaigns: Mapping[str, Campaign] = MappingProxyType({}),
) -> list[ListView]:
    """The lists whose name contains `search`, in any case, and that have one of the statuses, by name. Archived ones
    are left out unless asked for, by `archived` or as a status. `campaigns` are those that have a file: their hours
    decide what is dialable now.
    """
    wanted = (search or "").casefold()
    with database.snapshot() as conn:
        records = [
            record
            for record in lists.page(conn, archived=archived or ListStatus.ARCHIVED in statuses)
            if wanted in record.name.casefold() and (not statuses or record.status in statuses)
        ]
        return _views(conn, records, campaigns, now)


def show(
    database: Database, name: str, *, now: datetime, campaigns: Mapping[str, Campaign] = MappingProxyType({})
) -> ListDetail:
    """One list with its versions; `campaigns` as in overview. Raises NotFound."""
    with database.snapshot() as conn:
        record = find_list(conn, name)
        (view,) = _views(conn, [record], campaigns, now)
        return ListDetail(view, tuple(versions.of_list(conn, record.list_id)))


def leads_of(
    database: Database, name: str, *, disposition: str | None = None, limit: int = 50, after: int = 0
) -> list[LeadDetail]:
    """Leads of a list in the order of its rows, at most `limit`, those behind the lead id `after`. Raises NotFound."""
    with database.read() as conn:
        record = find_list(conn, name)
        page = leads.page(conn, list_id=record.list_id, disposition=disposition, limit=limit, after=after)
        return [LeadDetail(lead, _fields(conn, lead.lead_id)) for lead in page]


def _views(
    conn: Connection, records: Sequence[ListRecord], campaigns: Mapping[str, Campaign], now: datetime
) -> list[ListView]:
    homes = {record.list_id: campaigns.get(record.campaign or "") for record in records}
    found = standings.of_lists(conn, homes, now)
    views = []
    for record in records:
        campaign = homes[record.list_id]
        rules = campaign.rules if campaign else None
        groups = found[record.list_id]
        parts = funnel([(group, rules) for group in groups], now)
        views.append(_view(conn, record, groups, parts))
    return views


def _view(conn: Connection, record: ListRecord, groups: Sequence[Group], parts: Funnel) -> ListView:
    newest = record.facts.newest
    return ListView(
        list_id=record.list_id,
        name=record.name,
        status=record.status,
        description=record.description,
        campaign=record.campaign,
        **_told(record.rules),
        owner=record.owner,
        current_version=record.current_version,
        created_at=record.created_at,
        changed_at=record.changed_at,
        leads=in_short(parts, groups, leads.staged(conn, record.list_id) if newest and newest.unfinished else 0),
        penetration=round(parts.penetration, 4),
    )


def _told(rules: NumberRules) -> dict[str, Any]:
    return {
        "policy": rules.policy.value,
        "region": rules.region,
        "kinds": tuple(sorted(rules.allowed.kinds)),
        "countries": tuple(sorted(rules.allowed.countries)),
    }


def _fields(conn: Connection, lead_id: int) -> dict[str, str]:
    found = leads.lead_fields(conn, lead_id)
    return dict(found.values) if found else {}


def check_text(what: str, text: str, longest: int, *, least: int) -> None:
    """Raises BadInput for a text that no screen could show on one line or that is too long."""
    if not least <= len(text) <= longest or text != text.strip() or not text.isprintable():
        raise BadInput(
            f"{what} {text[:40]!r}: must be {least} to {longest} printable characters on one line, no blanks around it"
        )
