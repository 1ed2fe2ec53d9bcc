"""Which numbers a file had before, for a look at a file that writes nothing into the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from types import TracebackType
from typing import Self


class Seen:
    """A set of numbers that stays on disk when it grows: SQLite's own temporary database, gone when it is closed."""

    def __enter__(self) -> Self:
        self._numbers = sqlite3.connect("", isolation_level=None)
        self._numbers.execute("PRAGMA synchronous = OFF")
        self._numbers.execute("CREATE TABLE seen (phone TEXT PRIMARY KEY) WITHOUT ROWID")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._numbers.close()

    def among(self, phones: Iterable[str]) -> set[str]:
        """Those of the numbers that were added before."""
        found = (
            self._numbers.execute("SELECT phone FROM seen WHERE phone = ?", (phone,)).fetchone() for phone in phones
        )
        return {row[0] for row in found if row is not None}

    def add(self, phones: Iterable[str]) -> None:
        """Adds the numbers."""
        self._numbers.execute("BEGIN")
        self._numbers.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(phone,) for phone in phones])
        self._numbers.execute("COMMIT")
