"""Lists and which campaign they belong to. Their versions are in store/versions.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from dialerd.domain.allowed import Allowed, NumberKind
from dialerd.domain.errors import NotFound, Refused
from dialerd.domain.lifecycle import CampaignState, ListFacts, ListStatus, VersionState, list_status
from dialerd.domain.phone import NumberRules, PhonePolicy
from dialerd.store.database import Connection
from dialerd.store.tables import campaigns, list_versions, lists

STRICT = NumberRules()


@dataclass(frozen=True, slots=True)
class ListRecord:
    """A list as it is. `rules` are those for its numbers. `current_version` is 0 before the first was published; `facts` is what its status follows from."""

    list_id: int
    name: str
    description: str
    owner: str | None
    rules: NumberRules
    campaign: str | None
    position: int
    current_version: int
    archived_at: datetime | None
    created_at: datetime
    changed_at: datetime
    facts: ListFacts

    @property
    def status(self) -> ListStatus:
        """What people see; derived, never stored."""
        return list_status(self.facts)


def create(
    conn: Connection,
    *,
    name: str,
    now: datetime,
    description: str = "",
    owner: str | None = None,
    rules: NumberRules = STRICT,
) -> int:
    """A new, empty list; returns its id. Raises Refused when an unarchived list has that name."""
    if get(conn, name) is not None:
        raise _name_taken(name)
    row = {"name": name, "description": description, "owner": owner, **_kept(rules)}
    statement = insert(lists).values(**row, created_at=now, changed_at=now).returning(lists.c.id)
    try:
        with conn.begin_nested():
            list_id: int = conn.execute(statement).scalar_one()
            return list_id
    except IntegrityError as error:
        raise _name_taken(name) from error


def get(conn: Connection, name: str, *, lock: bool = False) -> ListRecord | None:
    """The unarchived list of that name, or None; with `lock` nobody else changes it until the transaction ends."""
    if lock:
        named = and_(lists.c.name == name, lists.c.archived_at.is_(None))
        conn.execute(select(lists.c.id).where(named).with_for_update())
    return _one(conn, lists.c.name == name, lists.c.archived_at.is_(None))


def allowed(conn: Connection, list_ids: Collection[int]) -> dict[int, Allowed]:
    """Which numbers each of these lists takes."""
    rows = conn.execute(ALLOWED, {"ids": list(list_ids)}) if list_ids else ()
    return {row.id: read_allowed(row.kinds, row.countries) for row in rows}


def read_allowed(kinds: Iterable[str], countries: Iterable[str]) -> Allowed:
    """As it is kept in the tables."""
    return Allowed(frozenset(map(NumberKind, kinds)), frozenset(countries))


def by_id(conn: Connection, list_id: int) -> ListRecord | None:
    """The list, archived or not, or None."""
    return _one(conn, lists.c.id == list_id)


def require(conn: Connection, name: str) -> ListRecord:
    """The unarchived list of that name. Raises NotFound."""
    record = get(conn, name)
    if record is None:
        raise NotFound(f"list {name} does not exist; `dialerd list list` shows those that do")
    return record


def page(
    conn: Connection,
    *,
    search: str | None = None,
    campaign: str | None = None,
    archived: bool = False,
    limit: int | None = None,
    after: str = "",
) -> list[ListRecord]:
    """Lists that fit every filter given, in the order of assignment within a campaign, else by name; `search` finds
    names that contain it, in any case. Archived lists are left out unless asked for. `after` is the last name of the
    page before, and is of use only without `campaign`.
    """
    statement = _RECORDS.order_by(lists.c.position, lists.c.id) if campaign else _RECORDS.order_by(lists.c.name)
    if campaign is not None:
        statement = statement.where(lists.c.campaign == campaign)
    if search is not None:
        statement = statement.where(func.lower(lists.c.name).contains(search.lower(), autoescape=True))
    # One whose removal has begun is gone for everybody but the removal.
    statement = statement.where(lists.c.deleted_at.is_(None))
    if not archived:
        statement = statement.where(lists.c.archived_at.is_(None))
    if after:
        statement = statement.where(lists.c.name > after)
    return [_record(row) for row in conn.execute(statement.limit(limit))]


def assign(conn: Connection, list_id: int, campaign: str, now: datetime) -> None:
    """Puts the list at the end of the campaign's lists; domain.lifecycle.check_assign says whether it may."""
    last = select(func.coalesce(func.max(lists.c.position), 0) + 1).where(lists.c.campaign == campaign)
    _change(conn, list_id, now, campaign=campaign, position=last.scalar_subquery())


def unassign(conn: Connection, list_id: int, now: datetime) -> None:
    """Takes the list from its campaign; domain.lifecycle.check_unassign says whether it may."""
    _change(conn, list_id, now, campaign=None, position=0)


def change(conn: Connection, list_id: int, now: datetime, *, description: str, rules: NumberRules) -> None:
    """Describes the list otherwise, and has its next numbers read by other rules."""
    _change(conn, list_id, now, description=description, **_kept(rules))


def archive(conn: Connection, list_id: int, now: datetime) -> None:
    """Hides the list: it is not dialed, and its name is free for another one. All of it stays."""
    _change(conn, list_id, now, archived_at=now)


def _change(conn: Connection, list_id: int, now: datetime, **values: Any) -> None:
    conn.execute(update(lists).where(lists.c.id == list_id).values(changed_at=now, **values))


def _kept(rules: NumberRules) -> dict[str, Any]:
    allowed = rules.allowed
    return {
        "region": rules.region,
        "policy": rules.policy.value,
        "kinds": sorted(allowed.kinds),
        "countries": sorted(allowed.countries),
    }


def _name_taken(name: str) -> Refused:
    return Refused(f"list {name} exists already: names are unique among unarchived lists; choose another name")


def _one(conn: Connection, *conditions: ColumnElement[bool]) -> ListRecord | None:
    row = conn.execute(_RECORDS.where(*conditions)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Any) -> ListRecord:
    values = row._asdict()
    newest, campaign = values.pop("newest"), values.pop("campaign_state")
    taken = read_allowed(values.pop("kinds"), values.pop("countries"))
    facts = ListFacts(
        newest=None if newest is None else VersionState(newest),
        has_good_version=row.current_version > 0,
        campaign=None if campaign is None else CampaignState(campaign),
        archived=row.archived_at is not None,
    )
    rules = NumberRules(PhonePolicy(values.pop("policy")), values.pop("region"), taken)
    return ListRecord(list_id=values.pop("id"), rules=rules, facts=facts, **values)


ALLOWED = select(lists.c.id, lists.c.kinds, lists.c.countries).where(lists.c.id.in_(bindparam("ids", expanding=True)))
_newest = (
    select(list_versions.c.state)
    .where(list_versions.c.list_id == lists.c.id, list_versions.c.state != VersionState.UNDONE.value)
    .order_by(list_versions.c.number.desc())
    .limit(1)
    .scalar_subquery()
    .label("newest")
)
_names = (
    *("id", "name", "description", "owner", "region", "policy", "kinds", "countries", "campaign", "position"),
    *("current_version", "archived_at", "created_at", "changed_at"),
)
_RECORDS: Select[Any] = select(
    *(lists.c[name] for name in _names), campaigns.c.state.label("campaign_state"), _newest
).select_from(lists.outerjoin(campaigns, campaigns.c.name == lists.c.campaign))
