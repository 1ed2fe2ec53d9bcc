"""Several engines on one database, played in steps of 50 ms: each sees the others through its crew alone."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import timedelta

from dialerd.engine.crew import Crew
from dialerd.engine.presence import CREW_SECONDS
from dialerd.store.nodes import NodeRecord
from harness.world import NOW

PACE = "campaign demo"
TICKS = 20
"""Steps in a second."""


@dataclass
class Player:
    """An engine. `frozen` or `cut_off` until that step; it is in a look while `ends` is set: read, then on disk, then told."""

    crew: Crew
    instance: str
    frozen: int = 0
    cut_off: int = 0
    next_look: int = 0
    began: int = 0
    reads: int = 0
    commits: int = 0
    ends: int | None = None
    asked: frozenset[str] = frozenset()
    rows: list[NodeRecord] = field(default_factory=list)


class Play:
    """`pace` is shared by everybody who is there. `slow` makes looks take time and come late, as the seed has it."""

    def __init__(self, pace: float, *, seed: int | None = None) -> None:
        self.pace = pace
        self.random = None if seed is None else random.Random(seed)
        self.step = 0
        self.clock_off = 0.0
        self.players: dict[str, Player] = {}
        self.rows: dict[str, tuple[str, float, frozenset[str]]] = {}
        self.leaving: dict[str, float] = {}
        self.history: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=TICKS + 1))
        self._lives = 0

    @property
    def now(self) -> float:
        return self.step / TICKS

    def come(self, name: str) -> None:
        """A new life of an engine begins, that wants a part."""
        self.leaving.pop(name, None)
        self._lives += 1
        crew, asked = Crew(name), self.rows[name][2] if name in self.rows else frozenset()
        crew.inherit(asked, self.now)
        crew.ask([PACE], self.now)
        self.players[name] = Player(crew, str(self._lives), next_look=self.step)
        self.rows[name] = (str(self._lives), self.database_now, asked)

    def kill(self, name: str) -> None:
        """It is gone, its row is not."""
        del self.players[name]

    def leave(self, name: str) -> None:
        """It sends nothing more, and takes its row away when its calls count no more."""
        crew = self.players.pop(name).crew
        crew.ask([], self.now)
        self.leaving[name] = crew.lingers_until

    @property
    def database_now(self) -> float:
        return self.now + self.clock_off

    def run(self, seconds: float) -> None:
        """Everybody does what is due, and what all of them may send is judged at each step."""
        for _ in range(round(seconds * TICKS)):
            self.step += 1
            for name in [name for name, until in self.leaving.items() if until <= self.now]:
                del self.leaving[name], self.rows[name]
            for name, player in list(self.players.items()):
                if player.frozen <= self.step:
                    self._look(name, player)
            self._judge()

    def rate(self, name: str) -> float:
        """What the engine may send now."""
        player = self.players.get(name)
        if player is None or player.frozen > self.step or player.crew.obstacle(self.now) is not None:
            return 0.0
        return player.crew.share(PACE, self.pace, self.now).calls_per_second

    def total(self) -> float:
        """What all of them may."""
        return sum(map(self.rate, self.players))

    def _judge(self) -> None:
        for name in {*self.players, *self.history}:
            self.history[name].append(self.rate(name))
        most = {name: max(rates) for name, rates in self.history.items()}
        assert sum(most.values()) <= self.pace + 1e-9, (self.now, most)

    def _look(self, name: str, player: Player) -> None:
        if player.ends is None and self.step >= player.next_look and self.step >= player.cut_off:
            player.crew.ask(player.crew.wanted, self.now)
            player.began, player.asked = self.step, player.crew.asked
            player.reads = self.step + self._some(4)
            player.commits = player.reads + self._some(4)
            player.ends = player.commits + self._some(6)
        if player.ends is None:
            return
        if player.reads is not None and self.step >= player.reads:
            player.rows, player.reads = self._read(), None
        if player.commits is not None and self.step >= player.commits:
            self.rows[name] = (player.instance, self.database_now, player.asked)
            player.commits = None
        if self.step >= player.ends:
            player.crew.looked(player.asked, player.rows, player.began / TICKS, self.now)
            player.ends = None
            wait = 0 if player.crew.in_haste else round(CREW_SECONDS * TICKS)
            player.next_look = self.step + wait + self._some(7)

    def _read(self) -> list[NodeRecord]:
        now = NOW + timedelta(seconds=self.database_now)
        read = []
        for name, (instance, beat, asks) in self.rows.items():
            at = NOW + timedelta(seconds=beat)
            read.append(NodeRecord(name, instance, 1, "host", "1", at, at, {}, asks, now - at))
        return read

    def _some(self, most: int) -> int:
        return 0 if self.random is None else self.random.randint(0, most)
