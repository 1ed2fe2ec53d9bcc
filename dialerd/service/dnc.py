"""Do-not-call: what a person may ask for. Each change is one transaction with an audit entry for each entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.dnc import Entry, Kind, read_number, stopping
from dialerd.domain.errors import BadInput, NotFound
from dialerd.domain.phone import BadPhone, is_region
from dialerd.ingest.dncfile import Template, checked_text
from dialerd.service.names import require_campaign
from dialerd.store import audit, dnc
from dialerd.store.database import Connection, Database
from dialerd.store.dnc import Outcome


@dataclass(frozen=True, slots=True)
class DncWish:
    """What is asked about: entries of this kind, for this campaign or (None) for all. `region` (ISO 3166, any case) is
    where national numbers are at home.
    """

    kind: Kind = Kind.EXACT
    campaign: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class DncTerms:
    """How long entries hold (None: until they are removed), where they come from, and why they are there."""

    expires_at: datetime | None = None
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DncChange:
    """An entry as it is now, or as it was when it is removed."""

    entry: Entry
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DncAnswer:
    """Whether a campaign (None: any) may call the number. `stopped_by` is the entry that keeps it from doing so for
    longest; `entries` are all about the number, also those of other campaigns and expired ones.
    """

    number: str
    campaign: str | None
    stopped_by: Entry | None
    entries: tuple[Entry, ...]


def add(
    database: Database,
    numbers: Sequence[str],
    wish: DncWish,
    terms: DncTerms,
    *,
    configured: Collection[str],
    actor: str,
    now: datetime,
) -> list[DncChange]:
    """Puts the numbers on do-not-call. One that is there already stays as it is, or holds longer than before: adding
    never shortens.

    Raises BadInput for a number or text that cannot be, NotFound for a campaign nobody knows; then nothing is added.
    """
    found = template(wish, terms, actor, now)
    entries = {entry.number: entry for entry in map(found.about, numbers)}
    with database.write() as conn:
        require_scope(conn, wish, configured)
        outcomes = dnc.add(conn, list(entries.values()))
        changes = []
        for number, outcome in zip(entries, outcomes, strict=True):
            note(conn, "dnc.add", entries[number], actor, now, outcome)
            changes.append(DncChange(_there(conn, entries[number]), outcome))
    return changes


def remove(
    database: Database, numbers: Sequence[str], wish: DncWish, *, configured: Collection[str], actor: str, now: datetime
) -> list[Entry]:
    """Takes exactly these entries away; returns what they were.

    Raises BadInput for a number that cannot be, NotFound for a campaign nobody knows, and for a number that has no such
    entry, saying which others cover it; then nothing is removed.
    """
    wanted = dict.fromkeys(_number(text, wish) for text in numbers)
    with database.write() as conn:
        require_scope(conn, wish, configured)
        removed = []
        for number in wanted:
            entry = dnc.remove(conn, number, wish.kind, wish.campaign)
            if entry is None:
                raise NotFound(_missing(conn, number, wish))
            note(conn, "dnc.remove", entry, actor, now)
            removed.append(entry)
    return removed


def check(
    database: Database, numbers: Sequence[str], wish: DncWish, *, configured: Collection[str], now: datetime
) -> list[DncAnswer]:
    """What do-not-call says about the numbers. Raises BadInput, NotFound as `add`."""
    wanted = dict.fromkeys(_number(text, wish) for text in numbers)
    with database.read() as conn:
        require_scope(conn, wish, configured)
        found = dnc.covering(conn, wanted)
    return [
        DncAnswer(number, wish.campaign, stopping(entries, number, wish.campaign, now), entries)
        for number in wanted
        for entries in [found.get(number, ())]
    ]


def template(wish: DncWish, terms: DncTerms, actor: str, now: datetime) -> Template:
    """What new entries have in common. Raises BadInput for what cannot be."""
    if terms.expires_at is not None and terms.expires_at <= now:
        raise BadInput(f"expiry {terms.expires_at:%Y-%m-%d %H:%M} UTC: is over already")
    entry = Entry(
        number="",
        kind=wish.kind,
        campaign=wish.campaign,
        expires_at=terms.expires_at,
        source=checked_text("source", terms.source),
        reason=checked_text("reason", terms.reason),
        added_at=now,
        added_by=actor,
    )
    return Template(entry, _region(wish))


def require_scope(conn: Connection, wish: DncWish, configured: Collection[str]) -> None:
    """Raises NotFound when the wish names a campaign nobody knows."""
    if wish.campaign is not None:
        require_campaign(conn, wish.campaign, configured)


def scope_name(campaign: str | None) -> str:
    """Whom an entry stops, in words."""
    return "all campaigns" if campaign is None else f"campaign {campaign}"


def note(
    conn: Connection, action: str, entry: Entry, actor: str, now: datetime, outcome: Outcome | None = None
) -> None:
    """The audit entry of one change to one entry."""
    detail = {
        "kind": entry.kind.value,
        "campaign": entry.campaign,
        "expires_at": entry.expires_at and entry.expires_at.isoformat(),
        "source": entry.source,
        "reason": entry.reason,
        **({} if outcome is None else {"outcome": outcome.value}),
    }
    audit.add(conn, at=now, actor=actor, action=action, subject=f"dnc {entry.number}", detail=detail)


def _there(conn: Connection, entry: Entry) -> Entry:
    """The entry as it stands now, which may hold longer than the one that was asked for."""
    return dnc.get(conn, entry.number, entry.kind, entry.campaign) or entry


def _number(text: str, wish: DncWish) -> str:
    number = read_number(text, wish.kind, _region(wish))
    if isinstance(number, BadPhone):
        what = "prefix" if wish.kind is Kind.PREFIX else "number"
        raise BadInput(f"{what} {text[:40]!r}: {number.reason}")
    return number


def _region(wish: DncWish) -> str | None:
    region = wish.region and wish.region.upper()
    if region is not None and not is_region(region):
        raise BadInput(f"region {region[:20]!r}: is no country; two letters of ISO 3166, such as US or GB")
    return region


def _missing(conn: Connection, number: str, wish: DncWish) -> str:
    others = dnc.covering(conn, [number]).get(number, ())
    where = f"for {scope_name(wish.campaign)}"
    said = ", ".join(f"{other.kind} {other.number} for {scope_name(other.campaign)}" for other in others)
    about = "prefix" if wish.kind is Kind.PREFIX else "number"
    return f"{about} {number}: has no entry of its own {where}" + (f"; it is covered by: {said}" if said else "")
