"""What a campaign's calls are held to: the profiles it chooses, and what it limits beyond them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo

from dialerd.domain.compliance import DEFAULT, NONE, Compliance, Profile, Purpose
from dialerd.settings import values
from dialerd.settings.context import context_of
from dialerd.settings.profile_form import Limits
from dialerd.settings.profiles import Profiles


def _chosen(value: object, info: ValidationInfo) -> tuple[Profile, ...]:
    """The profiles of these names, among those that are the context of the reading."""
    known = context_of(info.context).profiles
    allowed = f"names of profiles: {', '.join(known.names)}"
    found: list[Profile] = []
    for item in values.listed(value, allowed):
        profile = item if isinstance(item, Profile) else known.get(item)
        if profile is None:
            raise values.UnfitError(f"{values.shown(item)} is no profile; {allowed}{values.nearest(item, known.names)}")
        found.append(profile)
    names = [profile.name for profile in found]
    if len(set(names)) < len(names):
        raise values.UnfitError(f"{values.shown(names)} names one twice; each profile once")
    if len(names) > 1 and NONE in names:
        raise values.UnfitError(f"{values.shown(names)} has {NONE} beside others; {NONE} stands alone")
    return tuple(found)


def _default() -> tuple[Profile, ...]:
    found = Profiles().get(DEFAULT)
    return (found,) if found is not None else ()


class ComplianceForm(Limits):
    """What a campaign chooses, and what it limits beyond that: its own limits hold besides those of its profiles."""

    profile: Annotated[tuple[Profile, ...], PlainValidator(_chosen)] = Field(default_factory=_default)
    purpose: Annotated[Purpose, PlainValidator(lambda value: Purpose(values.one_of(*Purpose)(value)))] = Purpose.SALE

    def finished(self) -> Compliance:
        """In the domain's words."""
        return Compliance(self.profile, self.purpose, self.rule())


def as_written(compliance: Compliance) -> dict[str, Any]:
    """What a campaign's file says about it, by its keys; the hours with their holidays."""
    own = compliance.own
    return {
        "profile": compliance.profiles,
        "purpose": compliance.purpose,
        "hours": own.hours,
        "caps": own.caps,
        "minimum_gap": own.gap,
        "blocks": own.blocks,
        "abandon": own.abandon,
        "registries": own.registries,
    }


def by_default() -> Compliance:
    """What a campaign is held to that says nothing about it."""
    return ComplianceForm().finished()
