"""Answering machine detection of a campaign: whether it listens before it connects, and what machines get."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import PlainValidator, model_validator

from dialerd.domain.compliance import DEFAULT, Compliance, Profile
from dialerd.settings import values
from dialerd.settings.destinations import SoundFile
from dialerd.settings.section import Section

LISTENS = timedelta(seconds=5)
"""How long app_amd may take as it comes (total_analysis_time of amd.conf): so long a person hears nothing."""


class Amd(Section):
    """`machine` is what a machine gets: it is hung up on, goes where people go, or hears `file` after its greeting."""

    enabled: Annotated[bool, PlainValidator(values.switch)] = False
    machine: Annotated[
        Literal["hangup", "destination", "playback"], PlainValidator(values.one_of("hangup", "destination", "playback"))
    ] = "hangup"
    file: SoundFile | None = None

    @model_validator(mode="after")
    def _file_when_played(self) -> Self:
        if (self.machine == "playback") != (self.file is not None):
            wrong = "missing" if self.file is None else "given, and machine is not playback"
            raise ValueError(f'file: {wrong}; the recording that machines hear belongs to machine = "playback"')
        return self

    def warning(self, compliance: Compliance) -> str:
        """What an admin should know who switches it on under these profiles; empty when there is nothing."""
        strict = [profile.name for profile in compliance.profiles if _is_strict(profile)]
        if not self.enabled or not strict:
            return ""
        return (
            f"amd.enabled: held to {', '.join(strict)}: a person may wait {values.spell(LISTENS.total_seconds())} in "
            "silence while Asterisk listens, and in the United States and the United Kingdom a call counts as abandoned "
            "when nobody speaks within 2 s"
        )


def _is_strict(profile: Profile) -> bool:
    limited = any(rule.abandon for rule in profile.rules)
    return profile.name == DEFAULT or limited or any(region[:2] in ("US", "GB") for region in profile.covers)
