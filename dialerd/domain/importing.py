"""What a person may choose for an import: how the file meets the list, and which numbers count as known; and what one
sees of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """ADD: new leads join. REPLACE: leads that are not in the new file are withdrawn."""

    ADD = "add"
    REPLACE = "replace"


class Duplicates(StrEnum):
    """What becomes of a lead of the list that the file names again: SKIP leaves it, UPDATE takes what the file says."""

    SKIP = "skip"
    UPDATE = "update"


class Scope(StrEnum):
    """Where a number is looked for: only in the file itself, in the list, in all lists of its campaign, in all lists.

    A list has a number once, whatever the scope: with FILE a lead the list has takes what the file says, as with UPDATE.
    """

    FILE = "file"
    LIST = "list"
    CAMPAIGN = "campaign"
    ALL = "all"

    @property
    def wide(self) -> bool:
        """Other lists are looked into."""
        return self in (Scope.CAMPAIGN, Scope.ALL)


class Phase(StrEnum):
    """What an import is at: READING the file, WITHDRAWING who is not in it, ARMING who may be dialed now."""

    READING = "reading"
    WITHDRAWING = "withdrawing"
    ARMING = "arming"


@dataclass(frozen=True, slots=True)
class Headway:
    """How far an import is: `rows` of its file are in; of what it is at, `done` of `of` is done, in a unit of its own."""

    phase: Phase
    rows: int
    done: int
    of: int

    @property
    def percent(self) -> int | None:
        """How much of the phase is done, 0 to 100; None when that is not known."""
        return 100 * min(self.done, self.of) // self.of if self.of > 0 else None
