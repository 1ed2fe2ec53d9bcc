"""What witnesses said about attempts: only added to, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from dialerd.store.database import Connection
from dialerd.store.tables import evidence


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """What one witness said about an attempt: `source` is a Witness or another name, `facts` plain JSON values."""

    attempt_id: str
    source: str
    at: datetime
    facts: Mapping[str, Any]


def add_evidence(conn: Connection, rows: Sequence[EvidenceRow]) -> None:
    """Keeps what witnesses said; nothing is ever removed from it."""
    if rows:
        conn.execute(
            _ADD_EVIDENCE,
            [
                {"attempt_id": row.attempt_id, "source": str(row.source), "at": row.at, "facts": dict(row.facts)}
                for row in rows
            ],
        )


def evidence_of(conn: Connection, attempt_id: str) -> list[EvidenceRow]:
    """What witnesses said about the attempt, in the order it was written."""
    return [EvidenceRow(*row) for row in conn.execute(_EVIDENCE, {"b_id": attempt_id})]


def witnessed(conn: Connection, attempt_ids: Sequence[str]) -> frozenset[tuple[str, str, datetime, str]]:
    """Who said something about these attempts, when, and which disposition, if any: attempt, source, instant, disposition."""
    rows = conn.execute(_WITNESSED, {"ids": [*attempt_ids]}) if attempt_ids else ()
    return frozenset((row.attempt_id, row.source, row.at, row.facts.get("disposition", "")) for row in rows)


_ADD_EVIDENCE = insert(evidence)
_EVIDENCE = (
    select(evidence.c.attempt_id, evidence.c.source, evidence.c.at, evidence.c.facts)
    .where(evidence.c.attempt_id == bindparam("b_id"))
    .order_by(evidence.c.id)
)
_WITNESSED = select(evidence.c.attempt_id, evidence.c.source, evidence.c.at, evidence.c.facts).where(
    evidence.c.attempt_id.in_(bindparam("ids", expanding=True))
)
