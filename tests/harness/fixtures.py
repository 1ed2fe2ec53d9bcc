"""Fixtures: labs and a PostgreSQL for the whole session, rigs for one test or one file."""

from __future__ import annotations

import itertools
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import structlog

from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.lab import Lab, start_lab
from dialerd.lab.postgres import Cluster, private_postgres
from harness.rig import Rig

QUICK = CarrierTimes(ring=0.2, talk=0.3, late=0.5, early=0.2, speak=False)

MakeRig = Callable[..., Rig]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Puts back what `ops.logs.setup` changes in the whole process: a server that a test runs within it calls that."""
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    hooks = sys.excepthook, threading.excepthook
    shown = warnings.showwarning
    yield
    if structlog.is_configured():
        logging.captureWarnings(False)
        warnings.showwarning = shown
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.raiseExceptions = raising
        sys.excepthook, threading.excepthook = hooks
        structlog.reset_defaults()


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """The newest Asterisk with a carrier whose people are quick."""
    with start_lab(tmp_path_factory.mktemp("lab"), times=QUICK) as lab:
        yield lab


@pytest.fixture(scope="session")
def old_lab(tmp_path_factory) -> Iterator[Lab]:
    """As `lab`, on the oldest Asterisk that is supported."""
    with start_lab(tmp_path_factory.mktemp("old-lab"), suite="oldest", times=QUICK) as lab:
        yield lab


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of our own."""
    with private_postgres() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/database.db"
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def make_rig(tmp_path) -> Iterator[MakeRig]:
    """make_rig(lab, url=None): a rig of this test, on SQLite unless a URL is given."""
    with rig_maker(tmp_path) as make:
        yield make


@pytest.fixture
def rig(lab, make_rig, sqlite_url) -> Rig:
    """A rig on the newest Asterisk and SQLite."""
    return make_rig(lab, sqlite_url)


@contextmanager
def rig_maker(folder: Path) -> Iterator[MakeRig]:
    """Makes rigs, each in a folder of its own below this one, and closes them all in the end."""
    made = itertools.count(1)
    with ExitStack() as stack:

        def make(lab: Lab, url: str | None = None) -> Rig:
            home = folder / f"rig{next(made)}"
            home.mkdir()
            rig = Rig(lab, home, url or f"sqlite:///{home}/dialerd.db")
            stack.callback(rig.close)
            return rig

        yield make
