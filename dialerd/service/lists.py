"""Lists: what a person may ask for, each as one transaction with one audit entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from dialerd.domain.errors import BadInput
from dialerd.domain.funnel import Funnel, Group, funnel
from dialerd.domain.lifecycle import ListStatus
from dialerd.domain.phone import PhonePolicy, is_region
from dialerd.service.names import find_list, require_list
from dialerd.settings import Campaign
from dialerd.store import audit, leads, lists, tallies, versions
from dialerd.store.database import Connection, Database
from dialerd.store.lead_counts import in_short
from dialerd.store.leads import LeadCounts, LeadRecord
from dialerd.store.lists import ListRecord
from dialerd.store.versions import VersionRecord

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1000


@dataclass(frozen=True, slots=True)
class ListView:
    """A list as people see it. `leads` are those of all its versions by what will become of them next, `penetration` is
    the share of them that were contacted, 0 to 1 (service.statistics says what that means).
    """

    list_id: int
    name: str
    status: ListStatus
    description: str
    campaign: str | None
    policy: str
    region: str | None
    owner: str | None
    current_version: int
    created_at: datetime
    changed_at: datetime
    leads: LeadCounts
    penetration: float


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
    region: str | None = None,
    policy: PhonePolicy | None = None,
) -> ListView:
    """A new, empty list. Without a policy it is clean when a region is given and strict when not.

    Raises BadInput for a name, description or region that cannot be, Refused when the name is taken.
    """
    check_text("name", name, LONGEST_NAME, least=1)
    check_text("description", description, LONGEST_DESCRIPTION, least=0)
    home = region.strip().upper() if region else None
    if home is not None and not is_region(home):
        raise BadInput(f"region {region!r}: is not a country code of two letters (ISO 3166), such as US, GB or DE")
    chosen = policy or (PhonePolicy.CLEAN if home else PhonePolicy.STRICT)
    with database.write() as conn:
        lists.create(conn, name=name, now=now, description=description, owner=actor, region=home, policy=chosen.value)
        detail = {"region": home, "policy": chosen.value}
        audit.add(conn, at=now, actor=actor, action="list.create", subject=f"list {name}", detail=detail)
        return _views(conn, [require_list(conn, name)], {}, now)[0]


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
    with database.read() as conn:
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
    with database.read() as conn:
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
    found = tallies.of_lists(conn, [record.list_id for record in records], now)
    views = []
    for record in records:
        campaign = campaigns.get(record.campaign or "")
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
        policy=record.policy,
        region=record.region,
        owner=record.owner,
        current_version=record.current_version,
        created_at=record.created_at,
        changed_at=record.changed_at,
        leads=in_short(parts, groups, leads.staged(conn, record.list_id) if newest and newest.unfinished else 0),
        penetration=round(parts.penetration, 4),
    )


def _fields(conn: Connection, lead_id: int) -> dict[str, str]:
    found = leads.lead_fields(conn, lead_id)
    return dict(found.values) if found else {}


def check_text(what: str, text: str, longest: int, *, least: int) -> None:
    """Raises BadInput for a text that no screen could show on one line or that is too long."""
    if not least <= len(text) <= longest or text != text.strip() or not text.isprintable():
        raise BadInput(
            f"{what} {text[:40]!r}: must be {least} to {longest} printable characters on one line, no blanks around it"
        )
