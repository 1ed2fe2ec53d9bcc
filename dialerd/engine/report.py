"""What the engine says about itself: the node's status row, the metrics, one line for systemd."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from dialerd.engine.dialer import Dialer
from dialerd.engine.reload import Reloads
from dialerd.engine.tracker import Tracker
from dialerd.engine.trunks import Trunks
from dialerd.engine.watch import Watch
from dialerd.ops.clock import Clock
from dialerd.ops.metrics import Metrics
from dialerd.settings import Settings
from dialerd.telephony.ami import AmiLink

PACE_WINDOW_SECONDS = 10.0


class Report:
    """Reads the parts, changes nothing but metrics."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        links: Mapping[str, AmiLink],
        dialer: Dialer,
        tracker: Tracker,
        trunks: Trunks,
        watch: Watch,
        reloads: Reloads,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        """All of them belong to one engine."""
        self._settings = settings
        self._links = links
        self._dialer = dialer
        self._tracker = tracker
        self._trunks = trunks
        self._watch = watch
        self._reloads = reloads
        self._metrics = metrics
        self._clock = clock

    def status(self) -> dict[str, Any]:
        """The node's status as JSON, asked for on the event loop: the link, `servers` for each Asterisk, and for each campaign
        why it is or is not dialing.

        `pace` and `target` are calls per second, `hopper` is leads claimed and not yet sent, `calls` is calls in the air.
        """
        now = self._clock.monotonic()
        campaigns: dict[str, Any] = {}
        for name, reason in self._watch.reasons.items():
            line = self._dialer.lines.get(name)
            calls = self._tracker.count(name)
            pace = line.sent_within(PACE_WINDOW_SECONDS, now) / PACE_WINDOW_SECONDS if line else 0.0
            target = line.pace_limit.calls_per_second if line and line.room is None else 0.0
            hopper = line.waiting if line else 0
            campaigns[name] = {"reason": reason, "hopper": hopper, "calls": calls, "pace": pace, "target": target}
            if calls == 0 and name not in self._settings().campaigns:
                self._metrics.forget_campaign(name)
                continue
            for gauge, value in (
                (self._metrics.open_calls, calls),
                (self._metrics.pace_achieved, pace),
                (self._metrics.pace_target, target),
                (self._metrics.hopper_depth, hopper),
            ):
                gauge.labels(name).set(value)
        self._metrics.ami_connected.set(all(link.session is not None for link in self._links.values()))
        self._metrics.tasks.set(len(asyncio.all_tasks()))
        return {
            "link": self._link,
            "servers": {name: link.state for name, link in self._links.items()},
            "dialing": self._dialer.obstacle is None,
            "calls": len(self._tracker),
            "trunks": self._trunks.status(),
            "reload": self._reloads.last,
            "campaigns": campaigns,
        }

    def line(self) -> str:
        """One line for people."""
        lines = self._dialer.lines.values()
        pace = (
            sum(line.sent_within(PACE_WINDOW_SECONDS, self._clock.monotonic()) for line in lines) / PACE_WINDOW_SECONDS
        )
        return f"Asterisk {self._link}, {len(self._tracker)} calls up, {pace:.1f} calls per second"

    @property
    def _link(self) -> str:
        """The connection, in a word or with its reason: "connected" when one Asterisk at least is."""
        states = {name: link.state for name, link in self._links.items()}
        if "connected" in states.values() or len(states) == 1:
            return "connected" if "connected" in states.values() else next(iter(states.values()))
        return "; ".join(f"{name} {state}" for name, state in states.items())
