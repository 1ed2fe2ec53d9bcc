"""Virtual time: one heap of what happens next, and an event loop for each process of the world.

asyncio's own tasks and futures run on it, so the engine's parts need not know. Nothing sleeps: time jumps to the next thing
that happens, and things of one instant happen in the order in which they were planned.
"""

from __future__ import annotations

import asyncio
import warnings
from asyncio import events
from collections import deque
from contextlib import suppress
from heapq import heappop, heappush


class Killed(SystemExit):
    """A process dies here and now; asyncio lets this one through."""

    def __init__(self, process):
        super().__init__()
        self.process = process


class Handle:
    """One thing that happens; of a process, or (process None) of the world outside."""

    __slots__ = ("args", "at", "call", "cancelled_", "process")

    def __init__(self, at, process, call, args):
        self.at, self.process, self.call, self.args = at, process, call, args
        self.cancelled_ = False

    def cancel(self):
        self.cancelled_ = True

    def cancelled(self):
        return self.cancelled_

    def when(self):
        return self.at


class Time:
    """The one clock of a world, in seconds from 0, and all that is still to happen: `soon` in this very instant."""

    def __init__(self):
        self.now = 0.0
        self.soon = deque()
        self._later = []
        self._order = 0
        self._running = None
        self.processes = []

    def at(self, at, process, call, args=()):
        self._order += 1
        handle = Handle(max(self.now, at), process, call, args)
        heappush(self._later, (handle.at, self._order, handle))
        return handle

    def after(self, seconds, call, *args):
        """Something of the world outside happens then."""
        return self.at(self.now + seconds, None, call, args)

    def run(self, over, until):
        """Let time go on until `over()` says so, asked after each instant, or until this second."""
        soon, later, happen = self.soon, self._later, self._happen
        while True:
            while soon:
                happen(soon.popleft())
            if over():
                return
            if not later or later[0][0] > until:
                self.now = until
                return
            self.now, _, handle = heappop(later)
            happen(handle)

    def close(self):
        """Nothing happens any more."""
        for process in self.processes:
            process.close()
        self._later.clear()
        self.soon.clear()

    def _happen(self, handle):
        if handle.cancelled_:
            return
        process = handle.process
        if process is not None:
            if process.dead:
                return
            if process.frozen_until > self.now:
                self._order += 1
                heappush(self._later, (process.frozen_until, self._order, handle))
                return
            if process is not self._running:
                self._enter(process)
            process.steps += 1
            if process.steps == process.dies_at_step:
                process.die()
                return
        try:
            handle.call(*handle.args)
        except Killed as killed:
            killed.process.die()

    def _enter(self, process):
        self._running = process
        events._set_running_loop(process)


class Process(asyncio.AbstractEventLoop):
    """The event loop of one process. Once `dead` nothing of it happens any more, not even its `finally`; until
    `frozen_until` everything of it waits, as with SIGSTOP. It dies before step number `dies_at_step`, if there is one.
    """

    def __init__(self, time, name, on_fault, on_death, dies_at_step=0):
        self.name = name
        self.steps = 0
        self.dies_at_step = dies_at_step
        self._on_death = on_death
        self.dead = False
        self.frozen_until = 0.0
        self._time = time
        self._on_fault = on_fault
        self._tasks = []
        time.processes.append(self)

    def die(self):
        """As kill -9."""
        if not self.dead:
            self.dead = True
            self._on_death()

    def time(self):
        return self._time.now

    def call_soon(self, callback, *args, context=None):
        handle = Handle(self._time.now, self, callback, args)
        self._time.soon.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(self, delay, callback, *args, context=None):
        return self._time.at(self._time.now + delay, self, callback, args)

    def call_at(self, when, callback, *args, context=None):
        return self._time.at(when, self, callback, args)

    def create_future(self):
        return asyncio.Future(loop=self)

    def create_task(self, coro, *, name=None, context=None):
        task = asyncio.Task(coro, loop=self, name=name or "task")
        # Of the dead too: thrown away in the middle of a world, their `finally` would run in somebody else's life.
        self._tasks.append(task)
        return task

    def close(self):
        """The world is over; what was not finished is thrown away."""
        self.dead = True
        events._set_running_loop(self)
        with warnings.catch_warnings():
            # Some have never begun.
            warnings.simplefilter("ignore", RuntimeWarning)
            for task in self._tasks:
                if not task.done():
                    with suppress(RuntimeError):
                        task.get_coro().close()
        events._set_running_loop(None)

    def call_exception_handler(self, context):
        # Tasks of the dead are thrown away unfinished; that is what dying is.
        if not self.dead:
            self._on_fault(context.get("exception") or RuntimeError(context["message"]))

    def get_debug(self):
        return False

    def is_running(self):
        return True

    def is_closed(self):
        return False
