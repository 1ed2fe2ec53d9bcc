"""The rows of files that were refused: why, and what stood there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from dialerd.store.database import Connection
from dialerd.store.tables import rejects


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was refused: its line in the file, why in a few words, and its own text. `cells` is empty when it could
    not be split into the header's columns.
    """

    line: int
    reason: str
    text: str
    cells: tuple[str, ...] = ()


def add_rejects(conn: Connection, list_id: int, number: int, rows: Sequence[Reject]) -> None:
    """Keeps rows that were refused."""
    if rows:
        conn.execute(
            insert(rejects),
            [
                {
                    "list_id": list_id,
                    "version": number,
                    "line": row.line,
                    "reason": row.reason,
                    "text": row.text,
                    "cells": list(row.cells),
                }
                for row in rows
            ],
        )


def rejects_of(
    conn: Connection, list_id: int, number: int, *, limit: int | None = None, after_line: int = 0
) -> list[Reject]:
    """The refused rows of a version in the order of the file; `after_line` is the last line of the page before."""
    statement = (
        select(rejects.c.line, rejects.c.reason, rejects.c.text, rejects.c.cells)
        .where(rejects.c.list_id == list_id, rejects.c.version == number, rejects.c.line > after_line)
        .order_by(rejects.c.line)
        .limit(limit)
    )
    return [Reject(line, reason, text, tuple(cells)) for line, reason, text, cells in conn.execute(statement)]


def count_of(conn: Connection, list_id: int, number: int) -> int:
    """How many rows of the version were refused."""
    statement = select(func.count()).where(rejects.c.list_id == list_id, rejects.c.version == number)
    return conn.scalar(statement) or 0
