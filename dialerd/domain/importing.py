"""What a person may choose for an import: how the file meets the list, and which numbers count as known."""

from __future__ import annotations

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
