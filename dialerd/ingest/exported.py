"""The columns of our own exports that say how a lead stands. They are beside its fields and are left out when it is
imported again.
"""

from __future__ import annotations

from collections.abc import Sequence

PREFIX = "exported_"
MARK = "exported_id"
"""Always the last column: the lead's id. By it an import knows the file as ours, and takes back the quotes that stand
before formulas.
"""


def is_ours(header: Sequence[str]) -> bool:
    """Whether a file with this header was exported by us."""
    return MARK in header


def is_standing(title: str) -> bool:
    """Whether a column of a file of ours is no field of the lead."""
    return title.startswith(PREFIX)
