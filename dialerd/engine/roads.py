"""The paces of the trunks and of this node, and whose turn it is where campaigns share them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dialerd.domain.pacing import Gcra, Pace, after, earliest, interval, left, next_send
from dialerd.domain.sharing import Turns, served, whose
from dialerd.engine.line import Line
from dialerd.settings import Settings

LEAVING_SECONDS = 2.0
# Of whom Asterisk says nothing for longer than it ever takes on a good wire, nobody knows when it leaves.
UNSURE_SECONDS = 0.25
# Instants that are nearer than this (seconds) are one.
SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Pick:
    """The call that is to leave next: of which line, over which trunk, at which monotonic second."""

    line: Line
    trunk: str
    at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that was sent and that Asterisk has not handed to the trunk yet. Monotonic seconds: `counted` is from when it
    counts for the pace.
    """

    line: Line
    trunk: str
    at: float
    counted: float


class Roads:
    """What of the pace is used up, and who has had which turns. All state belongs to the event loop."""

    def __init__(self) -> None:
        self._trunk_pace: dict[str, Gcra] = {}
        self._trunk_turns: dict[str, Turns] = {}
        self._node_limit: Pace | None = None
        self._node_pace = Gcra()
        self._node_turns = Turns()
        self._sent: dict[str, Sent] = {}
        self._closed: dict[str, Line] = {}

    def limit_node(self, settings: Settings) -> None:
        """The pace of all campaigns of this engine together, as these settings have it."""
        rate = settings.engine.calls_per_second
        self._node_limit = None if rate is None else Pace(rate)

    def closed(self, line: Line) -> None:
        """The line's campaign is not active any more."""
        self._closed[line.campaign.name] = line

    def pace_of(self, campaign: str) -> Gcra:
        """What of its pace the campaign had used up when its line was closed: one that is paused and resumed at once does not
        get its second anew.
        """
        line = self._closed.pop(campaign, None)
        return Gcra() if line is None else line.pace

    def pick(self, lines: Iterable[Line], now: float) -> Pick | None:
        """The next call of those that wait in the hoppers of these lines, behind all that leave before it.

        Of the lines that could send in a trunk's next slot the one whose turn it is has it; a line that its own pace holds
        back longer is not waiting for it.
        """
        waiting = [line for line in lines if line.hopper]
        trunks = dict.fromkeys(trunk for line in waiting for trunk in line.waiting_for)
        everybody = sum(line.leaving for line in lines) if self._node_limit is not None else 0
        picks = [self._of_trunk(trunk, waiting, lines, everybody, now) for trunk in trunks]
        if not picks:
            return None
        first = min(pick.at for pick in picks)
        at_once = {pick.line.campaign.name: pick for pick in picks if pick.at <= first + SAME}
        return at_once[whose(self._node_turns, at_once)]

    def taken(self, pick: Pick) -> None:
        """The pick's call is on its way: its campaign has had its turn."""
        campaign = pick.line.campaign
        turns = self._trunk_turns.get(pick.trunk, Turns())
        self._trunk_turns[pick.trunk] = served(turns, campaign.name, campaign.weight)
        self._node_turns = served(self._node_turns, campaign.name, campaign.weight)

    def opens(self, line: Line, trunk: str) -> float:
        """When the line's next call may leave over the trunk; -inf when nothing holds it back."""
        return next_send(line.pace, self._state(trunk), self._node_pace)

    def first(self, lines: Iterable[Line]) -> Line | None:
        """The line that may send first; of lines that wait for the same trunk, the one that has waited longest."""

        def order(line: Line) -> tuple[float, float]:
            return self.opens(line, line.ready[0].lead.trunk), earliest(line.pace)

        return min((line for line in lines if line.ready), key=order, default=None)

    def sent(self, attempt_id: str, line: Line, trunk: str, now: float) -> None:
        """A call of the line leaves over the trunk."""
        line.pace = after(line.pace_limit, line.pace, now)
        self._trunk_pace[trunk] = after(_limit(line, trunk), self._state(trunk), now)
        if self._node_limit is not None:
            self._node_pace = after(self._node_limit, self._node_pace, now)
        self._sent[attempt_id] = Sent(line, trunk, now, now)
        # Those that no channel was made for, the oldest first, matter to no second any more.
        while (oldest := next(iter(self._sent))) != attempt_id and self._sent[oldest].at < now - LEAVING_SECONDS:
            del self._sent[oldest]

    def left(self, attempt_id: str, now: float) -> None:
        """Asterisk has handed this call to the trunk: from here, not from the sending, its second counts for the pace."""
        sent = self._sent.pop(attempt_id, None)
        if sent is not None:
            self._count_from(sent, now)

    def still_leaving(self, now: float) -> None:
        """Asterisk is slow to say of some calls that they left, or its word is lost: they may leave as late as now."""
        for attempt_id, sent in self._sent.items():
            if now - sent.at <= UNSURE_SECONDS:
                return
            if now - sent.at <= LEAVING_SECONDS:
                self._count_from(sent, now)
                self._sent[attempt_id] = replace(sent, counted=now)

    def _count_from(self, sent: Sent, now: float) -> None:
        line, trunk = sent.line, sent.trunk
        line.pace = left(line.pace_limit, line.pace, sent.counted, now)
        if trunk in line.trunks:
            self._trunk_pace[trunk] = left(_limit(line, trunk), self._state(trunk), sent.counted, now)
        if self._node_limit is not None:
            self._node_pace = left(self._node_limit, self._node_pace, sent.counted, now)

    def _of_trunk(self, trunk: str, waiting: list[Line], lines: Iterable[Line], everybody: int, now: float) -> Pick:
        here = {line.campaign.name: line for line in waiting if trunk in line.waiting_for}
        limit = _limit(next(iter(here.values())), trunk)
        before = sum(line.leaving_over(trunk) for line in lines)
        slot = max(earliest(self._state(trunk)), now) + before * interval(limit)
        if self._node_limit is not None:
            slot = max(slot, max(earliest(self._node_pace), now) + everybody * interval(self._node_limit))
        own = {
            name: max(earliest(line.pace), now) + line.leaving * interval(line.pace_limit)
            for name, line in here.items()
        }
        # A pace that is as quick as the trunk's must not miss its slots by a rounding.
        able = [name for name, at in own.items() if at <= slot + interval(limit) / 2]
        turns = self._trunk_turns.get(trunk, Turns())
        name = whose(turns, able) if able else min(own, key=lambda name: own[name])
        return Pick(here[name], trunk, max(slot, own[name]))

    def _state(self, trunk: str) -> Gcra:
        return self._trunk_pace.get(trunk, Gcra())


def _limit(line: Line, trunk: str) -> Pace:
    return Pace(line.trunks[trunk].calls_per_second)
