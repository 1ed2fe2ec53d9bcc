"""Do-not-call: what a person may ask for. Each change is one transaction with an audit entry for each entry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.dnc import Entry, Kind, read_number, stopping
from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.domain.phone import BadPhone, is_region
from dialerd.ingest.dncfile import Template, checked_text
from dialerd.service import calling_off, dnc_sweeps
from dialerd.service.calling_off import CalledOff
from dialerd.service.names import require_campaign
from dialerd.store import audit, dnc, dnc_leads
from dialerd.store.database import Connection, Database
from dialerd.store.dnc import Outcome
from dialerd.store.dnc_leads import Effect

Clock = Callable[[], datetime]
Tell = Callable[[int], None]


def unheard(leads: int) -> None:
    """The progress nobody hears of."""
    del leads


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
    """An entry as it is now, and what became of it."""

    entry: Entry
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DncAdded:
    """What adding did: to the entries, to leads, and to calls that were planned."""

    changes: tuple[DncChange, ...]
    leads: Effect
    calls: CalledOff


@dataclass(frozen=True, slots=True)
class DncRemoved:
    """The entries as they were, and how many leads were released or are closed or wait under another entry now."""

    entries: tuple[Entry, ...]
    leads: Effect


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
    clock: Clock,
    max_send_delay: float,
    tell: Tell = unheard,
) -> DncAdded:
    """Puts the numbers on do-not-call. One that is there already stays as it is, or holds longer than before: adding
    never shortens. When it returns no call to them leaves any more (calling_off; `max_send_delay` is the engine's), and
    their leads are closed or put off; with a prefix that takes long, `tell` hears how many leads were looked at, and the
    engine goes on with it if this process ends.

    Raises BadInput for a number or text that cannot be, NotFound for a campaign nobody knows; then nothing is added.
    """
    now = clock()
    found = template(wish, terms, actor, now)
    entries = list({entry.number: entry for entry in map(found.about, numbers)}.values())
    with database.write() as conn:
        require_scope(conn, wish, configured)
        put_on = put(conn, entries, now)
        for entry, outcome in zip(entries, put_on.outcomes, strict=True):
            note(conn, "dnc.add", entry, actor, now, outcome)
        changes = tuple(
            DncChange(dnc.get(conn, entry.number, entry.kind, entry.campaign) or entry, outcome)
            for entry, outcome in zip(entries, put_on.outcomes, strict=True)
        )
    calls = calling_off.on_dnc(database, clock=clock, max_send_delay=max_send_delay)
    return DncAdded(changes, put_on.leads + settle(database, put_on.sweeps, clock, tell), calls)


def remove(
    database: Database,
    numbers: Sequence[str],
    wish: DncWish,
    *,
    configured: Collection[str],
    actor: str,
    clock: Clock,
    tell: Tell = unheard,
) -> DncRemoved:
    """Takes exactly these entries away. Leads that nothing else stops are due again as they were; `tell` as in `add`.

    Raises BadInput for a number that cannot be, NotFound for a campaign nobody knows, and for a number that has no such
    entry, saying which others cover it; then nothing is removed.
    """
    wanted = dict.fromkeys(_number(text, wish) for text in numbers)
    with database.write() as conn:
        now = clock()
        require_scope(conn, wish, configured)
        removed = []
        for number in wanted:
            entry = dnc.remove(conn, number, wish.kind, wish.campaign)
            if entry is None:
                raise NotFound(_missing(conn, number, wish))
            note(conn, "dnc.remove", entry, actor, now)
            removed.append(entry)
        effect, sweeps = _align(conn, removed, now)
    return DncRemoved(tuple(removed), effect + settle(database, sweeps, clock, tell))


@dataclass(frozen=True, slots=True)
class PutOn:
    """What became of each entry and of leads; `sweeps` are what is left to do about leads (dnc_sweeps.run)."""

    outcomes: list[Outcome]
    leads: Effect
    sweeps: list[int]


def put(conn: Connection, entries: Sequence[Entry], now: datetime) -> PutOn:
    """Adds the entries, no two of them about the same, with what they do to leads, in this transaction. What prefixes do
    is left to sweeps. The caller writes the audit.
    """
    outcomes = dnc.add(conn, entries)
    changed = [entry for entry, outcome in zip(entries, outcomes, strict=True) if outcome is not Outcome.UNCHANGED]
    return PutOn(outcomes, *_align(conn, changed, now))


def settle(database: Database, sweeps: Sequence[int], clock: Clock, tell: Tell) -> Effect:
    """Does what is left to do about leads, these sweeps first; returns what these did."""
    effect = dnc_sweeps.run(database, sweeps, clock=clock, tell=tell)
    dnc_sweeps.take_over(database, clock=clock)
    return effect


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


def refuse_on_dnc(conn: Connection, phone: str, campaign: str | None, now: datetime, *, what: str) -> None:
    """Raises Refused when do-not-call stops the campaign from calling the number; `what` is what cannot be done."""
    entry = stopping(dnc.covering(conn, [phone]).get(phone, ()), phone, campaign, now)
    if entry is None:
        return
    options = "--prefix " if entry.kind is Kind.PREFIX else ""
    options += f"--campaign {entry.campaign} " if entry.campaign else ""
    until = "" if entry.expires_at is None else f" until {entry.expires_at:%Y-%m-%d %H:%M} UTC"
    raise Refused(
        f"number {phone} is on do-not-call for {scope_name(entry.campaign)}{until}, so {what}; if that is a mistake, "
        f"dialerd dnc remove {options}{entry.number}"
    )


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


def _align(conn: Connection, entries: Sequence[Entry], now: datetime) -> tuple[Effect, list[int]]:
    """Brings the leads of changed entries in line: of numbers now, of prefixes by sweeps, whose ids are returned."""
    effect = dnc_leads.align(conn, {entry.number for entry in entries if entry.kind is Kind.EXACT}, now)
    prefixes = sorted({entry.number for entry in entries if entry.kind is Kind.PREFIX})
    return effect, [dnc_leads.sweep_numbers(conn, prefix, now) for prefix in prefixes]


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
