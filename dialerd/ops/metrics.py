"""What Prometheus may ask a process. Labels are campaigns and kinds; never a number, a lead or an attempt."""

from __future__ import annotations

import threading
from typing import Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, start_http_server

from dialerd import __version__
from dialerd.domain.errors import Unavailable

_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GROUP = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The instruments of one process, in a registry of their own, so that two can live in one test.

    Times are seconds, paces are calls per second.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(namespace="dialerd", registry=registry)
        Info("dialerd_build", "The running version", registry=registry).info({"version": __version__})
        self._counters(registry)
        self._gauges(registry)
        self._histograms(registry)

    def _counters(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "dialerd_calls", "Attempts that ended, by disposition", ("campaign", "disposition"), registry=registry
        )
        self.ami_events = Counter(
            "dialerd_ami_events", "Events of our own calls, by kind", ("event",), registry=registry
        )
        self.ami_failures = Counter(
            "dialerd_ami_failures", "What went wrong with AMI, by kind", ("kind",), registry=registry
        )
        self.agi_failures = Counter(
            "dialerd_agi_failures", "FastAGI sessions that failed, by kind", ("kind",), registry=registry
        )
        self.journal_reports = Counter(
            "dialerd_journal_reports",
            "Reports that went through the journal: journaled, replayed, lost",
            ("event",),
            registry=registry,
        )
        self.scheduler_events = Counter(
            "dialerd_scheduler_events", "Jobs the scheduler missed, overlapped or failed", ("kind",), registry=registry
        )

    def _gauges(self, registry: CollectorRegistry) -> None:
        self.open_calls = Gauge("dialerd_open_calls", "Attempts that have not ended", ("campaign",), registry=registry)
        self.pace_target = Gauge(
            "dialerd_pace_target",
            "Calls per second the campaign may start on this engine",
            ("campaign",),
            registry=registry,
        )
        self.pace_achieved = Gauge(
            "dialerd_pace_achieved", "Calls per second it started of late", ("campaign",), registry=registry
        )
        self.hopper_depth = Gauge(
            "dialerd_hopper_depth", "Claimed leads that wait for their turn", ("campaign",), registry=registry
        )
        self.trunk_open = Gauge(
            "dialerd_trunk_open", "1 while the trunk's breaker lets no calls through", ("trunk",), registry=registry
        )
        self.tasks = Gauge("dialerd_tasks", "Tasks of the engine's event loop", registry=registry)
        self.journal_waiting = Gauge(
            "dialerd_journal_waiting", "Reports that wait in this machine's journal folder", registry=registry
        )
        self.ami_connected = Gauge("dialerd_ami_connected", "1 while logged in to Asterisk", registry=registry)

    def _histograms(self, registry: CollectorRegistry) -> None:
        self.claim_seconds = Histogram(
            "dialerd_claim_seconds", "Time of one claim", registry=registry, buckets=_LATENCY
        )
        self.commit_seconds = Histogram(
            "dialerd_commit_seconds", "Time of one group commit", registry=registry, buckets=_LATENCY
        )
        self.commit_group_size = Histogram(
            "dialerd_commit_group_size", "Pieces of work in one group commit", registry=registry, buckets=_GROUP
        )
        self.ami_send_seconds = Histogram(
            "dialerd_ami_send_seconds", "From sending an action to its response", registry=registry, buckets=_LATENCY
        )
        self.agi_seconds = Histogram(
            "dialerd_agi_seconds", "Time of one FastAGI session", ("script",), registry=registry, buckets=_LATENCY
        )

    def committed(self, works: int, seconds: float) -> None:
        """A group commit of so many pieces of work took so long."""
        self.commit_group_size.observe(works)
        self.commit_seconds.observe(seconds)

    def forget_campaign(self, campaign: str) -> None:
        """No more gauges of a campaign that is gone; its counters stay."""
        for gauge in (self.open_calls, self.pace_target, self.pace_achieved, self.hopper_depth):
            gauge.remove_by_labels({"campaign": campaign})

    def serve(self, host: str, port: int) -> MetricsServer | None:
        """Answers GET /metrics from a thread until closed; None for port 0. Raises Unavailable when it cannot listen."""
        if port == 0:
            return None
        try:
            server, thread = start_http_server(port, host, self.registry)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise Unavailable(
                f"metrics on {host}:{port}: cannot listen: {reason}; give another metrics_port, or 0 for none"
            ) from None
        return MetricsServer(server, thread)


class MetricsServer:
    """A running metrics page; also a context manager."""

    def __init__(self, server: WSGIServer, thread: threading.Thread) -> None:
        self._server, self._thread = server, thread

    def close(self) -> None:
        """Stops listening. Returns when the thread is gone."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
