"""Which compliance profiles there are: those that come with dialerd, and an admin's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from dialerd.domain.compliance import Profile
from dialerd.resources import share
from dialerd.settings.profile_form import ProfileForm


@dataclass(frozen=True, slots=True)
class Profiles:
    """The shipped profiles, read when they are asked for, and `own`, an admin's."""

    own: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def names(self) -> list[str]:
        """All of them, sorted."""
        return sorted({*shipped_names(), *self.own})

    def get(self, name: object) -> Profile | None:
        """The profile of that name, or None."""
        if not isinstance(name, str):
            return None
        return shipped(name) if name in shipped_names() else self.own.get(name)


@cache
def shipped_names() -> tuple[str, ...]:
    """The names of those that come with dialerd: that of the file is that of the profile."""
    return tuple(sorted(file.stem for file in share("compliance").glob("*.toml")))


@cache
def shipped(name: str) -> Profile:
    """One of those. Raises OSError or ValueError when the installation is damaged."""
    text = (share("compliance") / f"{name}.toml").read_text(encoding="utf-8")
    return ProfileForm.model_validate(tomllib.loads(text)).finished()
