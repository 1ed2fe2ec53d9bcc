"""What a reload changed: said in the log, kept in the audit, shown by `dialerd status`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.service.campaigns import ENGINE
from dialerd.settings import Settings
from dialerd.settings.changes import Change, changes
from dialerd.store import audit
from dialerd.store.database import Connection

AT_START = ("database", "node", "asterisk", "asterisks", "paths")
"""What is read at the start only."""

MOST_SHOWN = 50

log = structlog.get_logger("dialerd.engine")


class Reloads:
    """The reloads of one life of the engine."""

    def __init__(self, writes: Writes, clock: Clock, node: str) -> None:
        """`node` is whose settings these are."""
        self._writes = writes
        self._clock = clock
        self._node = node
        self._last: Mapping[str, Any] = {}

    @property
    def last(self) -> Mapping[str, Any]:
        """The latest one for the node's status row: when, and key, old and new value of each change; empty without one."""
        return self._last

    def note(self, before: Settings, after: Settings) -> list[Change]:
        """Say what is different between the settings."""
        found = changes(before, after)
        for section in AT_START:
            if getattr(before, section) != getattr(after, section):
                log.warning("restart_needed", section=section)
        shown = [{"key": change.key, "old": change.old, "new": change.new} for change in found]
        log.info("reloaded", campaigns_changed=sorted(_by_campaign(found)), changes=len(shown))
        for change in shown:
            log.info("setting_changed", **change)
        for name in after.campaigns.keys() - before.campaigns.keys():
            log.info("campaign_file_found", campaign=name, next=f"dialerd campaign show {name}")
        self._last = {"at": self._clock.now().isoformat(), "changes": shown[:MOST_SHOWN], "number": len(shown)}
        return found

    async def keep(self, found: Sequence[Change]) -> None:
        """Write an entry of the audit for each campaign that is another, and one for the rest."""
        now = self._clock.now()
        by_campaign = _by_campaign(found)
        rest = [change for change in found if not change.key.startswith("campaigns.")]

        def work(conn: Connection) -> None:
            for name, changed in by_campaign.items():
                _add(conn, now, "campaign.change", f"campaign {name}", changed)
            if rest:
                _add(conn, now, "settings.change", f"engine {self._node}", rest)

        if found:
            await self._writes(work)


def _add(conn: Connection, now: datetime, action: str, subject: str, changed: Sequence[Change]) -> None:
    detail = {change.key: {"old": change.old, "new": change.new} for change in changed}
    audit.add(conn, at=now, actor=ENGINE, action=action, subject=subject, detail=detail)


def _by_campaign(found: Sequence[Change]) -> dict[str, list[Change]]:
    """The changes of each campaign's file."""
    names: dict[str, list[Change]] = defaultdict(list)
    for change in found:
        section, _, rest = change.key.partition(".")
        if section == "campaigns":
            names[rest.partition(".")[0]].append(change)
    return dict(names)
