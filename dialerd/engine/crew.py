"""Which engines share a pace with this one, so that all together never exceed it; see docs/decisions/0014.

Who wants a part of a pace says so in its row of `nodes` and waits until every other engine must have seen that; who has not
beaten for LEASE_SECONDS sends nothing. All times are seconds of this process's monotonic clock: no engine relies on the
clock of another, nor on the database's going evenly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from dialerd.domain.parts import part
from dialerd.store.nodes import NodeRecord

LEASE_SECONDS = 2.25
"""An engine that has not renewed its row, nor read the others', for so long sends nothing."""
WINDOW_SECONDS = 1.25
"""The second in which its last calls still count, and what Asterisk takes to make them."""
APART_SECONDS = max(2 * LEASE_SECONDS, LEASE_SECONDS + WINDOW_SECONDS)
"""After this long without a sign of an engine none of its calls counts any more; after this long with one, it has seen ours.

Twice the lease: the other may have renewed its row at the end of one, behind our last look, and we send until ours is over.
"""

NOT_KNOWN_YET = "it is being made known to the other engines"
MAKES_ROOM = "the other engines make room for this one"


@dataclass(frozen=True, slots=True)
class Share:
    """What of a pace is ours, in calls per second; when that is 0, `why` says so in words for people."""

    calls_per_second: float
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Ask:
    """A pace that we want a part of: since when our row says so, and when we may begin, None while that is not known."""

    published: float = math.inf
    opens: float | None = None


@dataclass(frozen=True, slots=True)
class _Other:
    """Another engine: its latest sign of life, and until when calls by each pace may count."""

    sign: object
    until: dict[str, float]


class Crew:
    """The engines as the engine of node `node` sees them. Names of paces are any text that all engines agree on."""

    def __init__(self, node: str, *, single: bool = False) -> None:
        """`single`: there can be no other engine, and everything is ours."""
        self._node = node
        self._single = single
        self._asks: dict[str, _Ask] = {}
        self._lingers: dict[str, float] = {}
        self._others: dict[str, _Other] = {}
        self._looked = -math.inf

    @property
    def single(self) -> bool:
        """Whether there can be no other engine."""
        return self._single

    @property
    def wanted(self) -> frozenset[str]:
        """The paces that we want a part of."""
        return frozenset(self._asks)

    @property
    def asked(self) -> frozenset[str]:
        """What our row is to say: what we want, and what we wanted until calls by it may still count. Who comes just now, and
        never saw us dial, would not know of those.
        """
        return frozenset(self._asks) | frozenset(self._lingers)

    @property
    def lingers_until(self) -> float:
        """When no call counts any more by a pace that we do not want now; -inf when that is so already."""
        return max(self._lingers.values(), default=-math.inf)

    @property
    def in_haste(self) -> bool:
        """Whether the next look is wanted at once, because something waits for it."""
        return not self._single and any(ask.opens is None for ask in self._asks.values())

    def ask(self, names: Iterable[str], now: float) -> None:
        """From now on we want a part of these, and of no others: of those nothing may be sent any more."""
        before, self._asks = self._asks, {name: self._asks.get(name, _Ask()) for name in names}
        self.inherit(before.keys() - self._asks.keys(), now)
        self._lingers = {name: end for name, end in self._lingers.items() if end > now}

    def inherit(self, names: Iterable[str], now: float) -> None:
        """Calls by these, of this node's last life for one, may have been sent until now."""
        if not self._single:
            self._lingers |= dict.fromkeys(names, now + WINDOW_SECONDS)

    def looked(self, asked: frozenset[str], rows: Iterable[NodeRecord], began: float, ended: float) -> None:
        """Our row has been renewed, saying that we want `asked`, and these rows were read, all between these instants. One look
        follows the other.
        """
        if ended - self._looked > LEASE_SECONDS:
            # The others may count on us no more.
            self._asks = dict.fromkeys(self._asks, _Ask())
        self._looked = began
        self._hear({row.name: row for row in rows if row.name != self._node}, ended)
        for name in asked & self._asks.keys():
            ask = self._asks[name]
            if ask.published == math.inf:
                self._asks[name] = _Ask(ended)
            elif ask.opens is None:
                # A look that began after ours was on disk: of two that come at the same time one at least sees the other.
                opens = ask.published + APART_SECONDS if self._sharing(name, ended) else -math.inf
                self._asks[name] = _Ask(ask.published, opens)

    def share(self, name: str, total: float, now: float) -> Share:
        """Our part of this pace, of which all engines together have `total` calls per second."""
        if self._single:
            return Share(total)
        ask, others = self._asks.get(name, _Ask()), self._sharing(name, now)
        if ask.opens is None:
            return Share(0.0, NOT_KNOWN_YET)
        if others and now < ask.opens:
            return Share(0.0, MAKES_ROOM)
        ours = part(total, len(others) + 1, sum(other < self._node for other in others))
        why = None if ours else f"other engines have its whole pace, which leaves none for engine {self._node}"
        return Share(ours, why)

    def changes_at(self, now: float) -> float:
        """When the next share may be another than it is now if nothing more is heard; inf when none will."""
        ends = (end for other in self._others.values() for end in other.until.values())
        opens = (ask.opens for ask in self._asks.values() if ask.opens is not None)
        return min((at for at in (*ends, *opens) if at > now), default=math.inf)

    def obstacle(self, now: float) -> str | None:
        """Why nothing at all may be sent, in words for people: nobody knows who else has our part by now."""
        if self._single or now - self._looked <= LEASE_SECONDS:
            return None
        return f"the database has not answered for {LEASE_SECONDS:g} s, and other engines may have its pace"

    def _hear(self, rows: dict[str, NodeRecord], now: float) -> None:
        heard: dict[str, _Other] = {}
        for node, row in rows.items():
            known, sign = self._others.get(node), (row.instance, row.heartbeat_at)
            fresh = row.silent_for <= timedelta(seconds=APART_SECONDS) if known is None else sign != known.sign
            until = dict.fromkeys(row.asks, now + APART_SECONDS) if fresh else known.until if known is not None else {}
            heard[node] = _Other(sign, until)
        self._others = heard

    def _sharing(self, name: str, now: float) -> list[str]:
        return [node for node, other in self._others.items() if other.until.get(name, -math.inf) > now]
