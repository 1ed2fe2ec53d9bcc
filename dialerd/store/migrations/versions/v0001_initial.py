"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.migrations.v0001_dispositions import create_dispositions
from dialerd.store.migrations.v0001_dnc import create_dnc
from dialerd.store.migrations.v0001_freezes import create_freezes
from dialerd.store.migrations.v0001_mappings import create_mappings
from dialerd.store.migrations.v0001_people import create_people
from dialerd.store.migrations.v0001_resets import create_resets
from dialerd.store.migrations.v0001_tallies import create_tallies
from dialerd.store.migrations.v0001_trials import create_trials
from dialerd.store.migrations.v0001_trunks import create_trunks
from dialerd.store.migrations.v0001_versions import create_versions
from dialerd.store.migrations.v0001_words import create_words
from dialerd.store.types import BigId, UtcDateTime

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table."""
    _campaigns()
    _lists()
    create_versions()
    _leads()
    _lead_rows()
    _attempts()
    _attempt_indexes()
    _around()
    create_dispositions()
    create_mappings()
    create_people()
    create_resets()
    create_words()
    create_dnc()
    create_tallies()
    create_trunks()
    create_freezes()
    create_trials()


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("state_since", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime),
        sa.Column("stop_reason", sa.Text),
        sa.PrimaryKeyConstraint("name", name="campaigns_pkey"),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'paused', 'completed', 'archived')", name=op.f("campaigns_state")
        ),
    )


def _lists() -> None:
    op.create_table(
        "lists",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("owner", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("policy", sa.Text, nullable=False),
        *(sa.Column(name, sa.JSON, nullable=False, server_default="[]") for name in ("kinds", "countries")),
        sa.Column("campaign", sa.Text),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        sa.Column("current_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("archived_at", UtcDateTime),
        sa.Column("deleted_at", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="lists_pkey"),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.name"], name="lists_campaign_fkey"),
        sa.CheckConstraint("policy IN ('strict', 'clean')", name=op.f("lists_policy")),
        sqlite_autoincrement=True,
    )
    _index("lists_name_unique", "lists", ["name"], where="archived_at IS NULL", unique=True)
    _index("lists_campaign", "lists", ["campaign"])
    op.create_table(
        "list_buckets",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "priority", "zone", name="list_buckets_pkey"),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="list_buckets_list_id_fkey", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


def _leads() -> None:
    op.create_table(
        "leads",
        sa.Column("id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False, server_default=""),
        sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
        sa.Column("disposition", sa.Text, nullable=False, server_default="new"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("dials", sa.Integer, nullable=False, server_default="0"),
        sa.Column("fresh_after", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", UtcDateTime),
        sa.Column("closed", sa.Text),
        sa.Column("waits_for", sa.Text),
        sa.Column("contacted", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("resume_at", UtcDateTime),
        sa.Column("last_attempt_at", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="leads_pkey"),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="leads_list_id_fkey"),
        sa.UniqueConstraint("phone", "list_id", name="leads_phone_list_id_unique"),
        sa.CheckConstraint("closed IS NULL OR due_at IS NULL", name=op.f("leads_closed_is_not_due")),
        sqlite_autoincrement=True,
    )
    _index("leads_claim", "leads", ["list_id", "priority", "zone", "due_at", "id"], where="due_at IS NOT NULL")
    _index("leads_in_list", "leads", ["list_id", "id"])
    _index("leads_by_disposition", "leads", ["list_id", "disposition", "id"])
    _index("leads_closed", "leads", ["list_id", "closed"], where="closed IS NOT NULL")


def _lead_rows() -> None:
    op.create_table(
        "lead_rows",
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("from_version", sa.Integer, nullable=False),
        sa.Column("to_version", sa.Integer),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
        sa.Column("zone", sa.Text, nullable=False, server_default=""),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "list_id", "from_version", name="lead_rows_pkey"),
        sqlite_with_rowid=False,
    )
    _index("lead_rows_version", "lead_rows", ["list_id", "from_version", "lead_id"])
    _index("lead_rows_ended", "lead_rows", ["list_id", "to_version", "lead_id"], where="to_version IS NOT NULL")


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("asterisk", sa.Text, nullable=False, server_default=""),
        sa.Column("place", sa.Text),
        sa.Column("rules", sa.Text, nullable=False, server_default=""),
        sa.Column("caller_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text),
        sa.Column("counts", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
        *(sa.Column(name, UtcDateTime) for name in ("sending_at", "ringing_at", "answered_at", "ended_at")),
        sa.Column("sip_code", sa.Integer),
        sa.Column("cause", sa.Integer),
        sa.Column("ended_by", sa.Text),
        sa.Column("destination", sa.Text),
        sa.Column("waited_ms", sa.Integer),
        sa.Column("said", sa.Text),
        sa.Column("callback_at", UtcDateTime),
        *(sa.Column(name, sa.Text) for name in ("amd_status", "amd_cause")),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="attempts_pkey"),
        sa.CheckConstraint(
            "state IN ('claimed', 'sending', 'ringing', 'answered', 'ended')", name=op.f("attempts_state")
        ),
        sa.CheckConstraint(
            "(disposition IS NOT NULL) = (state = 'ended')", name=op.f("attempts_disposition_iff_ended")
        ),
        sa.CheckConstraint("(ended_at IS NOT NULL) = (state = 'ended')", name=op.f("attempts_ended_at_iff_ended")),
    )


def _attempt_indexes() -> None:
    is_open = "ended_at IS NULL"
    _index("attempts_open_lead", "attempts", ["lead_id"], where=is_open, unique=True)
    _index("attempts_open_phone", "attempts", ["phone"], where=is_open, unique=True)
    _index("attempts_open", "attempts", ["campaign", "trunk"], where=is_open)
    _index("attempts_of_lead", "attempts", ["lead_id", "number"])
    _index("attempts_of_phone", "attempts", ["phone", "id"])
    _index("attempts_of_campaign", "attempts", ["campaign", "id"])
    _index("attempts_endings", "attempts", ["campaign", "disposition"], where="disposition IS NOT NULL")
    _index("attempts_sent", "attempts", ["sending_at"], where="sending_at IS NOT NULL")


def _around() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", BigId, nullable=False),
        sa.Column("attempt_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="evidence_pkey"),
    )
    _index("evidence_attempt_id", "evidence", ["attempt_id"])
    op.create_table(
        "nodes",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "instance")),
        sa.Column("pid", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("host", "version")),
        *(sa.Column(name, UtcDateTime, nullable=False) for name in ("started_at", "heartbeat_at")),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("status", "asks")),
        sa.PrimaryKeyConstraint("name", name="nodes_pkey"),
    )
    op.create_table(
        "audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("actor", "action", "subject")),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("source", sa.Text),
        sa.PrimaryKeyConstraint("id", name="audit_pkey"),
    )
    _index("audit_subject", "audit", ["subject"])


def _index(name: str, table: str, columns: list[str], *, where: str | None = None, unique: bool = False) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
