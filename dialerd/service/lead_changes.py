"""What a person changes about single leads: added, edited, closed, made fresh. Each is a transaction with an audit entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from dialerd.domain.allowed import EVERY_NUMBER
from dialerd.domain.dispositions import SYSTEM, Catalogue, Disposition
from dialerd.domain.errors import BadInput, Refused
from dialerd.domain.phone import NumberRules
from dialerd.ingest.columns import Columns
from dialerd.ingest.csvfile import MAX_CELL, BadRow, Row
from dialerd.ingest.exported import explains
from dialerd.ingest.rows import HIGHEST_PRIORITY, RowReader
from dialerd.ingest.titles import field_name
from dialerd.service.dnc import refuse_on_dnc
from dialerd.service.filling import check_expiry
from dialerd.service.leads import fields_of, require_lead
from dialerd.service.names import require_list
from dialerd.service.resets import MINIMUM_GAP
from dialerd.store import audit, by_hand, leads, resets
from dialerd.store.database import Connection, Database
from dialerd.store.leads import CLOSED_BY_HAND, WITHDRAWN, LeadRecord, StagedLead

_LONGEST_REASON = 200
_NOT_FIELDS = frozenset({"phone_number", "priority"})
_WHERE = frozenset({"timezone", "country", "state", "postal_code"})


def add(
    database: Database,
    list_name: str,
    number: str,
    *,
    actor: str,
    now: datetime,
    fields: Mapping[str, str] | None = None,
    priority: int = 0,
    expires_at: datetime | None = None,
) -> LeadRecord:
    """Adds one lead to the list, due now, as a version of its own; the number is read by the list's policy. A number that
    was withdrawn comes back with its history and these fields, due when it would have been, closed if it was closed. From
    `expires_at` on it is dialed no more.

    Raises NotFound, BadInput for a number, field or priority that cannot be, Refused when the list has the number, is
    imported into, or the number is on do-not-call.
    """
    named = _fields(fields or {})
    _check_priority(priority)
    check_expiry(expires_at, now)
    with database.write() as conn:
        record = require_list(conn, list_name)
        new = _read(number, named, priority, record.rules)
        refuse_on_dnc(conn, new.phone, record.campaign, now, what="it cannot be added")
        known = by_hand.id_of(conn, record.list_id, new.phone)
        if known is None:
            lead_id = by_hand.add(conn, record.list_id, new, actor=actor, now=now, expires_at=expires_at)
        else:
            lead_id = known
            by_hand.lock(conn, known)
            if not _withdrawn(conn, _load(conn, known)):
                raise Refused(
                    f"list {list_name} has {new.phone} already, as lead {known}, and a number is in a list once: "
                    f"change that one with dialerd lead edit {known}"
                )
            by_hand.bring_back(conn, known, new, list_id=record.list_id, actor=actor, now=now, expires_at=expires_at)
        lead = _load(conn, lead_id)
        until = expires_at and expires_at.isoformat(timespec="seconds")
        _note(conn, "lead.add", lead, actor, now, list=list_name, came_back=known is not None, expires_at=until)
        return lead


def edit(
    database: Database,
    which: str,
    *,
    actor: str,
    now: datetime,
    fields: Mapping[str, str] | None = None,
    priority: int | None = None,
    list_name: str | None = None,
    check: Callable[[Mapping[str, str], int], None] | None = None,
) -> LeadRecord:
    """Changes these fields of the lead, or its priority; an empty text removes the field. What it said before stays in
    its history. The number cannot be changed: it is what a lead is. `check` sees the fields and the priority as they are,
    and raises what keeps them so.

    Raises NotFound, BadInput for fields that cannot be, Refused when nothing would change, when it is withdrawn, or while
    its list is imported into.
    """
    named = _fields(fields or {})
    if priority is not None:
        _check_priority(priority)
    with database.write() as conn:
        lead = _locked(conn, which, list_name)
        _refuse_withdrawn(conn, lead, "changed")
        before = fields_of(conn, lead.lead_id)
        if check is not None:
            check(before, lead.priority)
        after = {name: text for name, text in {**before, **named}.items() if text}
        if after == before and priority in (None, lead.priority):
            raise Refused(f"{_name(lead)} says so already: nothing would change")
        place = lead.priority if priority is None else priority
        moved = not named.keys().isdisjoint(_WHERE)
        known = NumberRules(allowed=EVERY_NUMBER)
        zone = _read(lead.phone, after, place, known).zone if moved else lead.zone
        by_hand.set_place(conn, lead.lead_id, lead.list_id, priority=place, zone=zone)
        version = by_hand.edit(conn, lead.lead_id, lead.list_id, after, actor=actor, now=now)
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        _note(conn, "lead.edit", lead, actor, now, fields=changed, priority=priority, version=version)
        return _load(conn, lead.lead_id)


def close(
    database: Database, which: str, *, reason: str, actor: str, now: datetime, list_name: str | None = None
) -> LeadRecord:
    """Takes the lead out of the dialing for good; a call that is up goes on to its end. The reason is kept in the audit.

    Raises NotFound, BadInput for a reason that is none, Refused when it is closed by hand or withdrawn already.
    """
    if not 1 <= len(reason) <= _LONGEST_REASON or not reason.isprintable():
        raise BadInput(f"reason {reason[:40]!r}: must be 1 to {_LONGEST_REASON} printable characters on one line")
    with database.write() as conn:
        lead = _locked(conn, which, list_name)
        if lead.closed == CLOSED_BY_HAND:
            raise Refused(f"{_name(lead)} is closed by hand already: there is nothing to close")
        _refuse_withdrawn(conn, lead, "closed")
        by_hand.close(conn, lead.lead_id)
        _note(conn, "lead.close", lead, actor, now, reason=reason, was=lead.closed or lead.disposition)
        return _load(conn, lead.lead_id)


def reset(
    database: Database,
    which: str,
    *,
    actor: str,
    now: datetime,
    list_name: str | None = None,
    gap: timedelta = MINIMUM_GAP,
    force: bool = False,
    dispositions: Catalogue = SYSTEM,
) -> LeadRecord:
    """Makes the lead fresh: disposition new, attempts counted from 0, due now, also when it was closed by hand. Its calls
    stay in the ledger.

    Raises NotFound, Refused when it is in a call, withdrawn, fresh already or was called less than `gap` ago; with
    `force` the gap does not matter, and neither does a protected disposition: do_not_call, opted_out, invalid_number ...;
    one that is on do-not-call is refused all the same.
    """
    with database.write() as conn:
        lead = _locked(conn, which, list_name)
        name = _name(lead)
        if lead.in_call:
            raise Refused(f"{name} is in a call: it can be reset when the call has ended")
        _refuse_withdrawn(conn, lead, "reset")
        if lead.disposition == Disposition.NEW and lead.closed is None:
            raise Refused(f"{name} is fresh already: it was not dialed since it was new")
        campaign = require_list(conn, lead.list_name).campaign
        refuse_on_dnc(conn, lead.phone, campaign, now, what=f"{name} cannot be reset")
        if lead.disposition in dispositions.protected and not force:
            raise Refused(
                f"{name} is {lead.disposition}: such a lead is not dialed again by a reset; "
                "if it is a mistake, say so with --force"
            )
        if lead.last_attempt_at is not None and now < lead.last_attempt_at + gap and not force:
            until = (lead.last_attempt_at + gap).strftime("%Y-%m-%d %H:%M UTC")
            raise Refused(
                f"{name} was called within the minimum gap of {gap.total_seconds() / 3600:g} h; wait until {until}, "
                "set a shorter --minimum-gap, or --force"
            )
        resets.freshen(conn, [(lead.lead_id, now)])
        _note(conn, "lead.reset", lead, actor, now, was=lead.disposition, attempts=lead.attempts, closed=lead.closed)
        return _load(conn, lead.lead_id)


def _read(number: str, fields: Mapping[str, str], priority: int, rules: NumberRules) -> StagedLead:
    """The lead, read and judged as a row of a file is. Raises BadInput."""
    names = list(fields)
    columns = Columns(
        phone=0,
        priority=1,
        timezone=names.index("timezone") + 2 if "timezone" in names else None,
        fields=tuple(enumerate(names, 2)),
        ours=False,
    )
    read = RowReader(columns, rules).read(Row(1, (number, str(priority), *fields.values()), number))
    if isinstance(read, BadRow):
        raise BadInput(f"{number[:40]!r}: {read.reason}")
    return read


def _locked(conn: Connection, which: str, list_name: str | None) -> LeadRecord:
    """The lead, as it is once nobody else can change it."""
    lead = require_lead(conn, which, list_name)
    by_hand.lock(conn, lead.lead_id)
    return _load(conn, lead.lead_id)


def _load(conn: Connection, lead_id: int) -> LeadRecord:
    lead = leads.load(conn, lead_id)
    if lead is None:
        raise AssertionError(f"lead {lead_id} was there a statement ago")
    return lead


def _refuse_withdrawn(conn: Connection, lead: LeadRecord, what: str) -> None:
    if _withdrawn(conn, lead):
        raise Refused(
            f"{_name(lead)} is withdrawn: the current version of list {lead.list_name} does not have it, so it cannot be "
            f"{what}; bring it back first, dialerd lead add {lead.list_name} {lead.phone}"
        )


def _withdrawn(conn: Connection, lead: LeadRecord) -> bool:
    return lead.closed == WITHDRAWN or not by_hand.is_live(conn, lead.lead_id)


def _fields(given: Mapping[str, str]) -> dict[str, str]:
    """The fields under the names an import would give them."""
    named: dict[str, str] = {}
    for title, text in given.items():
        name = field_name(title, 0)
        if not any(char.isalnum() for char in title) or explains(name):
            raise BadInput(f"field {title[:40]!r}: cannot be the name of a field")
        if name in _NOT_FIELDS:
            way = "with --priority" if name == "priority" else "by adding another lead"
            raise BadInput(f"{name} is not a field: it is given {way}")
        if "\0" in text or len(text) > MAX_CELL or any("\ud800" <= char <= "\udfff" for char in text):
            raise BadInput(f"field {name}: must be text of at most {MAX_CELL:,} characters, none of them NUL")
        named[name] = text
    return named


def _check_priority(priority: int) -> None:
    if not 0 <= priority <= HIGHEST_PRIORITY:
        raise BadInput(f"priority {priority}: must be 0 to {HIGHEST_PRIORITY}, higher is dialed first")


def _name(lead: LeadRecord) -> str:
    return f"lead {lead.lead_id} ({lead.phone})"


def _note(conn: Connection, action: str, lead: LeadRecord, actor: str, now: datetime, **detail: object) -> None:
    audit.add(conn, at=now, actor=actor, action=action, subject=f"lead {lead.lead_id}", detail=detail)
