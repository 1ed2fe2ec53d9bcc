"""Do-not-call registries: which copies there are, how old they are, and whether a campaign may dial by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dialerd.domain.errors import BadInput
from dialerd.domain.registries import judge_copies, too_old_at
from dialerd.domain.verdicts import YES, Verdict, Yes
from dialerd.settings import Campaign
from dialerd.store import dnc_copies
from dialerd.store.database import Connection, Database
from dialerd.store.dnc_copies import RegistryCopy


@dataclass(frozen=True, slots=True)
class RegistryStatus:
    """A registry of which there is a `copy`, or (None) that `asked_by` asks for: the campaigns that are held to it and go by
    this copy. `age_days` is how old the copy is; `max_days` how old it may be, the least of what these campaigns allow, None
    when none asks; `too_old` says that one of them does not dial for it.
    """

    registry: str
    copy: RegistryCopy | None
    age_days: float | None
    max_days: float | None
    too_old: bool
    asked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy of a registry, taken at this instant."""

    registry: str
    copied_at: datetime


def verdict(conn: Connection, campaign: Campaign, now: datetime) -> Verdict:
    """Whether the campaign may dial by the copies there are."""
    return judged(conn, campaign, now)[0]


def judged(conn: Connection, campaign: Campaign, now: datetime) -> tuple[Verdict, datetime | None]:
    """The `verdict`, and when it ends by the clock: the last instant at which all copies are young enough, None without any."""
    registries = campaign.compliance.registries
    if not registries:
        return YES, None
    copied = dnc_copies.newest(conn, campaign.name)
    return judge_copies(registries, copied, now), too_old_at(registries, copied)


def overview(database: Database, campaigns: Mapping[str, Campaign], now: datetime) -> tuple[RegistryStatus, ...]:
    """Every copy that was imported, and every registry that a campaign asks for and that has none, by name."""
    with database.read() as conn:
        copies = dnc_copies.all(conn)
        told = [_status(copy.registry, copy, campaigns, now) for copy in copies]
        for registry in sorted({each.name for one in campaigns.values() for each in one.compliance.registries}):
            waiting = {
                name: one
                for name, one in campaigns.items()
                if not any(copy.registry == registry and copy.campaign in (None, name) for copy in copies)
            }
            found = _status(registry, None, waiting, now)
            told += [found] if found.asked_by else []
    return tuple(sorted(told, key=lambda each: each.registry))


def taken(registry: str, copied: str | None, campaigns: Mapping[str, Campaign], now: datetime) -> Taken:
    """The copy that is about to be imported. `copied`: a day such as 2026-11-20 (its beginning, UTC) or an ISO 8601 time; None:
    now.

    Raises BadInput for a registry that no campaign asks for, since that is a slip of the pen, and for a copy of a time to
    come.
    """
    copied_at = now if copied is None else _instant(copied)
    known = sorted({each.name for one in campaigns.values() for each in one.compliance.registries})
    if registry not in known:
        asked = f"they ask for {', '.join(known)}" if known else "none is held to a registry"
        raise BadInput(f"registry {registry[:40]!r}: no campaign's profile asks for it; {asked}")
    if copied_at > now:
        raise BadInput(f"copy of {copied_at:%Y-%m-%d %H:%M} UTC: is of a time to come; say when it was taken")
    return Taken(registry, copied_at)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"copied {text[:40]!r}: must be a day such as 2026-11-20, or an ISO 8601 time") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _status(
    registry: str, copy: RegistryCopy | None, campaigns: Mapping[str, Campaign], now: datetime
) -> RegistryStatus:
    held = {
        name: each
        for name, one in campaigns.items()
        for each in one.compliance.registries
        if each.name == registry and (copy is None or copy.campaign in (None, name))
    }
    copied = {} if copy is None else {registry: copy.copied_at}
    return RegistryStatus(
        registry=registry,
        copy=copy,
        age_days=None if copy is None else round((now - copy.copied_at) / timedelta(days=1), 2),
        max_days=min((each.max_age / timedelta(days=1) for each in held.values()), default=None),
        too_old=not all(isinstance(judge_copies([each], copied, now), Yes) for each in held.values()),
        asked_by=tuple(sorted(held)),
    )
