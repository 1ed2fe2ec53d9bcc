"""Dispositions and campaigns as values, without files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dialerd.domain.dispositions import SYSTEM, Catalogue, Flags
from dialerd.settings import Campaign, Settings
from dialerd.settings.context import Context
from harness.world import CAMPAIGN

FINAL = Flags(contacted=True, human=True, final=True, recyclable=False)
AGAIN = Flags(contacted=True, human=True)


def catalogue(**changes: Flags) -> Catalogue:
    """The system's dispositions with these changed or added."""
    return Catalogue(MappingProxyType({**SYSTEM.flags, **changes}))


def settings(dispositions: Catalogue = SYSTEM, rules: Mapping[str, Any] | None = None, **campaign: Any) -> Settings:
    """Settings with one campaign, by these recycling rules."""
    plain = {
        "name": CAMPAIGN,
        "trunks": ["carrier"],
        "caller_id": "+12025550100",
        "calls_per_second": 1,
        "max_calls": 1,
        "max_attempts": 3,
        "destination": {"type": "hangup"},
        "schedule": {"timezone": "UTC", "hours": ["daily 09:00-20:00"]},
        "recycle": rules or {},
        "compliance": {"profile": ["none"]},
    }
    read = Campaign.model_validate({**plain, **campaign}, context=Context(dispositions))
    return Settings(dispositions=dispositions, campaigns=MappingProxyType({CAMPAIGN: read}))
