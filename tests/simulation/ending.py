"""The statements about calls as they go on and end, on the modelled tables."""

from __future__ import annotations

from dialerd.domain.dnc import ON_DNC
from dialerd.store import attempts, breakers, dnc_leads, evidence, leads, ledger, records
from dialerd.store.claims import WITHDRAWN
from dialerd.store.leads import CLOSED_BY_HAND
from simulation.tables import row_of

Told = row_of("Told", ("lead_id", "disposition", "counts"))
Numbered = row_of("Numbered", ("id", "phone", "campaign", "due_at", "closed", "waits_for"))
OPEN = ("id", "lead_id", "campaign", "phone", "trunk", "node", "owner", "state", "claimed_at", "sending_at")
Open = row_of("Open", OPEN)
STAYS_CLOSED = frozenset({WITHDRAWN, ON_DNC, CLOSED_BY_HAND})
ON_THE_LINE = frozenset({"sending", "ringing", "answered"})
CAMPAIGN = "sim"


def load(tables, values):
    found = []
    for key in sorted(values["ids"]):
        row = tables.attempts.get(key)
        if row is not None:
            lead = tables.leads[row["lead_id"]]
            about = [lead[name] for name in ("attempts", "dials", "disposition", "fresh_after", "zone")]
            found.append(
                (
                    *(row[name] for name in records._names),
                    f"list {row['list_id']}",
                    *about,
                    row["place"],
                    row["rules"],
                    row["waited_ms"],
                )
            )
    return found


def history(tables, values):
    ended = [
        row for row in tables.attempts.values() if row["lead_id"] in values["lead_ids"] and row["ended_at"] is not None
    ]
    ended.sort(key=lambda row: (row["lead_id"], -row["number"]))
    return [Told(row["lead_id"], row["disposition"], row["counts"]) for row in ended]


def ringing(tables, rows):
    for row in rows:
        known = tables.attempts.get(row["b_id"])
        if known is not None and known["state"] == "sending":
            tables.change(tables.attempts, row["b_id"], state="ringing", ringing_at=row["at"])


def answered(tables, rows):
    for row in rows:
        known = tables.attempts.get(row["b_id"])
        if known is not None and known["state"] in ("sending", "ringing"):
            tables.change(tables.attempts, row["b_id"], state="answered", answered_at=row["at"])


def routed(tables, rows):
    for row in rows:
        known = tables.attempts.get(row["b_id"])
        if known is not None and known["state"] in ON_THE_LINE:
            at, to = known["answered_at"] or row["at"], row["destination"]
            tables.change(tables.attempts, row["b_id"], state="answered", answered_at=at, destination=to)


def end(tables, rows):
    for row in rows:
        known = tables.attempts.get(row["b_id"])
        if known is None or not (known["ended_at"] is None or (known["disposition"] == "unknown" and row["settles"])):
            continue
        said = {name: row[name] for name in ("disposition", "counts", "sip_code", "cause", "ended_by", "detail")}
        tables.change(
            tables.attempts,
            row["b_id"],
            state="ended",
            ended_at=known["ended_at"] or row["ended_at"],
            waited_ms=row["waited_ms"] if known["waited_ms"] is None else known["waited_ms"],
            **said,
        )


def amend(tables, rows):
    for row in rows:
        if tables.attempts[row["b_id"]]["ended_at"] is not None:
            said = {name: row[name] for name in ("disposition", "counts", "detail")}
            tables.change(tables.attempts, row["b_id"], **said)


def waited(tables, rows):
    for row in rows:
        if tables.attempts[row["b_id"]]["waited_ms"] is None:
            tables.change(tables.attempts, row["b_id"], waited_ms=row["b_waited"])


def after_attempt(tables, rows):
    for row in rows:
        lead = tables.leads[row["b_lead_id"]]
        stays, comes_back = lead["closed"] in STAYS_CLOSED, lead["closed"] in (WITHDRAWN, ON_DNC)
        waits = stays or tables.in_call(lead["id"])
        closed = row["b_closed"]
        if stays:
            closed = (closed or lead["closed"]) if comes_back else lead["closed"]
        tables.change(
            tables.leads,
            lead["id"],
            disposition=row["disposition"],
            attempts=row["attempts"],
            last_attempt_at=row["last_attempt_at"],
            due_at=None if waits else row["b_due"],
            waits_for=None if waits else row["b_waits_for"],
            contacted=lead["contacted"] or row["b_contacted"],
            closed=closed,
            resume_at=row["b_due"] if comes_back else None,
        )


def set_attempts(tables, values):
    tables.change(tables.leads, values["b_lead_id"], attempts=values["attempts"])


def contacted(tables, values):
    tables.change(tables.leads, values["b_lead_id"], contacted=True)


def add_evidence(tables, rows):
    for row in rows:
        tables.put(tables.evidence, len(tables.evidence), row)


def open_attempts(tables, _values):
    return [Open(*(row[name] for name in OPEN)) for row in tables.open.values()]


def on_the_numbers(tables, values):
    stand = [
        lead
        for lead in tables.leads.values()
        if lead["phone"] in values["phones"]
        and (lead["closed"] == ON_DNC or (lead["closed"] is None and (lead["due_at"] or tables.in_call(lead["id"]))))
    ]
    return [
        Numbered(lead["id"], lead["phone"], CAMPAIGN, lead["due_at"], lead["closed"], lead["waits_for"])
        for lead in stand
    ]


def close(tables, values):
    """Of leads that nothing else has closed; none of them waits for do-not-call, whose entries here have no end."""
    for lead_id in values["ids"]:
        due = tables.leads[lead_id]["due_at"]
        tables.change(tables.leads, lead_id, closed=ON_DNC, resume_at=due, due_at=None, waits_for=None)


def fields(tables, values):
    """The lists have no columns but the number."""
    return [(lead_id, tables.leads[lead_id]["phone"], {}) for lead_id in sorted(values["ids"])]


def every_breaker(tables, _values):
    return [tables.breakers[key] for key in sorted(tables.breakers, key=lambda key: key[::-1])]


def save_breakers(tables, rows):
    for row in rows:
        values = (*(row[name] for name in ("node", "trunk", "phase", "blame", "reason", "since", "next_probe_at")),)
        tables.put(tables.breakers, (row["node"], row["trunk"]), values)


def drop_breakers(tables, rows):
    for row in rows:
        if (row["b_node"], row["b_trunk"]) in tables.breakers:
            tables.put(tables.breakers, (row["b_node"], row["b_trunk"]), None)


STATEMENTS = {
    attempts._LOAD: load,
    attempts._LOAD_LOCKED: load,
    attempts._HISTORY: history,
    attempts._RINGING: ringing,
    attempts._ANSWERED: answered,
    attempts._ROUTED: routed,
    attempts._END: end,
    attempts._AMEND: amend,
    attempts._WAITED: waited,
    leads._AFTER_ATTEMPT: after_attempt,
    leads._SET_ATTEMPTS: set_attempts,
    leads._CONTACTED: contacted,
    leads._FIELDS: fields,
    evidence._ADD_EVIDENCE: add_evidence,
    ledger._OPEN: open_attempts,
    dnc_leads._LEADS: on_the_numbers,
    dnc_leads._CLOSE: close,
    breakers._ALL: every_breaker,
    breakers._SAVE["sqlite"]: save_breakers,
    breakers._DELETE: drop_breakers,
}
