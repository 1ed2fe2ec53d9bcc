"""The table of dispositions: with which flags each was last used, and how far its leads have been judged anew since."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Table, Text

from dialerd.store.metadata import metadata
from dialerd.store.types import BigId

dispositions = Table(
    "dispositions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("flags", JSON, nullable=False),
    # The last lead that was looked at since a flag changed, NULL when all were: whether leads are due or closed, whether
    # they were contacted, and for their numbers to go on do-not-call.
    Column("standing_after", BigId),
    Column("contacted_after", BigId),
    Column("numbers_after", BigId),
)
