"""The tables of tallies: how many leads stand where, kept by the database itself with every change of a lead or attempt.

Triggers write them (migrations/v0001_tallies.py), store/tallies.py reads them; nothing else touches them. A number is
the sum over `batch`: on SQLite all is batch 0; on PostgreSQL each transaction adds rows of a batch of its own, so that
transactions never wait for each other's counts, and store.tallies.fold joins old batches into batch 0.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from dialerd.store.metadata import metadata
from dialerd.store.types import BigId

MINUTE, HOUR = 60, 3600
"""Due times are counted by the minute and once more by the hour, in seconds. Slot n holds those from n up to, but not at,
n + 1 minutes since 1970; slot -n the same for hours.
"""

# Leads that are due some time or closed. `slot` is 0 for closed ones; `reason` says why closed, or what one waits for.
lead_tallies = Table(
    "lead_tallies",
    metadata,
    Column("list_id", BigId, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("contacted", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("batch", BigId, nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("list_id", "slot", "disposition", "attempts", "contacted", "reason", "batch"),
    sqlite_with_rowid=False,
)

# Leads that are due some time, by where they are: closed zones are told apart by it. `slot` is the hour of the due time
# since 1970. By the hour alone, and apart from lead_tallies: there are a hundred times as many kinds of rows.
zone_tallies = Table(
    "zone_tallies",
    metadata,
    Column("list_id", BigId, nullable=False),
    Column("zone", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("contacted", Boolean, nullable=False),
    Column("batch", BigId, nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("list_id", "zone", "slot", "disposition", "attempts", "contacted", "batch"),
    sqlite_with_rowid=False,
)

# Attempts that have ended.
attempt_tallies = Table(
    "attempt_tallies",
    metadata,
    Column("list_id", BigId, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("batch", BigId, nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("list_id", "campaign", "disposition", "batch"),
    sqlite_with_rowid=False,
)
Index("attempt_tallies_campaign", attempt_tallies.c.campaign, attempt_tallies.c.disposition)

MOST_WAITED = 11
"""The last of the kinds of `waited`: longer than ten seconds."""

# Attempts that have ended, once more by when: `minute` is the one of the end, since 1970. `waited` is how long the person
# waited to be connected, in seconds rounded up; 0 also where nobody has said.
minute_tallies = Table(
    "minute_tallies",
    metadata,
    Column("campaign", Text, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("waited", Integer, nullable=False),
    Column("batch", BigId, nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("campaign", "disposition", "minute", "waited", "batch"),
    sqlite_with_rowid=False,
)

_loose = text("batch > 0")
for _table in (lead_tallies, zone_tallies, attempt_tallies, minute_tallies):
    Index(f"{_table.name}_loose", _table.c.batch, sqlite_where=_loose, postgresql_where=_loose)

# Lists whose new leads the transaction at hand counts itself (store/counted_apart.py): the trigger leaves them alone.
# Outside of such a transaction it is empty.
counted_apart = Table(
    "counted_apart",
    metadata,
    Column("list_id", BigId, primary_key=True, autoincrement=False),
)
