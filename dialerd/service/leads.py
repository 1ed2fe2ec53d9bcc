"""Single leads: found, and shown with all that is known of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dialerd.domain.allowed import EVERY_NUMBER
from dialerd.domain.dnc import Entry
from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.domain.phone import BadPhone, PhonePolicy, read_phone
from dialerd.service.names import require_campaign, require_list
from dialerd.service.which import searched
from dialerd.store import attempts, audit, by_hand, dnc, lead_search, leads, words
from dialerd.store.attempts import AttemptRecord
from dialerd.store.audit import AuditEntry
from dialerd.store.by_hand import LeadVersion
from dialerd.store.database import Connection, Database
from dialerd.store.evidence import EvidenceRow, evidence_of
from dialerd.store.lead_search import Narrowing
from dialerd.store.leads import LeadRecord
from dialerd.store.words import Attribute


@dataclass(frozen=True, slots=True)
class LeadQuery:
    """What is looked for: a number with its country code, or how it begins, or any words of its fields. The others narrow
    it. None means any.
    """

    text: str | None
    list_name: str | None = None
    campaign: str | None = None
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead and what the list says about it."""

    lead: LeadRecord
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """Leads that fit. `complete` is False when there may be more."""

    leads: tuple[FoundLead, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Call:
    """An attempt on the lead, and what each witness said about it."""

    attempt: AttemptRecord
    evidence: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True)
class LeadStory:
    """All that is known of a lead: how it stands, its fields, the facts that calls attached to it, what versions of its
    lists said about it, the entries of do-not-call about its number (of all campaigns, expired ones too), every call (the
    newest first) with its evidence, and what people did to it.
    """

    lead: LeadRecord
    live: bool
    fields: Mapping[str, str]
    attributes: tuple[Attribute, ...]
    versions: tuple[LeadVersion, ...]
    do_not_call: tuple[Entry, ...]
    calls: tuple[Call, ...]
    deeds: tuple[AuditEntry, ...]


def find(database: Database, query: LeadQuery, *, configured: Collection[str], limit: int = 50) -> Found:
    """Leads by number, by words, or without a text all that fit. Raises NotFound for a list or campaign nobody knows,
    BadInput for a text that is none, or when nothing at all is asked for.
    """
    if query == LeadQuery(None):
        raise BadInput("which leads: give a number, how one begins, words, or --list, --campaign or --disposition")
    prefix, words = searched(query.text) if query.text is not None else (None, ())
    with database.read() as conn:
        list_id = require_list(conn, query.list_name).list_id if query.list_name is not None else None
        if query.campaign is not None:
            require_campaign(conn, query.campaign, configured)
        narrowing = Narrowing(list_id, query.campaign, query.disposition)
        if prefix is not None:
            hits = lead_search.by_number(conn, prefix, narrowing, limit)
        elif words:
            hits = lead_search.by_words(conn, words, narrowing, limit)
        else:
            hits = lead_search.by_standing(conn, narrowing, limit)
        return Found(tuple(FoundLead(lead, fields_of(conn, lead.lead_id)) for lead in hits.leads), hits.complete)


def again(database: Database, lead_ids: Sequence[int]) -> tuple[FoundLead, ...]:
    """These leads as they are now, in this order, without those that are gone."""
    with database.read() as conn:
        fields = leads.lead_fields_many(conn, lead_ids)
        records = [record for record in (leads.load(conn, each) for each in lead_ids) if record is not None]
    return tuple(
        FoundLead(each, dict(fields[each.lead_id].values) if each.lead_id in fields else {}) for each in records
    )


def show(database: Database, which: str, *, list_name: str | None = None) -> LeadStory:
    """One lead by its id, or by its number (with a plus sign) and, where several lists have it, its list.

    Raises NotFound, BadInput for a text that is neither, Refused when several lists have the number.
    """
    with database.read() as conn:
        lead = require_lead(conn, which, list_name)
        page = attempts.page(conn, lead_id=lead.lead_id, limit=10_000)
        return LeadStory(
            lead=lead,
            live=by_hand.is_live(conn, lead.lead_id),
            fields=fields_of(conn, lead.lead_id),
            attributes=tuple(words.attributes_of(conn, [lead.lead_id]).get(lead.lead_id, {}).values()),
            versions=tuple(by_hand.versions_of(conn, lead.lead_id)),
            do_not_call=dnc.covering(conn, [lead.phone]).get(lead.phone, ()),
            calls=tuple(Call(attempt, tuple(evidence_of(conn, attempt.attempt_id))) for attempt in page),
            deeds=tuple(audit.page(conn, subject=f"lead {lead.lead_id}", limit=100)),
        )


def require_lead(conn: Connection, which: str, list_name: str | None) -> LeadRecord:
    """The lead of that id, or of that number (with a plus sign) in that list or in whichever has it.

    Raises NotFound, BadInput for a text that is neither, Refused when several lists have the number.
    """
    text = which.strip()
    if re.fullmatch(r"[0-9]{1,18}", text):
        lead = leads.load(conn, int(text))
        if lead is None:
            raise NotFound(f"lead {text} does not exist; dialerd lead find NUMBER (with its plus sign) shows ids")
        return lead
    phone = read_phone(text, PhonePolicy.CLEAN, None, EVERY_NUMBER)
    if isinstance(phone, BadPhone):
        raise BadInput(f"lead {text[:40]!r}: is no id, and as a number {phone.reason}; write it like +12025550143")
    list_id = require_list(conn, list_name).list_id if list_name is not None else None
    found = lead_search.by_number(conn, phone.e164, Narrowing(list_id), 10).leads
    exact = [lead for lead in found if lead.phone == phone.e164]
    if not exact:
        raise NotFound(f"number {phone.e164}: {f'is not in list {list_name}' if list_name else 'is in no list'}")
    if len(exact) > 1:
        names = ", ".join(f"{lead.list_name} (id {lead.lead_id})" for lead in exact)
        raise Refused(f"number {phone.e164} is in {len(exact)} lists, {names}: say which with --list, or give the id")
    return exact[0]


def fields_of(conn: Connection, lead_id: int) -> dict[str, str]:
    """What the list says about the lead."""
    found = leads.lead_fields(conn, lead_id)
    return dict(found.values) if found else {}
