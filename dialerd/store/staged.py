"""A lead on its way into a list. No database in here: the process that reads a file knows of none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple, Self


class _Staged(NamedTuple):
    phone: str
    zone: str
    priority: int
    line: int
    packed: str


class StagedLead(_Staged):
    """A row of a file, read and judged. `zone` is a key of domain.places, `line` the file's, `packed` its fields as both
    databases keep them; `_make` takes these five as they are, where each microsecond counts.
    """

    __slots__ = ()

    def __new__(cls, phone: str, zone: str, priority: int, line: int, fields: Mapping[str, str]) -> Self:
        """`fields` are names to texts."""
        return cls._make((phone, zone, priority, line, packed(fields)))

    @property
    def fields(self) -> dict[str, str]:
        """Names to texts."""
        found: dict[str, str] = json.loads(self.packed)
        return found


def packed(fields: Mapping[str, str]) -> str:
    """Fields as both databases keep them."""
    return json.dumps(dict(fields), ensure_ascii=False)
