"""The engine dies, freezes, is told to leave, or finds that its name is taken."""

from __future__ import annotations

import random
import signal
import time
from functools import partial

from dialerd.domain.lifecycle import CampaignAction
from dialerd.ops.crash import CrashPoint
from drill.fault import Fault
from drill.patient import Patient
from drill.verdict import Terms
from drill.world import PACE, RULES, World
from harness.rig import CAMPAIGN

NO_UNKNOWN = Terms(PACE, unknown=False)
UNAVAILABLE = 69
# Ten seconds of silence, and up to five more before anybody looks.
PAST_ITS_LEASE_SECONDS = 16.0
QUICK_PACE = 30
REST_SECONDS = 0.5
_random = random.Random(5)


def crash(world: World, point: CrashPoint) -> None:
    """It is killed at a named point and started again."""
    passes = _random.randint(1, 4)
    with world.breaking():
        world.engine.kill()
        world.engine.start({"DIALERD_CRASH_AT": f"{point}:{passes}"})
        assert world.engine.exit_code() == -signal.SIGKILL
        world.engine.start()


def sigterm(world: World) -> None:
    """It drains with calls up, and is started again."""
    with world.breaking():
        world.engine.signal(signal.SIGTERM)
        assert world.engine.exit_code() == 0
        world.engine.start()


def second_sigterm(world: World) -> None:
    """It leaves at once with calls up, and is started again."""
    with world.breaking():
        world.engine.signal(signal.SIGTERM)
        world.engine.wait_for("draining")
        world.engine.signal(signal.SIGTERM)
        world.engine.exit_code()
        world.engine.start()


def same_name(world: World) -> None:
    """A second engine under its name is refused."""
    second = Patient(world.config, ("run",), world.folder / "second.log")
    with world.breaking():
        second.start()
        try:
            assert second.exit_code() == UNAVAILABLE, second.tail()
        finally:
            second.kill()


def frozen_past_its_lease(world: World) -> None:
    """It stands still for longer than anybody waits for it, another engine takes over, and it wakes up."""
    before = world.settings["node"]["name"]
    world.settings["node"]["name"] = "heir"
    world.write_settings()
    heir = Patient(world.config, ("run",), world.folder / "heir.log")
    world.settings["node"]["name"] = before
    try:
        heir.start()
        heir.wait_for("asterisk_connected")
        world.write_settings()
        world.more_calls(PACE)
        with world.breaking():
            world.engine.signal(signal.SIGSTOP)
            try:
                world.last_for(PAST_ITS_LEASE_SECONDS)
                world.more_calls(PACE)
            finally:
                world.engine.signal(signal.SIGCONT)
        world.more_calls(2 * PACE)
        heir.signal(signal.SIGTERM)
        heir.exit_code()
    finally:
        heir.kill()


def paused_and_resumed(world: World) -> None:
    """Between the claim and the call, again and again: nothing leaves behind the answer to a pause."""
    rests: list[tuple[float, float]] = []
    with world.breaking():
        for _ in range(5):
            world.act(CampaignAction.PAUSE)
            began = time.time()
            world.last_for(REST_SECONDS)
            rests.append((began, time.time()))
            world.act(CampaignAction.RESUME)
            world.more_calls(3)
    # When they were committed: a busy machine takes its time until the carrier sees them.
    sent = [one.sending_at.timestamp() for one in world.attempts() if one.sending_at is not None]
    late = [at for at in sent if any(began < at < ended for began, ended in rests)]
    assert not late, f"sent behind the answer to a pause: {late}"


def pace_and_reload(world: World) -> None:
    """The pace changes while leads wait in the hopper, and the files are read again."""
    with world.breaking():
        for pace in (QUICK_PACE, 3, QUICK_PACE, PACE):
            world.write_campaign(**{**RULES, "calls_per_second": pace})
            world.engine.signal(signal.SIGHUP)
            world.agi.signal(signal.SIGHUP)
            world.engine.wait_for("setting_changed", key=f"campaigns.{CAMPAIGN}.calls_per_second", new=str(pace))
            world.engine.look_from_here()
            world.more_calls(4)


FAULTS = [
    *(Fault(f"engine_killed_{point}", partial(crash, point=point), cycles=2) for point in CrashPoint),
    Fault("engine_sigterm", sigterm, terms=NO_UNKNOWN),
    Fault("engine_second_sigterm", second_sigterm),
    Fault("engine_name_taken", same_name, terms=NO_UNKNOWN),
    Fault("engine_frozen_past_its_lease", frozen_past_its_lease, databases=("postgresql",)),
    Fault("pause_between_claim_and_send", paused_and_resumed, terms=NO_UNKNOWN),
    Fault("pace_and_reload_between_claim_and_send", pace_and_reload, terms=Terms(QUICK_PACE, unknown=False)),
]
