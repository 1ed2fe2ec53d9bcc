"""Parts of the engine, put together by hand: with a clock that tests set, and whatever database they are given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from dialerd.domain.errors import Unavailable
from dialerd.engine.claimer import Claimer
from dialerd.engine.line import Line
from dialerd.engine.tracker import Tracker
from dialerd.engine.trunks import Trunks
from dialerd.engine.writes import Writes
from dialerd.ops.crash import Crash
from dialerd.ops.metrics import Metrics
from dialerd.service.attempts import EndResult
from dialerd.settings import Campaign, Settings
from dialerd.settings.model import Engine, Trunk
from dialerd.store.database import Connection
from dialerd.store.writer import GroupWriter
from harness.configuration import CAMPAIGN as CAMPAIGN_FILE
from harness.world import CAMPAIGN, NOW, World


def campaign_with(**changes: Any) -> Campaign:
    """The campaign of the world, with these changes of its file."""
    return Campaign.model_validate({**CAMPAIGN_FILE, "name": CAMPAIGN, **changes})


@dataclass
class SetClock:
    """Shows what it is told."""

    instant: datetime = NOW
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        """Both clocks, as time does."""
        self.instant += timedelta(seconds=seconds)
        self.seconds += seconds


class Breaking:
    """Writes whose first commit happens without anybody hearing of it."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self.broken = 0

    async def __call__(self, work: Callable[[Connection], Any], *, locks: Sequence[str] = ()) -> Any:
        result = await self._writes(work, locks=locks)
        if not self.broken:
            self.broken += 1
            raise Unavailable("the database: the connection broke in the middle of a COMMIT")
        return result


@dataclass
class Parts:
    """Pieces of an engine, put together as the engine does; `owner` is `o`, the world's."""

    world: World
    writer: GroupWriter
    clock: SetClock = field(default_factory=SetClock)
    campaign: Campaign = field(default_factory=campaign_with)
    metrics: Metrics = field(default_factory=Metrics)
    ended: list[EndResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writes = Writes(self.writer)
        self.crash = Crash(None)

    @property
    def settings(self) -> Settings:
        engine = Engine(hopper_seconds=3.0, max_send_delay=2.0)
        return Settings(engine=engine, campaigns=MappingProxyType({self.campaign.name: self.campaign}))

    @property
    def line(self) -> Line:
        trunk = Trunk(endpoint="carrier", prefix="+", calls_per_second=100.0, max_calls=100)
        return Line(self.campaign, {"carrier": trunk})

    def claimer(self) -> Claimer:
        return Claimer(
            lambda: self.settings,
            self.writes,
            self.clock,
            self.crash,
            self.metrics,
            Trunks(lambda: self.settings, self.writes, self.clock, self.metrics, "n"),
            node="n",
            owner="o",
            on_ended=self.ended.append,
        )

    def tracker(self, hear: Callable[[], Awaitable[None]] | None = None) -> Tracker:
        return Tracker(
            self.writes,
            lambda: self.settings.campaigns,
            self.clock,
            self.crash,
            on_rang=lambda _attempt_id: None,
            on_ended=self.ended.append,
            on_stray=lambda _attempt_id, _asterisk: None,
            hear=hear,
        )

    def play(self, scenario: Callable[[], Awaitable[Any]]) -> Any:
        """What the scenario returns, run on an event loop."""
        return asyncio.run(scenario())
