"""The FastAGI scripts: one file each, found by name, the admin's folder after the shipped one."""

from __future__ import annotations

import re
import sys
import threading
import types
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from dialerd.domain.errors import ConfigError, Refused, Unavailable
from dialerd.ops.journal import Journal
from dialerd.ops.journal_format import Report
from dialerd.ops.metrics import Metrics
from dialerd.settings import Settings
from dialerd.store.database import Connection, Database
from dialerd.store.writer import Batch, GroupWriter
from dialerd.telephony.agi_session import AgiSession
from dialerd.telephony.originate import ATTEMPT_VARIABLE, is_attempt_id

OK_VARIABLE = "DIALERD_OK"
COMMIT_SECONDS = 8.0
# What can go into the journal does not hold a channel for longer.
REPORT_SECONDS = 2.0

T = TypeVar("T")
Item = TypeVar("Item")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class AgiContext:
    """What a script may use besides its session. `log` is a structlog logger; `now` gives aware UTC; `database` is for
    services that do more than one transaction.
    """

    writer: GroupWriter
    settings: Callable[[], Settings]
    now: Callable[[], datetime]
    log: Any
    metrics: Metrics
    journal: Journal
    database: Database

    def commit(self, work: Callable[[Connection], T], *, seconds: float = COMMIT_SECONDS) -> T:
        """Run `work` in the writer's next transaction and return its value once it is on disk.

        Raises what `work` raises, and Unavailable when the database did not commit in time; whether it does so later
        is not known then.
        """
        return _on_disk(self.writer.submit(work), seconds)

    def commit_item(self, batch: Batch[Item, T], item: Item, *, attempt_id: str, seconds: float = COMMIT_SECONDS) -> T:
        """As commit, for work that sessions share: `batch` gets the items of all calls that wait for the same commit.

        `attempt_id` is the attempt it changes. What `batch` gives for this item is returned, or raised.
        """
        return _on_disk(self.writer.submit_item(batch, item, locks=(attempt_id,)), seconds)

    def report(self, batch: Batch[Item, T], item: Item, report: Report | None, *, attempt_id: str) -> T | None:
        """As commit_item, for what must not be lost while the database is away: None when it is on disk in the journal, as
        this `report`, because the database did not take it within two seconds, or because others wait there already. A
        report that is None cannot wait.

        Raises Unavailable when it is neither here nor there.
        """
        if report is None:
            return self.commit_item(batch, item, attempt_id=attempt_id)
        reason = "others wait before it"
        if not self.journal.waiting:
            try:
                return self.commit_item(batch, item, attempt_id=attempt_id, seconds=REPORT_SECONDS)
            except Unavailable as error:
                reason = str(error)
        try:
            self.journal.append(report)
        except Unavailable:
            self.metrics.journal_reports.labels("lost").inc()
            raise
        self.metrics.journal_reports.labels("journaled").inc()
        self.log.warning("journaled", attempt_id=attempt_id, kind=report["kind"], reason=reason)
        return None


def _on_disk(future: Future[T], seconds: float) -> T:
    # A bare lock, because whoever waits in Future.result() is woken while the writer still holds what it needs next.
    done = threading.Lock()
    done.acquire()
    future.add_done_callback(lambda _: done.release())
    if done.acquire(timeout=seconds):
        return future.result()
    future.cancel()
    raise Unavailable(f"the database did not commit within {seconds:g} s")


Script = Callable[[AgiSession, AgiContext], None]


def own_attempt(session: AgiSession, claimed: str) -> str:
    """The attempt this channel is, when its unique id and its variable DIALERD_ATTEMPT (`claimed`) agree.

    FastAGI has no authentication; a channel that is not the attempt's own may not speak for it. Raises Refused.
    """
    if is_attempt_id(claimed) and session.uniqueid == claimed:
        return claimed
    raise Refused(
        f"channel {session.uniqueid[:80]!a} says it is attempt {claimed[:80]!a}: {ATTEMPT_VARIABLE} is not its unique id"
    )


def load_scripts(*folders: Path) -> Mapping[str, Script]:
    """Every NAME.py of the folders, by name; a later folder adds to or overrides an earlier one.

    A folder that does not exist has no scripts. Files whose name begins with an underscore are left alone. Raises
    ConfigError that names each file that cannot be used, and why; nothing else changes then.
    """
    files: dict[str, Path] = {}
    problems: list[str] = []
    for folder in folders:
        for file in sorted(folder.glob("*.py")):
            if file.stem.startswith("_"):
                continue
            if _NAME.fullmatch(file.stem):
                files[file.stem] = file
            else:
                problems.append(f"{file}: the dialplan cannot name it; use a-z, 0-9, _ and -")
    scripts: dict[str, Script] = {}
    for name, file in files.items():
        try:
            scripts[name] = _load(name, file)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return MappingProxyType(scripts)


def _load(name: str, file: Path) -> Script:
    # Compiled here and not imported: no .pyc appears beside an admin's file, and a reload never sees an old one.
    module = types.ModuleType(f"dialerd_agi_{name.replace('-', '_')}")
    module.__file__ = str(file)
    try:
        code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
        # Dataclasses and typing look their module up by name while it runs.
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)  # noqa: S102 - running the admin's script is the purpose
    except SyntaxError as error:
        raise ConfigError([f"{file}: line {error.lineno}: {error.msg}"]) from None
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from None
    except Exception as error:  # noqa: BLE001 - whatever a script does while it loads, its file is to be named
        raise ConfigError([f"{file}: fails while loading: {type(error).__name__}: {error}"]) from None
    run = getattr(module, "run", None)
    if not callable(run):
        raise ConfigError([f"{file}: has no function run(session, context)"])
    return run  # type: ignore[no-any-return] # what the file defines is known only when it runs
