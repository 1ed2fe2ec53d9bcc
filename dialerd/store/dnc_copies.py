"""Which copies of do-not-call registries were imported: for each registry, and all campaigns or one, the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.store.database import Connection
from dialerd.store.tables import dnc_copies


@dataclass(frozen=True, slots=True)
class RegistryCopy:
    """A copy of `registry` taken at `copied_at`, the file of which was imported whole at `imported_at` by `actor`: so many
    `entries` of do-not-call. `campaign` None: they hold for all campaigns.
    """

    registry: str
    campaign: str | None
    copied_at: datetime
    imported_at: datetime
    actor: str
    file: str
    entries: int


_TOLD = ("copied_at", "imported_at", "actor", "file", "entries")


def keep(conn: Connection, copy: RegistryCopy) -> bool:
    """Notes the copy. False, and nothing is changed, when a newer one is noted already."""
    values = {
        "registry": copy.registry,
        "campaign": copy.campaign or "",
        **{name: getattr(copy, name) for name in _TOLD},
    }
    insert = (sqlite if conn.dialect.name == "sqlite" else postgresql).insert(dnc_copies).values(values)
    told = {name: insert.excluded[name] for name in _TOLD}
    put = insert.on_conflict_do_update(
        index_elements=["registry", "campaign"],
        set_=told,
        where=dnc_copies.c.copied_at <= insert.excluded.copied_at,
    ).returning(dnc_copies.c.registry)
    return conn.scalar(put) is not None


def all(conn: Connection) -> list[RegistryCopy]:  # noqa: A001 - dnc_copies.all() is how it is called
    """Every copy, by registry, those for all campaigns first."""
    return [RegistryCopy(registry, campaign or None, *rest) for registry, campaign, *rest in conn.execute(_ALL)]


def newest(conn: Connection, campaign: str) -> Mapping[str, datetime]:
    """When the newest copy of each registry was taken, of those whose numbers the campaign does not call."""
    return {row.registry: row.newest for row in conn.execute(_NEWEST, {"b_campaign": campaign})}


_ALL = select(dnc_copies.c.registry, dnc_copies.c.campaign, *(dnc_copies.c[name] for name in _TOLD)).order_by(
    dnc_copies.c.registry, dnc_copies.c.campaign
)
_NEWEST = (
    select(dnc_copies.c.registry, func.max(dnc_copies.c.copied_at, type_=dnc_copies.c.copied_at.type).label("newest"))
    .where(or_(dnc_copies.c.campaign == "", dnc_copies.c.campaign == bindparam("b_campaign")))
    .group_by(dnc_copies.c.registry)
)
