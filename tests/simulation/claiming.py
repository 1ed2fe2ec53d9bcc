"""The statements of claiming, giving back and committing, on the modelled tables: what store's SQL says, row by row."""

from __future__ import annotations

import json

from dialerd.domain.dnc import ON_DNC, Entry, Kind
from dialerd.domain.eligibility import Wait
from dialerd.store import buckets, claim_rows, claims, dnc, heads, lists, room, sending, verdicts
from simulation.tables import ATTEMPT, row_of

Given = row_of("Given", ("id", "lead_id", "due_at"))
Takes = row_of("Takes", ("id", "kinds", "countries"))
Used = row_of("Used", ("state", "campaign", "calls", "on_trunk"))
SEEN = (
    *("id", "list_id", "phone", "zone", "priority", "disposition", "attempts", "dials", "due_at", "last_attempt_at"),
    *("waits_for", "busy", "live", "expires_at"),
)
Seen = row_of("Seen", SEEN)
Look = row_of("Look", ("attempt_id", "campaign_state", "assigned", "closed", *SEEN))
CLAIMED = "claimed"


def seen(lead, *, dials, due_at, busy):
    values = [lead[name] for name in SEEN[:7]]
    return Seen(*values, dials, due_at, lead["last_attempt_at"], lead["waits_for"], busy, True, lead["expires_at"])


def next_heads(tables, values, limit=8):
    now = values["now"]
    due = [lead for lead in tables.leads.values() if lead["due_at"] is not None and lead["due_at"] <= now]
    due.sort(key=lambda lead: (-lead["priority"], lead["due_at"], lead["id"]))
    open_phones = {row["phone"] for row in tables.open.values()}
    return [
        seen(
            lead,
            dials=lead["dials"],
            due_at=lead["due_at"],
            busy=lead["phone"] in open_phones or tables.in_call(lead["id"]),
        )
        for lead in due[:limit]
    ]


def used(tables, values):
    state = tables.campaigns[values["campaign"]]["state"]
    counted = {}
    for row in tables.open.values():
        calls, on_trunk = counted.get(row["campaign"], (0, 0))
        counted[row["campaign"]] = (calls + 1, on_trunk + (row["trunk"] == values["trunk"]))
    if not counted:
        return [Used(state, None, None, None)]
    return [Used(state, campaign, *counts) for campaign, counts in counted.items()]


def insert(tables, rows):
    inserted = []
    for row in rows:
        whole = {**ATTEMPT, **row}
        if not tables.clashes(whole):
            tables.put(tables.attempts, row["id"], whole)
            inserted.append((row["id"],))
    return inserted


def take(tables, values):
    for lead_id in values["lead_ids"]:
        dials = tables.leads[lead_id]["dials"] + 1
        tables.change(tables.leads, lead_id, due_at=None, waits_for=None, dials=dials)


def give_back(tables, values):
    return delete(tables, [key for key in values["ids"] if is_claimed(tables.attempts.get(key))])


def delete(tables, ids):
    gone = []
    for key in ids:
        row = tables.attempts[key]
        tables.put(tables.attempts, key, None)
        gone.append(Given(key, row["lead_id"], row["due_at"]))
    return gone


def restore(tables, rows):
    for row in rows:
        lead, due = tables.leads[row["b_lead_id"]], row["b_due"]
        changes = {"due_at": due if lead["closed"] is None else None, "dials": lead["dials"] - 1}
        if lead["closed"] == ON_DNC:
            changes["resume_at"] = due
        tables.change(tables.leads, lead["id"], **changes)


def look(tables, values):
    found = []
    for key in sorted(values["ids"]):
        row = tables.attempts.get(key)
        if not is_claimed(row) or row["owner"] != values["owner"] or row["campaign"] != values["campaign"]:
            continue
        lead = tables.leads[row["lead_id"]]
        said = seen(lead, dials=lead["dials"] - 1, due_at=row["due_at"], busy=False)
        found.append(Look(key, tables.campaigns[row["campaign"]]["state"], True, lead["closed"], *said))
    return found


def mark_sending(tables, values):
    won = []
    for key in values["ids"]:
        row = tables.attempts.get(key)
        if not is_claimed(row) or row["owner"] != values["b_owner"]:
            continue
        lead = tables.leads[row["lead_id"]]
        stopped = any(entry.stops(row["phone"], row["campaign"], values["now"]) for entry in tables.dnc.values())
        if tables.campaigns[row["campaign"]]["state"] == "active" and lead["closed"] is None and not stopped:
            changes = {name: values[name] for name in ("asterisk", "rules")}
            tables.change(
                tables.attempts, key, state="sending", sending_at=values["now"], place=lead["zone"], **changes
            )
            won.append((key,))
    return won


def is_claimed(row):
    return row is not None and row["state"] == CLAIMED


def move(tables, rows):
    for row in rows:
        lead = tables.leads[row["b_lead_id"]]
        if lead["closed"] is not None:
            continue
        was_due = lead["resume_at"] if lead["waits_for"] == Wait.DO_NOT_CALL.value else lead["due_at"]
        tables.change(
            tables.leads,
            lead["id"],
            due_at=row["b_due"],
            closed=row["b_closed"],
            waits_for=row["b_waits_for"],
            resume_at=was_due if row["b_keeps"] else lead["resume_at"],
        )


def zone_keys(tables, _values):
    return [(zone,) for zone in sorted({lead["zone"] for lead in tables.leads.values()})]


def allowed(_tables, values):
    return [Takes(list_id, [], []) for list_id in values["ids"]]


def look_up_dnc(tables, values):
    wanted = set(json.loads(values["keys"]))
    return [
        (entry.number, entry.kind.value, entry.campaign or "", entry.expires_at, entry.source, entry.reason,
         entry.added_at, entry.added_by)
        for entry in tables.dnc.values()
        if entry.number in wanted
    ]  # fmt: skip


def put_on_dnc(tables, rows):
    for row in rows:
        values = {**row, "kind": Kind(row["kind"]), "campaign": row["campaign"] or None}
        tables.put(tables.dnc, (row["number"], row["kind"], row["campaign"]), Entry(**values))


STATEMENTS = {
    heads._statement("sqlite", 8, newest=False): next_heads,
    room._used(by_node=False): used,
    claim_rows._INSERT["sqlite"]: insert,
    claims._TAKE: take,
    claims._GIVE_BACK: give_back,
    claims._RESTORE: restore,
    claims._MARK_SENDING: mark_sending,
    sending._LOOK: look,
    verdicts._MOVE: move,
    buckets._KEYS: zone_keys,
    lists.ALLOWED: allowed,
    dnc._LOOK_UP["sqlite"]: look_up_dnc,
    dnc._UPSERT["sqlite"]: put_on_dnc,
}
