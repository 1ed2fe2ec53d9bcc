"""The table of mapping templates: which columns of a supplier's files are which fields."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Table, Text

from dialerd.store.metadata import metadata
from dialerd.store.types import UtcDateTime

mappings = Table(
    "mappings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("columns", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Text, nullable=False),
)
