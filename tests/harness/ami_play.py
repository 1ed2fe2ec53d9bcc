"""Fixtures: an AMI link under test beside a manager interface that misbehaves on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from dialerd.telephony.ami import AmiLink, AmiTarget, LinkUp
from harness.fake_ami import FakeAmi, FakePeer

DEADLINE = 10.0


@dataclass
class Rig:
    """A link that runs against a fake manager; `events` is what the link handed on."""

    server: FakeAmi
    link: AmiLink
    events: list[object]
    task: asyncio.Task[None]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true, or fail."""
        async with asyncio.timeout(DEADLINE):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.005)

    async def up(self, times: int = 1) -> None:
        await self.until(lambda: len(self.seen(LinkUp)) >= times and self.link.session is not None)

    def seen(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def _rig(server: FakeAmi, **options: object) -> AsyncIterator[Rig]:
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: FakePeer(server), "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    target = AmiTarget("127.0.0.1", server.port, "dialerd", "s3cret-of-the-manager", boot_timeout=0.1)
    link_options = {key: options.pop(key) for key in ("queue_size",) if key in options}
    target = replace(target, **options)
    events: list[object] = []
    link = AmiLink(target, events.append, jitter=lambda: 0.0, **link_options)
    task = asyncio.create_task(link.run())
    try:
        yield Rig(server, link, events, task)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        listener.close()
        for peer in server.peers:
            peer.transport.abort()


@pytest.fixture
def fake_ami() -> FakeAmi:
    return FakeAmi()


Scenario = Callable[[Rig], Awaitable[None]]


@pytest.fixture
def play(fake_ami: FakeAmi) -> Callable[..., None]:
    """Run a scenario against the fake manager; options go to AmiTarget, `queue_size` to the link."""

    def run(scenario: Scenario, **options: object) -> None:
        async def main() -> None:
            async with _rig(fake_ami, **options) as rig:
                await scenario(rig)

        asyncio.run(main())

    return run
