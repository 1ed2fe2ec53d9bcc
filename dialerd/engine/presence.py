"""This engine among others on one database: its row, its heartbeat, and that nobody else goes by its name."""

from __future__ import annotations

import asyncio
import math
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from dialerd import __version__
from dialerd.domain.errors import DialerdError, Unavailable
from dialerd.engine.crew import Crew
from dialerd.engine.dialer import Dialer
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.store import campaigns, nodes
from dialerd.store.database import Connection
from dialerd.store.nodes import NodeRecord

BEAT_SECONDS = 2.0
# Two heartbeats may be late, or lost with a database that restarts.
SILENCE = timedelta(seconds=3 * BEAT_SECONDS)
# Where there may be other engines, so often each says which paces it wants a part of, and looks who else does.
CREW_SECONDS = 0.5

log = structlog.get_logger("dialerd.engine")


class Presence:
    """The row of node `node`, held by this life of the engine, `owner`."""

    def __init__(
        self,
        writes: Writes,
        clock: Clock,
        crew: Crew,
        dialer: Dialer,
        status: Callable[[], Mapping[str, Any]],
        *,
        node: str,
        owner: str,
    ) -> None:
        """`status` is what goes into the row with each heartbeat. The crew is told who is there, and then the dialer that
        its parts may have changed.
        """
        self._writes = writes
        self._clock = clock
        self._crew = crew
        self._dialer = dialer
        self._status = status
        self._node = node
        self._owner = owner
        self._told_at = -math.inf
        self._now = asyncio.Event()

    async def enter(self, configured: Iterable[str]) -> None:
        """Take the row, and make a draft of every configured campaign that is new.

        Raises Unavailable when an engine that seems alive goes by this name: it would take our calls for its own.
        """
        now = self._clock.now()

        def work(conn: Connection) -> NodeRecord | None:
            before = nodes.register(
                conn,
                self._node,
                instance=self._owner,
                pid=os.getpid(),
                host=socket.gethostname(),
                version=__version__,
            )
            if before is not None and _alive(before):
                raise Unavailable(
                    f"node {self._node}: each engine needs its own name, and another engine runs under this one "
                    f"(pid {before.pid} on {before.host}); stop it, or set node.name"
                )
            campaigns.ensure(conn, configured, now)
            return before

        before = await self._writes(work)
        self._crew.inherit(before.asks if before is not None else (), self._clock.monotonic())

    def beat_now(self) -> None:
        """We may want a part of other paces than before."""
        if not self._crew.single and self._dialer.wanted != self._crew.wanted:
            self._now.set()

    async def run(self) -> None:
        """Write heartbeats until cancelled. Raises Unavailable when another engine has taken the name."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                ours = await self._beat()
            except DialerdError as error:
                log.error("heartbeat_failed", error=str(error))
            else:
                if not ours:
                    raise Unavailable(
                        f"node {self._node}: another engine has taken this name, so this one stops; set node.name"
                    )
                self._dialer.share()
                if self._crew.in_haste:
                    continue
            timer = loop.call_later(BEAT_SECONDS if self._crew.single else CREW_SECONDS, self._now.set)
            await self._now.wait()
            timer.cancel()
            self._now.clear()

    async def _beat(self) -> bool:
        began = self._clock.monotonic()
        self._crew.ask(self._dialer.wanted, began)
        asked, status = self._crew.asked, None
        if self._crew.single or began >= self._told_at + BEAT_SECONDS:
            status = dict(self._status())

        def work(conn: Connection) -> tuple[bool, list[NodeRecord]]:
            ours = nodes.beat(conn, self._node, self._owner, status, asks=asked)
            return ours, [] if self._crew.single else nodes.all(conn)

        ours, rows = await self._writes(work)
        if ours:
            self._told_at = self._told_at if status is None else began
            self._crew.looked(asked, rows, began, self._clock.monotonic())
        return ours

    async def leave(self, limit: float) -> None:
        """Give the row up: the name is free at once. Waits at most `limit` seconds for the database, and until no call of ours
        counts for a pace any more; in a greater hurry the row stays, and the others learn from its silence.
        """
        now = self._clock.monotonic()
        self._crew.ask((), now)
        rest = self._crew.lingers_until - now
        if rest > limit:
            return
        await asyncio.sleep(max(rest, 0.0))
        try:
            async with asyncio.timeout(limit):
                await self._writes(lambda conn: nodes.leave(conn, self._node, self._owner))
        except (DialerdError, TimeoutError) as error:
            log.warning("node_not_left", error=str(error) or f"no answer from the database within {limit:g} s")


def _alive(before: NodeRecord) -> bool:
    if before.silent_for > SILENCE:
        return False
    return before.host != socket.gethostname() or (before.pid != os.getpid() and _runs(before.pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
