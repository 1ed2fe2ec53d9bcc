"""Which leads are next: the heads of the claim index, merged.

Leads are kept in buckets of one list, priority and zone, each bucket in the order it is dialed: the order of the index
`leads_claim`. The campaign's next n leads can only be in the n buckets whose first leads come first, and only among the
first n of each. So a claim looks at one lead per bucket and then at no more than n of n buckets, however many leads
there are. list_buckets names the buckets that exist; those whose zone key is closed are not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Boolean, TextClause, bindparam, text

from dialerd.domain.compliance import Dial
from dialerd.domain.dnc import Entry, stopping
from dialerd.domain.rules import LeadState
from dialerd.store import buckets, dnc, numbers
from dialerd.store.database import Connection
from dialerd.store.past import LookBack, dialed
from dialerd.store.tables import leads
from dialerd.store.types import UtcDateTime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead at the head of the index: due, and of an unarchived list of the campaign.

    `attempts` are those that counted, `dials` all of them; `zone` is a key of domain.places. `busy` says that the number
    (in any list) or the lead has an open attempt of another claim, `live` that its list's current version has it.
    `waits_for` is a domain.eligibility.Wait, None when it waited for its own next try. `stopped_by` is the entry of
    do-not-call that keeps the campaign from calling it for longest, `expires_at` when it ends by itself, `refused` why its
    list does not take the number. `dialed` are the attempts on its number that may
    matter, when they were asked for.
    """

    lead_id: int
    list_id: int
    phone: str
    zone: str
    priority: int
    disposition: str
    attempts: int
    dials: int
    due_at: datetime
    last_attempt_at: datetime | None
    waits_for: str | None
    busy: bool
    live: bool
    expires_at: datetime | None = None
    stopped_by: Entry | None = None
    dialed: Sequence[Dial] = ()
    refused: str | None = None


SEEN = """l.id, l.list_id, l.phone, l.zone, l.priority, l.disposition, l.attempts, {dials}, {due_at},
       l.last_attempt_at, l.waits_for, {busy} AS busy,
       EXISTS (SELECT 1 FROM lead_rows r JOIN lists ON lists.id = r.list_id
                WHERE r.lead_id = l.id AND r.list_id = l.list_id AND r.from_version <= lists.current_version
                  AND (r.to_version IS NULL OR r.to_version > lists.current_version)) AS live, l.expires_at"""
"""What a Candidate is made of, in its order, of a lead `l`: the claim and the point of no return judge the same."""

SEEN_TYPES = {
    "due_at": leads.c.due_at.type,
    "last_attempt_at": leads.c.last_attempt_at.type,
    "busy": Boolean(),
    "live": Boolean(),
    "expires_at": leads.c.expires_at.type,
}


def candidates(
    conn: Connection,
    campaign: str,
    limit: int,
    now: datetime,
    *,
    newest: bool = False,
    zones: Collection[str] | None = None,
) -> list[Candidate]:
    """The next leads of the campaign in dialing order (priority, due time, id), at most `limit`; on PostgreSQL they are
    locked, and those that another transaction has locked are left out, as are those whose list takes other numbers from this
    moment on. `newest`: of one priority in the reverse order.
    Leads with other zone keys than `zones` are not looked at; None: with any.
    """
    statement = _statement(conn.dialect.name, _rounded(limit), newest=newest)
    chosen = None if zones is None else buckets.as_text(zones)
    rows = conn.execute(statement, {"campaign": campaign, "now": now, "zones": chosen}).all()
    return _for_good(conn, campaign, [Candidate(*row) for row in rows[:limit]], now)


def candidates_of(conn: Connection, campaign: str, lead_ids: Sequence[int], now: datetime) -> list[Candidate]:
    """Those of these leads that are due, as `candidates`."""
    ids = list(lead_ids) if conn.dialect.name == "postgresql" else json.dumps(list(lead_ids))
    rows = conn.execute(_these(conn.dialect.name), {"ids": ids, "now": now}).all()
    return _for_good(conn, campaign, [Candidate(*row) for row in rows], now)


def with_rules(conn: Connection, campaign: str, found: list[Candidate], now: datetime) -> list[Candidate]:
    """The same with what the rules of its list and do-not-call say about each number, in a question each for all of
    them.
    """
    return _with_dnc(conn, campaign, _with_refusals(found, numbers.refused(conn, found)), now)


def _for_good(conn: Connection, campaign: str, found: list[Candidate], now: datetime) -> list[Candidate]:
    """The same for a claim, which writes down what they say: without leads of lists whose rules somebody changes now."""
    return _with_dnc(conn, campaign, _with_refusals(*numbers.refused_for_good(conn, found)), now)


def _with_refusals(found: list[Candidate], refused: Mapping[int, str]) -> list[Candidate]:
    return [replace(lead, refused=refused.get(lead.lead_id)) for lead in found] if refused else found


def _with_dnc(conn: Connection, campaign: str, found: list[Candidate], now: datetime) -> list[Candidate]:
    covering = dnc.covering(conn, {lead.phone for lead in found})
    if not covering:
        return found
    entries = ((lead, covering.get(lead.phone, ())) for lead in found)
    return [replace(lead, stopped_by=stopping(about, lead.phone, campaign, now)) for lead, about in entries]


def with_past(
    conn: Connection, found: list[Candidate], back: LookBack, now: datetime, *, but_not: Collection[str] = ()
) -> list[Candidate]:
    """The same with the attempts on each one's number that may matter, but those with an id in `but_not`."""
    past = dialed(conn, {lead.phone for lead in found}, back, now, but_not=but_not)
    return [replace(lead, dialed=past.get(lead.phone, ())) for lead in found] if past else found


def standing(conn: Connection, campaign: str, lead_id: int, back: LookBack, now: datetime) -> LeadState | None:
    """The lead as the gates see it, due or not, and nothing is locked: for whoever asks why. None when there is none."""
    row = conn.execute(_STANDING, {"lead_id": lead_id}).one_or_none()
    if row is None:
        return None
    (lead,) = with_past(conn, with_rules(conn, campaign, [Candidate(*row)], now), back, now)
    return LeadState(
        disposition=lead.disposition,
        attempts=lead.attempts,
        due_at=row.due_at,
        busy=lead.busy,
        zone=lead.zone,
        dialed=lead.dialed,
        live=lead.live,
        stopped_by=lead.stopped_by,
        expires_at=lead.expires_at,
        refused=lead.refused,
    )


def _rounded(limit: int) -> int:
    """The limit stands in the text, where the planner sees how short the walk is; rounding keeps the texts few."""
    return 1 << max(3, (limit - 1).bit_length())


@cache
def _statement(dialect: str, limit: int, *, newest: bool) -> Any:
    return _seen(_sql(dialect, limit, newest=newest))


@cache
def _these(dialect: str) -> Any:
    return _seen((_SQLITE_THESE if dialect == "sqlite" else _POSTGRESQL_THESE) + _CANDIDATES.replace("{way}", ""))


def _seen(sql: str) -> Any:
    plain: TextClause = text(sql).bindparams(bindparam("now", type_=UtcDateTime))
    return plain.columns(**SEEN_TYPES)


def _sql(dialect: str, limit: int, *, newest: bool) -> str:
    walk = (_SQLITE_WALK if dialect == "sqlite" else _POSTGRESQL_WALK) + _CANDIDATES
    walk = walk.replace("{bucket}", _BUCKET).replace("{limit}", str(limit))
    # The index is walked backwards as well as forwards.
    return walk.replace("{way}", " DESC" if newest else "")


_BUCKET = """l.list_id = b.list_id AND l.priority = b.priority AND l.zone = b.zone
             AND l.due_at <= :now ORDER BY l.due_at{way}, l.id{way}"""

_POSTGRESQL_WALK = """
WITH heads AS MATERIALIZED (
    SELECT b.list_id, b.priority, b.zone
      FROM lists JOIN list_buckets b ON b.list_id = lists.id
      CROSS JOIN LATERAL (SELECT l.due_at, l.id FROM leads l WHERE {bucket} LIMIT 1) head
     WHERE lists.campaign = :campaign AND lists.archived_at IS NULL
       AND (CAST(:zones AS jsonb) IS NULL OR b.zone IN (SELECT jsonb_array_elements_text(CAST(:zones AS jsonb))))
     ORDER BY b.priority DESC, head.due_at{way}, head.id{way} LIMIT {limit}
), walk AS MATERIALIZED (
    SELECT lead.id
      FROM heads b CROSS JOIN LATERAL (SELECT l.due_at, l.id FROM leads l WHERE {bucket} LIMIT {limit}) lead
     ORDER BY b.priority DESC, lead.due_at{way}, lead.id{way} LIMIT {limit}
), taken AS MATERIALIZED (
    SELECT * FROM leads WHERE id = ANY (ARRAY(SELECT id FROM walk)) AND due_at <= :now FOR UPDATE SKIP LOCKED
)"""

_SQLITE_WALK = """
WITH heads AS MATERIALIZED (
    SELECT b.list_id, b.priority, b.zone, (SELECT l.id FROM leads l WHERE {bucket} LIMIT 1) AS head
      FROM lists JOIN list_buckets b ON b.list_id = lists.id
     WHERE lists.campaign = :campaign AND lists.archived_at IS NULL
       AND (:zones IS NULL OR b.zone IN (SELECT value FROM json_each(:zones)))
), first AS MATERIALIZED (
    SELECT heads.* FROM heads CROSS JOIN leads l ON l.id = heads.head
     ORDER BY heads.priority DESC, l.due_at{way}, l.id{way} LIMIT {limit}
), taken AS MATERIALIZED (
    SELECT lead.* FROM first b CROSS JOIN leads lead
     WHERE lead.id IN (SELECT l.id FROM leads l WHERE {bucket} LIMIT {limit})
     ORDER BY lead.priority DESC, lead.due_at{way}, lead.id{way} LIMIT {limit}
)"""

_BUSY = """EXISTS (SELECT 1 FROM attempts a WHERE a.phone = l.phone AND a.ended_at IS NULL)
       OR EXISTS (SELECT 1 FROM attempts a WHERE a.lead_id = l.id AND a.ended_at IS NULL)"""
_CANDIDATES = (
    "\nSELECT "
    + SEEN.format(dials="l.dials", due_at="l.due_at", busy=_BUSY)
    + "\n  FROM taken l ORDER BY l.priority DESC, l.due_at{way}, l.id{way}"
)
_STANDING = text(
    "SELECT "  # noqa: S608 - parts of our own
    + SEEN.format(dials="l.dials", due_at="l.due_at", busy=_BUSY)
    + " FROM leads l WHERE l.id = :lead_id"
).columns(**SEEN_TYPES)
_POSTGRESQL_THESE = """
WITH taken AS MATERIALIZED (
    SELECT * FROM leads WHERE id = ANY (CAST(:ids AS bigint[])) AND due_at <= :now FOR UPDATE SKIP LOCKED
)"""
_SQLITE_THESE = """
WITH taken AS MATERIALIZED (
    SELECT * FROM leads WHERE id IN (SELECT value FROM json_each(:ids)) AND due_at <= :now
)"""
