"""Several Asterisk servers: what stands in the way of one is no matter of the others."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dialerd.engine.senders import Senders
from dialerd.settings import Trunk


@dataclass
class OneSender:
    obstacle: str | None = None
    connected: bool = True
    asterisk: str = "entity/5038"


def trunk(asterisk):
    return Trunk(endpoint="carrier", calls_per_second=1, max_calls=1, asterisk=asterisk)


@pytest.fixture
def both():
    return {"one": OneSender(), "two": OneSender("Asterisk is not connected", connected=False, asterisk="")}


def test_while_one_takes_calls_they_leave_and_over_its_trunks_only(both):
    senders = Senders(both)
    assert senders.obstacle is None
    assert senders.obstacle_on(trunk("one")) is None
    assert senders.obstacle_on(trunk("two")) == "two: Asterisk is not connected"
    assert [senders.connected(trunk(name)) for name in both] == [True, False]
    assert [senders.asterisk(trunk(name)) for name in both] == ["entity/5038", ""]


def test_when_none_takes_calls_the_reason_names_each(both):
    both["one"].obstacle = "Asterisk does not answer"
    assert Senders(both).obstacle == "one: Asterisk does not answer; two: Asterisk is not connected"


def test_a_single_one_needs_no_name(both):
    assert Senders({"two": both["two"]}).obstacle == "Asterisk is not connected"


def test_over_a_trunk_on_an_asterisk_that_a_reload_brought_nothing_leaves_before_a_restart(both):
    senders = Senders(both)
    assert "restart the engine" in senders.obstacle_on(trunk("three"))
    assert (senders.connected(trunk("three")), senders.asterisk(trunk("three"))) == (False, "")
