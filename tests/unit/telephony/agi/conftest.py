"""A FastAGI server of the test's own."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest

from dialerd.telephony.agi_server import AgiLimits, AgiServer
from harness import fake_asterisk, waiting
from harness.fake_asterisk import FakeAsterisk


@dataclass
class AgiRig:
    """A running server; `failures` is what it counted."""

    server: AgiServer
    failures: list[str]
    clients: list[FakeAsterisk] = field(default_factory=list)

    def connect(self) -> FakeAsterisk:
        self.clients.append(fake_asterisk.call(self.server.address))
        return self.clients[-1]


@pytest.fixture
def serve() -> Iterator[Callable[..., AgiRig]]:
    """Start a server with this dispatch; keyword arguments are AgiLimits, `peers` the listed networks."""
    rigs: list[AgiRig] = []

    def start(dispatch: Callable[..., None], peers: str = "127.0.0.1/32", **limits: float) -> AgiRig:
        failures: list[str] = []
        server = AgiServer(
            "127.0.0.1",
            0,
            peers=[ip_network(peers)],
            dispatch=dispatch,
            limits=AgiLimits(**{"threads": 2, **limits}),
            on_failure=failures.append,
        )
        rigs.append(AgiRig(server, failures))
        server.start()
        return rigs[-1]

    yield start
    for rig in rigs:
        for client in rig.clients:
            client.sock.close()
        rig.server.close(5)


@pytest.fixture
def wait_for() -> Callable[[Callable[[], object]], object]:
    return lambda condition: waiting.wait_for(condition, "the condition of this test", 10)


@pytest.fixture
def descriptors() -> None:
    """Room for both ends of a thousand connections in this one process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
