"""What the other engines leave this one of the paces: each line is told, and dials by that as if its files said so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType

import structlog

from dialerd.engine.crew import Crew
from dialerd.engine.line import Line
from dialerd.settings import Campaign, Trunk

log = structlog.get_logger("dialerd.dialer")


class Shares:
    """The parts of one engine, given to its lines."""

    def __init__(self, crew: Crew) -> None:
        """`crew` knows who the others are."""
        self._crew = crew
        self._campaigns: dict[str, tuple[Campaign, Campaign]] = {}

    @staticmethod
    def wanted(lines: Iterable[Line], connected: Callable[[Trunk], bool]) -> frozenset[str]:
        """The paces that these lines want a part of: of trunks whose Asterisk is connected, and of campaigns with such."""
        names: set[str] = set()
        for line in lines:
            trunks = [trunk for trunk in line.file.trunks if connected(line.known[trunk])]
            names |= {_of_campaign(line.file.name), *map(_of_trunk, trunks)} if trunks else set()
        return frozenset(names)

    def fit(self, line: Line, now: float) -> list[str]:
        """Give the line its parts of this monotonic second; the trunks on which it has none any more."""
        before, shut, had = line.shut, {}, (line.room, line.campaign.calls_per_second)
        trunks = dict(line.known)
        for name in dict.fromkeys(line.file.trunks):
            share = self._crew.share(_of_trunk(name), trunks[name].calls_per_second, now)
            if share.why is not None:
                shut[name] = share.why
            elif share.calls_per_second != trunks[name].calls_per_second:
                trunks[name] = _trunk_at(trunks[name], share.calls_per_second)
        share = self._crew.share(_of_campaign(line.file.name), line.file.calls_per_second, now)
        line.campaign = self._campaign_at(line.file, share.calls_per_second or line.file.calls_per_second)
        line.trunks, line.shut = MappingProxyType(trunks), MappingProxyType(shut)
        none_open = len(shut) == len(set(line.file.trunks))
        line.room = share.why or ("; ".join(dict.fromkeys(shut.values())) if none_open else None)
        if had != (line.room, line.campaign.calls_per_second):
            parts = {
                "calls_per_second": share.calls_per_second,
                "of": line.file.calls_per_second,
                "obstacle": line.room,
            }
            log.info("pace_shared", campaign=line.file.name, **parts)
        return [name for name in shut if name not in before]

    def _campaign_at(self, file: Campaign, calls_per_second: float) -> Campaign:
        """The same one for the same pace: it remembers which places are open."""
        if calls_per_second == file.calls_per_second:
            return file
        known, copy = self._campaigns.get(file.name, (None, file))
        if known is not file or copy.calls_per_second != calls_per_second:
            # What has been worked out from the file is copied with it.
            _ = file.openings, file.plan
            copy = file.model_copy(update={"calls_per_second": calls_per_second})
            self._campaigns[file.name] = (file, copy)
        return copy


def _trunk_at(trunk: Trunk, calls_per_second: float) -> Trunk:
    return trunk.model_copy(update={"calls_per_second": calls_per_second})


def _of_campaign(name: str) -> str:
    return f"campaign {name}"


def _of_trunk(name: str) -> str:
    return f"trunk {name}"
