"""APScheduler as an alarm clock: it opens and closes windows and wakes the dial loop. A job only calls back.

The settings close the library's traps: late runs are still run (its default skips what is a second late), runs that
pile up become one, and all of it is in UTC, since a local 01:30 comes twice in autumn and 02:30 not at all in spring.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

EVENT_KINDS = {EVENT_JOB_ERROR: "error", EVENT_JOB_MISSED: "missed", EVENT_JOB_MAX_INSTANCES: "max_instances"}


class Schedule:
    """Named alarms, each at one instant. Setting an alarm again moves it."""

    def __init__(self, on_trouble: Callable[[str], None]) -> None:
        """`on_trouble` hears `error`, `missed` or `max_instances` when an alarm did not run as it should."""
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

        self._set: dict[str, datetime] = {}

        def listen(event: JobEvent) -> None:
            on_trouble(EVENT_KINDS[event.code])

        self._scheduler.add_listener(listen, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        """Begin. Needs a running event loop."""
        self._scheduler.start()

    def close(self) -> None:
        """No alarm goes off any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def at(self, name: str, instant: datetime, ring: Callable[[], None]) -> None:
        """Call `ring` on the event loop at this instant, or now when it has passed; once. It must not block."""
        if self._set.get(name) == instant:
            return
        self._set[name] = instant

        async def on_loop() -> None:
            ring()

        self._scheduler.add_job(on_loop, "date", run_date=instant, id=name, replace_existing=True)

    def every(self, name: str, seconds: float, ring: Callable[[], None]) -> None:
        """Call `ring` on the event loop again and again."""

        async def on_loop() -> None:
            ring()

        self._scheduler.add_job(on_loop, "interval", seconds=seconds, id=name, replace_existing=True)
