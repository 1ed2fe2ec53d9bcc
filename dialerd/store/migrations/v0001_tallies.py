"""The part of the first schema that counts leads and attempts while they change: the tallies and their triggers.

Triggers and not code of ours, so that no write can forget to count. What they cost is in
docs/decisions/0008-tallies-by-triggers.md.
"""

# ruff: noqa: S608 - every part of these statements is a constant of this file

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import BigId

MOST_WAITED = 11
"""Seconds: store.tables_tallies."""
_LEAD_KEY = ("list_id", "slot", "disposition", "attempts", "contacted", "reason", "batch")
_ZONE_KEY = ("list_id", "zone", "slot", "disposition", "attempts", "contacted", "batch")
_ATTEMPT_KEY = ("list_id", "campaign", "disposition", "batch")
_MINUTE_KEY = ("campaign", "disposition", "minute", "waited", "batch")


def create_tallies() -> None:
    """Creates the tables of tallies and the triggers on leads and attempts."""
    _tables()
    statements = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        # Not op.execute: SQLAlchemy would read the colons as parameters.
        op.get_bind().exec_driver_sql(statement)


def _tables() -> None:
    op.create_table(
        "lead_tallies",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("contacted", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("batch", BigId, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*_LEAD_KEY, name="lead_tallies_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "zone_tallies",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("contacted", sa.Boolean, nullable=False),
        sa.Column("batch", BigId, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*_ZONE_KEY, name="zone_tallies_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attempt_tallies",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("batch", BigId, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*_ATTEMPT_KEY, name="attempt_tallies_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("attempt_tallies_campaign", "attempt_tallies", ["campaign", "disposition"])
    op.create_table(
        "minute_tallies",
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("waited", sa.Integer, nullable=False),
        sa.Column("batch", BigId, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*_MINUTE_KEY, name="minute_tallies_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counted_apart",
        sa.Column("list_id", BigId, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("list_id", name="counted_apart_pkey"),
    )
    loose = sa.text("batch > 0")
    for table in ("lead_tallies", "zone_tallies", "attempt_tallies", "minute_tallies"):
        op.create_index(f"{table}_loose", table, ["batch"], sqlite_where=loose, postgresql_where=loose)


def _add(table: str, key: tuple[str, ...], source: str, number: str) -> str:
    """Adds `number` to the rows of `table` that `source`, a VALUES or a SELECT with the key and the number, names."""
    return (
        f"INSERT INTO {table} ({', '.join(key)}, number) {source}"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET number = {table}.number + {number}"
    )


def _sqlite_slot(row: str, seconds: int) -> str:
    return f"CAST(strftime('%s', {row}.due_at) AS INTEGER) / {seconds}"


def _sqlite_lead(row: str, number: int) -> str:
    minute = f"CASE WHEN {row}.due_at IS NULL THEN 0 ELSE {_sqlite_slot(row, 60)} END"
    values = (
        "SELECT {row}.list_id, {slot}, {row}.disposition, {row}.attempts, {row}.contacted,"
        " coalesce({row}.closed, {row}.waits_for, ''), 0, {number} WHERE {condition}"
    )
    by_minute = values.format(row=row, slot=minute, number=number, condition="true")
    by_hour = values.format(
        row=row, slot=f"-({_sqlite_slot(row, 3600)})", number=number, condition=f"{row}.due_at IS NOT NULL"
    )
    by_zone = (
        f"SELECT {row}.list_id, {row}.zone, {_sqlite_slot(row, 3600)}, {row}.disposition, {row}.attempts,"
        f" {row}.contacted, 0, {number} WHERE {row}.due_at IS NOT NULL"
    )
    sums = [_add("lead_tallies", _LEAD_KEY, source, str(number)) for source in (by_minute, by_hour)]
    return "; ".join([*sums, _add("zone_tallies", _ZONE_KEY, by_zone, str(number))])


def _sqlite_attempt(row: str, number: int) -> str:
    whole = f"VALUES ({row}.list_id, {row}.campaign, {row}.disposition, 0, {number})"
    minute = f"CAST(strftime('%s', {row}.ended_at) AS INTEGER) / 60"
    waited = f"min((coalesce({row}.waited_ms, 0) + 999) / 1000, {MOST_WAITED})"
    by_minute = f"VALUES ({row}.campaign, {row}.disposition, {minute}, {waited}, 0, {number})"
    sums = (("attempt_tallies", _ATTEMPT_KEY, whole), ("minute_tallies", _MINUTE_KEY, by_minute))
    return "; ".join(_add(table, key, values, str(number)) for table, key, values in sums)


def _sqlite_trigger(name: str, event: str, when: str, action: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {event} WHEN {when} BEGIN {action}; END"


def _sqlite_no_zeros(table: str, key: tuple[str, ...]) -> str:
    this = " AND ".join(f"{column} = NEW.{column}" for column in key)
    return _sqlite_trigger(f"{table}_zero", f"UPDATE ON {table}", "NEW.number = 0", f"DELETE FROM {table} WHERE {this}")


def _counted(row: str) -> str:
    """Leads that are not due and not closed are in a call or of a version that is not armed yet."""
    return f"({row}.due_at IS NOT NULL OR {row}.closed IS NOT NULL)"


# Steps of an import count their new leads themselves (store/counted_apart.py).
_NOT_APART = "NOT EXISTS (SELECT 1 FROM counted_apart WHERE list_id = NEW.list_id)"
_LEAD_CHANGE = "UPDATE OF list_id, zone, due_at, closed, disposition, attempts, contacted, waits_for ON leads"
_ATTEMPT_CHANGE = "UPDATE OF list_id, campaign, disposition, waited_ms, ended_at ON attempts"

_SQLITE = (
    _sqlite_trigger(
        "leads_tally_insert", "INSERT ON leads", f"{_counted('NEW')} AND {_NOT_APART}", _sqlite_lead("NEW", 1)
    ),
    _sqlite_trigger("leads_tally_delete", "DELETE ON leads", _counted("OLD"), _sqlite_lead("OLD", -1)),
    _sqlite_trigger("leads_tally_before", _LEAD_CHANGE, _counted("OLD"), _sqlite_lead("OLD", -1)),
    _sqlite_trigger("leads_tally_after", _LEAD_CHANGE, _counted("NEW"), _sqlite_lead("NEW", 1)),
    _sqlite_trigger(
        "attempts_tally_insert",
        "INSERT ON attempts",
        "NEW.disposition IS NOT NULL",
        _sqlite_attempt("NEW", 1),
    ),
    _sqlite_trigger(
        "attempts_tally_delete",
        "DELETE ON attempts",
        "OLD.disposition IS NOT NULL",
        _sqlite_attempt("OLD", -1),
    ),
    _sqlite_trigger(
        "attempts_tally_before", _ATTEMPT_CHANGE, "OLD.disposition IS NOT NULL", _sqlite_attempt("OLD", -1)
    ),
    _sqlite_trigger("attempts_tally_after", _ATTEMPT_CHANGE, "NEW.disposition IS NOT NULL", _sqlite_attempt("NEW", 1)),
    _sqlite_no_zeros("lead_tallies", _LEAD_KEY),
    _sqlite_no_zeros("zone_tallies", _ZONE_KEY),
    _sqlite_no_zeros("attempt_tallies", _ATTEMPT_KEY),
    _sqlite_no_zeros("minute_tallies", _MINUTE_KEY),
)

# The transaction's own number: its statements add to the same rows, other transactions to others.
_BATCH = "pg_current_xact_id()::text::bigint"
_BEFORE, _AFTER = "OLD TABLE AS before_rows", "NEW TABLE AS after_rows"
_REFERENCING = {"INSERT": (_AFTER,), "DELETE": (_BEFORE,), "UPDATE": (_BEFORE, _AFTER)}


def _postgresql_changes(table: str, number: int) -> str:
    instant = "extract(epoch FROM due_at)"
    slots = (
        (f"CASE WHEN due_at IS NULL THEN 0 ELSE floor({instant} / 60)::integer END", _counted(table)),
        (f"-floor({instant} / 3600)::integer", "due_at IS NOT NULL"),
    )
    return " UNION ALL ".join(
        f"SELECT list_id, {slot} AS slot, disposition, attempts, contacted, coalesce(closed, waits_for, '') AS reason,"
        f" {number} AS number FROM {table} WHERE {condition}"
        for slot, condition in slots
    )


def _postgresql_leads(event: str) -> tuple[str, str]:
    """One firing for each statement: a step of an import counts its thousand leads at once."""
    parts = {_BEFORE: _postgresql_changes("before_rows", -1), _AFTER: _postgresql_changes("after_rows", 1)}
    changes = " UNION ALL ".join(parts[table] for table in _REFERENCING[event])
    source = (
        f"SELECT list_id, slot, disposition, attempts, contacted, reason, {_BATCH}, sum(number) FROM ({changes}) change"
        " GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(number) <> 0"
    )
    name = f"leads_tally_{event.lower()}"
    body = "; ".join(
        (
            _add("lead_tallies", _LEAD_KEY, source, "excluded.number"),
            _add("zone_tallies", _ZONE_KEY, _postgresql_zones(event), "excluded.number"),
        )
    )
    apart = "IF EXISTS (SELECT 1 FROM counted_apart) THEN RETURN NULL; END IF; " if event == "INSERT" else ""
    return _postgresql_function(name, f"{apart}{body};"), (
        f"CREATE TRIGGER {name} AFTER {event} ON leads REFERENCING {' '.join(_REFERENCING[event])}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _postgresql_zones(event: str) -> str:
    changes = " UNION ALL ".join(
        "SELECT list_id, zone, floor(extract(epoch FROM due_at) / 3600)::integer AS slot, disposition, attempts, contacted,"
        f" {number} AS number FROM {table} WHERE due_at IS NOT NULL"
        for side, table, number in ((_BEFORE, "before_rows", -1), (_AFTER, "after_rows", 1))
        if side in _REFERENCING[event]
    )
    return (
        f"SELECT list_id, zone, slot, disposition, attempts, contacted, {_BATCH}, sum(number) FROM ({changes}) change"
        " GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(number) <> 0"
    )


def _postgresql_attempts(event: str, condition: str, *counts: tuple[str, int]) -> tuple[str, str]:
    """Row by row: of the many steps of a call only its end is counted, and WHEN is cheap."""
    name = f"attempts_tally_{event.lower()}"
    steps = " ".join(
        f"IF {row}.disposition IS NOT NULL THEN {_postgresql_attempt(row, number)}; END IF;" for row, number in counts
    )
    return _postgresql_function(name, steps), (
        f"CREATE TRIGGER {name} AFTER {event} ON attempts FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()"
    )


def _postgresql_attempt(row: str, number: int) -> str:
    whole = f"VALUES ({row}.list_id, {row}.campaign, {row}.disposition, {_BATCH}, {number})"
    minute = f"floor(extract(epoch FROM {row}.ended_at) / 60)::integer"
    waited = f"least((coalesce({row}.waited_ms, 0) + 999) / 1000, {MOST_WAITED})"
    by_minute = f"VALUES ({row}.campaign, {row}.disposition, {minute}, {waited}, {_BATCH}, {number})"
    sums = (("attempt_tallies", _ATTEMPT_KEY, whole), ("minute_tallies", _MINUTE_KEY, by_minute))
    return "; ".join(_add(table, key, values, "excluded.number") for table, key, values in sums)


def _postgresql_function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $body$ BEGIN {body} RETURN NULL; END $body$"
    )


_POSTGRESQL = (
    *_postgresql_leads("INSERT"),
    *_postgresql_leads("UPDATE"),
    *_postgresql_leads("DELETE"),
    *_postgresql_attempts("INSERT", "NEW.disposition IS NOT NULL", ("NEW", 1)),
    *_postgresql_attempts("DELETE", "OLD.disposition IS NOT NULL", ("OLD", -1)),
    *_postgresql_attempts(
        "UPDATE",
        "(OLD.disposition, OLD.list_id, OLD.campaign, OLD.waited_ms, OLD.ended_at)"
        " IS DISTINCT FROM (NEW.disposition, NEW.list_id, NEW.campaign, NEW.waited_ms, NEW.ended_at)",
        ("OLD", -1),
        ("NEW", 1),
    ),
)
