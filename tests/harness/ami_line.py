"""A manager link to a lab's Asterisk, for tests that place single calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dialerd.domain.callstate import ChannelGone
from dialerd.domain.errors import ConfigError
from dialerd.store.ids import new_attempt_id
from dialerd.telephony.ami import AmiLink, AmiTarget
from dialerd.telephony.originate import OriginateOrder, originate


@dataclass
class Line:
    """A link to a lab and what it told."""

    link: AmiLink
    task: asyncio.Task[None]
    events: list[object] = field(default_factory=list)

    def of(self, attempt_id: str) -> list[object]:
        return [event for event in self.events if getattr(event, "attempt_id", None) == attempt_id]

    def seen(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], object], seconds: float = 15) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.01)

    async def call(self, number: str, ring_timeout: float = 5.0) -> str:
        attempt_id = new_attempt_id(datetime.now(UTC))
        order = OriginateOrder(attempt_id, "carrier", number, "+12025550123", ring_timeout)
        reply = await self.link.session.send(originate(order), timeout=5)
        assert (reply.ok, reply.message) == (True, "Originate successfully queued")
        return attempt_id

    async def end_of(self, attempt_id: str) -> ChannelGone:
        def gone():
            return [event for event in self.of(attempt_id) if isinstance(event, ChannelGone)]

        await self.until(gone)
        return gone()[0]


@asynccontextmanager
async def linked(lab, **options):
    settings = {"secret": lab.ami_secret, "ping_interval": 0.5, "ping_timeout": 2.0} | options
    events: list[object] = []
    link = AmiLink(AmiTarget("127.0.0.1", lab.ports.ami, "dialerd", **settings), events.append)
    line = Line(link, asyncio.create_task(link.run()), events)
    try:
        yield line
    finally:
        line.task.cancel()
        with suppress(asyncio.CancelledError, ConfigError):
            await line.task


def play(lab, scenario, **options):
    async def main():
        async with linked(lab, **options) as line:
            await scenario(line)

    asyncio.run(main())
