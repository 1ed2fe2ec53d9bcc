"""What a campaign's file refers to that other files say: the context of its reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dialerd.domain.dispositions import SYSTEM, Catalogue
from dialerd.settings.profiles import Profiles


@dataclass(frozen=True, slots=True)
class Context:
    """The dispositions and the compliance profiles there are; those that come with dialerd unless told otherwise."""

    dispositions: Catalogue = field(default_factory=lambda: SYSTEM)
    profiles: Profiles = field(default_factory=Profiles)


def context_of(given: Any) -> Context:
    """The context that a validator was given; the default one when there was none."""
    return given if isinstance(given, Context) else Context()
