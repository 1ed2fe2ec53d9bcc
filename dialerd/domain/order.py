"""In which order a campaign calls the leads that are due."""

from __future__ import annotations

from enum import StrEnum


class Order(StrEnum):
    """As in the campaign's file. Higher priority always comes first; this is about leads of one priority.

    LIST: what has been due for longest, so the lists in the order they came, each in the order of its rows, and leads to be
    tried again at their time behind all that were due before. PRIORITY: the same, for files that want to say that it is
    the priority that matters. NEWEST_FIRST: the reverse of it, what became due last comes first. RANDOM: as LIST, but the
    leads of one import in no order.
    """

    LIST = "list"
    PRIORITY = "priority"
    NEWEST_FIRST = "newest_first"
    RANDOM = "random"
