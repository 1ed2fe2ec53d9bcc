"""The tables of do-not-call: what is not to be called, and which leads are still to be brought in line with it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from dialerd.store.metadata import metadata
from dialerd.store.types import BigId, UtcDateTime

dnc_entries = Table(
    "dnc_entries",
    metadata,
    Column("id", BigId, primary_key=True),
    # E.164, or how it begins. First in the index, which therefore finds a number and all its prefixes in one walk.
    Column("number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # '' for all campaigns. No foreign key: an entry outlives the file of its campaign.
    Column("campaign", Text, nullable=False, server_default=""),
    Column("expires_at", UtcDateTime),
    Column("source", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", Text, nullable=False),
    UniqueConstraint("number", "kind", "campaign"),
    CheckConstraint("kind IN ('exact', 'prefix')", name="kind"),
    sqlite_autoincrement=True,
)
_of_one = dnc_entries.c.campaign != ""
Index("dnc_entries_campaign", dnc_entries.c.campaign, sqlite_where=_of_one, postgresql_where=_of_one)
Index("dnc_entries_added", dnc_entries.c.added_at)

# The newest copy of each do-not-call registry: when it was taken, and imported whole. `campaign` as in dnc_entries.
dnc_copies = Table(
    "dnc_copies",
    metadata,
    Column("registry", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("copied_at", UtcDateTime, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("entries", Integer, nullable=False),
    PrimaryKeyConstraint("registry", "campaign"),
    sqlite_with_rowid=False,
)

# Leads that are still to be brought in line: all whose number begins so, or all of a list.
dnc_sweeps = Table(
    "dnc_sweeps",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("beginning", Text, nullable=False, server_default=""),
    Column("list_id", BigId),
    # What comes up to here is done.
    Column("after_number", Text, nullable=False, server_default=""),
    Column("after_lead", BigId, nullable=False, server_default="0"),
    # When somebody was last at it.
    Column("heartbeat_at", UtcDateTime),
    sqlite_autoincrement=True,
)
