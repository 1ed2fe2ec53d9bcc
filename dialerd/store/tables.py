"""The tables, as the newest migration leaves them. What must never happen is forbidden here, by the database."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dialerd.store.metadata import metadata
from dialerd.store.tables_dispositions import dispositions
from dialerd.store.tables_dnc import dnc_copies, dnc_entries, dnc_sweeps
from dialerd.store.tables_freezes import freezes
from dialerd.store.tables_mappings import mappings
from dialerd.store.tables_people import api_tokens, idempotency_keys, login_failures, login_links, sessions, users
from dialerd.store.tables_resets import reset_leads, resets
from dialerd.store.tables_tallies import attempt_tallies, lead_tallies, zone_tallies
from dialerd.store.tables_trials import trials
from dialerd.store.tables_trunks import trunk_breakers
from dialerd.store.tables_versions import (
    list_versions,
    original_parts,
    originals,
    other_updates,
    rejects,
    version_known,
)
from dialerd.store.tables_words import attributes
from dialerd.store.types import BigId, UtcDateTime

__all__ = [
    "api_tokens",
    "attempt_tallies",
    "attempts",
    "attributes",
    "audit",
    "campaigns",
    "dispositions",
    "dnc_copies",
    "dnc_entries",
    "dnc_sweeps",
    "evidence",
    "freezes",
    "idempotency_keys",
    "lead_rows",
    "lead_tallies",
    "leads",
    "list_buckets",
    "list_versions",
    "lists",
    "login_failures",
    "login_links",
    "mappings",
    "metadata",
    "nodes",
    "original_parts",
    "originals",
    "other_updates",
    "rejects",
    "reset_leads",
    "resets",
    "sessions",
    "trials",
    "trunk_breakers",
    "users",
    "version_known",
    "zone_tallies",
]

campaigns = Table(
    "campaigns",
    metadata,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("state_since", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("stop_reason", Text),
    CheckConstraint("state IN ('draft', 'active', 'paused', 'completed', 'archived')", name="state"),
)

lists = Table(
    "lists",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("owner", Text),
    Column("region", Text),
    Column("policy", Text, nullable=False),
    # Kinds of numbers it takes besides ordinary ones, and the only countries they may be of; none means any.
    Column("kinds", JSON, nullable=False, server_default="[]"),
    Column("countries", JSON, nullable=False, server_default="[]"),
    Column("campaign", Text, ForeignKey("campaigns.name")),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("current_version", Integer, nullable=False, server_default="0"),
    Column("archived_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint("policy IN ('strict', 'clean')", name="policy"),
    # A deleted list's id must not come back: attempts outlive their list and name it by id.
    sqlite_autoincrement=True,
)
_unarchived = lists.c.archived_at.is_(None)
Index("lists_name_unique", lists.c.name, unique=True, sqlite_where=_unarchived, postgresql_where=_unarchived)
Index("lists_campaign", lists.c.campaign)

leads = Table(
    "leads",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("list_id", BigId, ForeignKey("lists.id"), nullable=False),
    Column("phone", Text, nullable=False),
    Column("zone", Text, nullable=False, server_default=""),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("disposition", Text, nullable=False, server_default="new"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("dials", Integer, nullable=False, server_default="0"),
    # The number of its last attempt before it was made fresh again: attempts up to it are history and nothing else.
    Column("fresh_after", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime),
    Column("closed", Text),
    # What keeps it until due_at, if not its own next try: a domain.eligibility.Wait.
    Column("waits_for", Text),
    # Some attempt reached a person, also one before a reset.
    Column("contacted", Boolean, nullable=False, server_default=text("false")),
    # When a withdrawn lead was or would be due: it comes back with it.
    Column("resume_at", UtcDateTime),
    Column("last_attempt_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    # From then on it is dialed no more; NULL: it never ends by itself.
    Column("expires_at", UtcDateTime),
    # The number first: the same index finds a number over all lists.
    UniqueConstraint("phone", "list_id"),
    CheckConstraint("closed IS NULL OR due_at IS NULL", name="closed_is_not_due"),
    sqlite_autoincrement=True,
)
_due = leads.c.due_at.is_not(None)
_closed = leads.c.closed.is_not(None)
Index(
    "leads_claim",
    leads.c.list_id,
    leads.c.priority,
    leads.c.zone,
    leads.c.due_at,
    leads.c.id,
    sqlite_where=_due,
    postgresql_where=_due,
)
Index("leads_in_list", leads.c.list_id, leads.c.id)
Index("leads_by_disposition", leads.c.list_id, leads.c.disposition, leads.c.id)
Index("leads_closed", leads.c.list_id, leads.c.closed, sqlite_where=_closed, postgresql_where=_closed)

lead_rows = Table(
    "lead_rows",
    metadata,
    Column("lead_id", BigId, nullable=False),
    Column("list_id", BigId, nullable=False),
    Column("from_version", Integer, nullable=False),
    Column("to_version", Integer),
    Column("line", Integer, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("zone", Text, nullable=False, server_default=""),
    Column("fields", JSON, nullable=False),
    # A lead that was moved has rows of both lists, and each list counts its own versions.
    PrimaryKeyConstraint("lead_id", "list_id", "from_version"),
    sqlite_with_rowid=False,
)
Index("lead_rows_version", lead_rows.c.list_id, lead_rows.c.from_version, lead_rows.c.lead_id)
_ended = lead_rows.c.to_version.is_not(None)
Index(
    "lead_rows_ended",
    lead_rows.c.list_id,
    lead_rows.c.to_version,
    lead_rows.c.lead_id,
    sqlite_where=_ended,
    postgresql_where=_ended,
)

list_buckets = Table(
    "list_buckets",
    metadata,
    Column("list_id", BigId, ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    PrimaryKeyConstraint("list_id", "priority", "zone"),
    sqlite_with_rowid=False,
)

# The ledger stands alone: no foreign keys, because a list's leads may be deleted and what was dialed stays.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lead_id", BigId, nullable=False),
    Column("list_id", BigId, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("node", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    # The Asterisk it was sent to, as AmiSession.asterisk has it: only who drives that one can see what became of it.
    Column("asterisk", Text, nullable=False, server_default=""),
    # The lead's zone key by which it was judged when it was sent, and the rule files of that moment with their dates.
    Column("place", Text),
    Column("rules", Text, nullable=False, server_default=""),
    Column("caller_id", Text),
    Column("state", Text, nullable=False),
    Column("disposition", Text),
    Column("counts", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", UtcDateTime, nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("sending_at", UtcDateTime),
    Column("ringing_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("sip_code", Integer),
    Column("cause", Integer),
    Column("ended_by", Text),
    Column("destination", Text),
    # Milliseconds from the answer until the person was connected, or to the end; NULL: nobody who knows has said.
    Column("waited_ms", Integer),
    # What the dialplan said became of it, while it was up, and when the called party asked to be called again.
    Column("said", Text),
    Column("callback_at", UtcDateTime),
    # What answering machine detection found: AMDSTATUS and AMDCAUSE.
    Column("amd_status", Text),
    Column("amd_cause", Text),
    Column("detail", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('claimed', 'sending', 'ringing', 'answered', 'ended')", name="state"),
    CheckConstraint("(disposition IS NOT NULL) = (state = 'ended')", name="disposition_iff_ended"),
    CheckConstraint("(ended_at IS NOT NULL) = (state = 'ended')", name="ended_at_iff_ended"),
)
# "Open" is spelt `ended_at IS NULL` and not by `state`: an index that names `state` in its condition would be
# rewritten by PostgreSQL at each step of a call.
_open = attempts.c.ended_at.is_(None)
_sent = attempts.c.sending_at.is_not(None)
_ended = attempts.c.disposition.is_not(None)
Index("attempts_open_lead", attempts.c.lead_id, unique=True, sqlite_where=_open, postgresql_where=_open)
Index("attempts_open_phone", attempts.c.phone, unique=True, sqlite_where=_open, postgresql_where=_open)
Index("attempts_open", attempts.c.campaign, attempts.c.trunk, sqlite_where=_open, postgresql_where=_open)
Index("attempts_of_lead", attempts.c.lead_id, attempts.c.number)
Index("attempts_of_phone", attempts.c.phone, attempts.c.id)
Index("attempts_of_campaign", attempts.c.campaign, attempts.c.id)
Index("attempts_endings", attempts.c.campaign, attempts.c.disposition, sqlite_where=_ended, postgresql_where=_ended)
Index("attempts_sent", attempts.c.sending_at, sqlite_where=_sent, postgresql_where=_sent)

evidence = Table(
    "evidence",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("attempt_id", Text, nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("facts", JSON, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("instance", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    Column("status", JSON, nullable=False),
    Column("asks", JSON, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("detail", JSON, nullable=False),
    # From where: an address, or "shell". NULL is the engine and the dialplan.
    Column("source", Text),
)
