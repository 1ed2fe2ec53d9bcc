"""Runs worlds, and tells all about the first one that goes wrong."""

from __future__ import annotations

import gc
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from simulation.world import World

COMMAND = "PYTHONPATH=tests .venv/bin/python -m simulation"


@dataclass(frozen=True, slots=True)
class Failure:
    """A world in which something happened that must not."""

    seed: int
    error: BaseException
    trace: list[str] = field(default_factory=list)

    def __str__(self):
        where = "".join(traceback.format_exception(self.error)[-3:])
        lines = "\n".join(self.trace)
        return f"seed {self.seed}: {self.error}\n\nto see it again: {COMMAND} {self.seed}\n\n{lines}\n\n{where}"


def first_failure(seeds, *, stress=()):
    """The first of the worlds that goes wrong, or None. `stress` as in plan.draw."""
    with silence(), _seldom_collecting():
        failed = next((seed for seed in seeds if failure_of(World(seed, stress=stress)) is not None), None)
    if failed is None:
        return None
    error, trace = played(failed, stress)
    return Failure(failed, error or AssertionError("it does not fail again: the world is not deterministic"), trace)


def played(seed, stress=()):
    """What went wrong in this world, if anything, and what happened in it, the engine's own log among it."""
    world = World(seed, stress=stress, trace=True)
    with _told(world):
        return failure_of(world), world.trace


def failure_of(world):
    """What went wrong in it, or None."""
    try:
        world.run()
    except Exception as error:  # noqa: BLE001 - a broken rule, or whatever the product raised
        return error
    return None


@contextmanager
def silence():
    """Nothing is logged meanwhile."""
    # What is below its level costs structlog next to nothing, and nothing is made for what would write it.
    nothing = structlog.ReturnLoggerFactory()
    with _configured(wrapper_class=structlog.make_filtering_bound_logger(50), logger_factory=nothing):
        yield


@contextmanager
def _seldom_collecting():
    """A world is one heap of cycles: garbage is not worth looking for before there are some worlds of it."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, *before[1:])
    # Else each full collection walks through all modules, again and again.
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


@contextmanager
def _told(world):
    def tell(_logger, _method, said):
        event = said.pop("event")
        world.say(f"    log: {event} " + " ".join(f"{key}={value}" for key, value in said.items()))
        raise structlog.DropEvent

    with _configured(processors=[tell], wrapper_class=structlog.make_filtering_bound_logger(20)):
        yield


@contextmanager
def _configured(**changes):
    before = structlog.get_config()
    structlog.configure(**{**before, "cache_logger_on_first_use": False, **changes})
    try:
        yield
    finally:
        structlog.configure(**before)
