"""The demo's course: lab, list, campaign, a kill in the middle, two rounds of recycling, the comparison."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console
from rich.live import Live

from dialerd.domain.errors import Refused
from dialerd.lab.carrier_log import read_carrier_log
from dialerd.lab.claim import running_lab
from dialerd.lab.demo import result, running, screen, web
from dialerd.lab.demo.programs import Program, ask, dialerd
from dialerd.resources import share
from dialerd.settings import Settings, load
from dialerd.store import attempts
from dialerd.store.database import Database

CAMPAIGN = "demo"
LIST = "demo"
MIX = "busy=15,no-answer=20,rejected=8,unallocated=7,congestion=5"
LIMIT_SECONDS = 170.0
KILL_AFTER_SHARE = 0.35
RUNNING_FILE = "running.json"
DEMO_LIST = Path(__file__).parents[1] / "data" / "demo.csv"
_LOOK_SECONDS = 0.25
_LINE_SECONDS = 5.0
_EVERY_ATTEMPT = 100_000


def run(folder: Path, *, keep: bool, console: Console) -> dict[str, Any]:
    """Run the demo in `folder`; what is in its summary.json, whose `faults` are empty when the carrier agrees on every
    call. With `keep` all goes on running afterwards.

    Raises Refused when an earlier demo still runs there, Unavailable when something it needs cannot be had.
    """
    home = folder.absolute()
    if any(process.running for process in running.read(home / RUNNING_FILE).values()):
        raise Refused(f"{home}: a demo still runs there; stop it with `dialerd demo --stop --dir {home}`")
    if running_lab(home / "lab") is not None:
        raise Refused(f"{home}: a lab still runs there; stop it with `dialerd lab down --dir {home / 'lab'}`")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    demo = Demo(home, console)
    with ExitStack() as stack:
        stack.callback(demo.end)
        found = demo.play(watched=keep)
        (home / "summary.json").write_text(json.dumps(found, indent=2) + "\n")
        result.show(console, found)
        if keep:
            stack.pop_all()
            demo.tell_how_to_look()
    console.print(f"Summary: {home / 'summary.json'}", markup=False, highlight=False, soft_wrap=True)
    if found["faults"]:
        console.print("The demo failed.", style="red")
    else:
        console.print("The demo passed.", style="green")
    return found


def stop(folder: Path) -> list[str]:
    """Stop what a demo has running in `folder`, kept or left behind by one that was killed; the names of what was stopped.

    Raises Refused when there is nothing, Unavailable when something does not end.
    """
    home = folder.absolute()
    noted = running.read(home / RUNNING_FILE)
    stopped = [name for name, process in noted.items() if process.end()]
    (home / RUNNING_FILE).unlink(missing_ok=True)
    if not stopped:
        raise Refused(f"{home}: no demo runs here")
    return stopped


class Demo:
    """One run: its programs and what they have shown so far."""

    def __init__(self, home: Path, console: Console) -> None:
        """`home` is an empty folder."""
        self._home = home
        self._console = console
        lab_command = dialerd(None, "lab", "up", "--dir", str(home / "lab"), "--mix", MIX)
        self._lab = Program("the lab", lab_command, home / "lab.log")
        self._config = home / "lab" / "dialerd.toml"
        self._engine = Program("the engine", dialerd(self._config, "run"), home / "engine.log")
        self._agi = Program("the FastAGI server", dialerd(self._config, "agi"), home / "agi.log")
        self._web: Program | None = None
        self._kills = 0
        self._open_at_kills: set[str] = set()
        self._story = ""

    def play(self, *, watched: bool) -> dict[str, Any]:
        """The whole story; what was found. `watched`: with the console."""
        version = self._start_lab()
        imported = self._prepare()
        if watched and web.is_installed():
            self._serve()
        self._say(f"$ dialerd campaign start {CAMPAIGN}")
        ask(self._config, "campaign", "start", CAMPAIGN)
        settings = load(self._config)
        database = Database(settings.database.url)
        try:
            seconds, completed = self._dial(database, settings, imported["imported"])
            with database.read() as conn:
                made = attempts.page(conn, campaign=CAMPAIGN, limit=_EVERY_ATTEMPT)
        finally:
            database.close()
        calls = read_carrier_log(self._home / "lab" / "carrier.csv")
        course = result.Course(
            kills=self._kills,
            open_at_kills=frozenset(self._open_at_kills),
            pace_target=settings.campaigns[CAMPAIGN].calls_per_second,
            seconds=seconds,
            completed=completed,
        )
        return result.summary(version, imported, made, calls, course)

    def end(self) -> None:
        """Stop everything: the engine first, so that it can drain."""
        for program in self._programs:
            program.end()
        (self._home / RUNNING_FILE).unlink(missing_ok=True)

    def tell_how_to_look(self) -> None:
        """Say how to look at what goes on running, and how to stop it."""
        command = quote(str(Path(sys.executable).with_name("dialerd")))
        look = f"{command} --config {quote(str(self._config))}"
        lines = (
            "All goes on running. Look:",
            f"  {look} status",
            f"  {look} call list --limit 20",
            f"  {look} list show {LIST}",
            *self._ways_in(look),
            "Stop it:",
            f"  {command} demo --stop --dir {quote(str(self._home))}",
        )
        self._say("\n".join(lines))

    def _ways_in(self, look: str) -> tuple[str, ...]:
        if self._web is None:
            return ("The console needs the extra web: pip install 'dialerd[web]'",)
        again = f"  {look} user link {web.USER}"
        return "In the browser; the link lets you in once:", f"  {web.link(self._config)}", "Another link:", again

    @property
    def _programs(self) -> tuple[Program, ...]:
        """In the order in which they are stopped."""
        others = (self._web,) if self._web is not None else ()
        return *others, self._engine, self._agi, self._lab

    def _start(self, program: Program) -> None:
        program.start()
        pids = {one.name: one.process.pid for one in self._programs if one.process is not None and one.running}
        running.write(self._home / RUNNING_FILE, {name: running.process(pid) for name, pid in pids.items()})

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _start_lab(self) -> str:
        self._say("Starting a real Asterisk and a simulated carrier ...")
        self._start(self._lab)
        state = self._lab.first_json()
        shutil.copy(share("config") / "campaigns.d" / "demo.toml", self._home / "lab" / "campaigns.d")
        version = str(state["asterisk_version"])
        self._say(f"Asterisk {version} is up; the carrier answers, is busy, does not answer ...: {MIX}")
        return version

    def _prepare(self) -> dict[str, Any]:
        for command in (
            ("list", "create", LIST, "--region", "US", "--countries", "any"),
            ("list", "import", LIST, str(DEMO_LIST), "--rejects", str(self._home / "rejected.csv")),
            ("campaign", "assign", CAMPAIGN, LIST),
        ):
            self._say(f"$ dialerd {' '.join(command)}")
            answer = ask(self._config, *command)
            if command[1] == "import":
                imported: dict[str, Any] = answer
        for program in (self._agi, self._engine):
            self._start(program)
        return imported

    def _serve(self) -> None:
        self._web = web.prepare(self._config, self._home / "web.log")
        self._start(self._web)
        web.wait(self._web, self._config)
        self._say(f"The console, to watch all of it; this link lets you in once:\n  {web.link(self._config)}")

    def _dial(self, database: Database, settings: Settings, total: int) -> tuple[float, bool]:
        """Watch until the campaign has completed; kill the engine once on the way."""
        began, started = datetime.now(UTC), time.monotonic()
        target = settings.campaigns[CAMPAIGN].calls_per_second
        self._story = "first round"
        next_line = 0.0
        with Live(console=self._console, refresh_per_second=4, transient=True) as live:
            while True:
                seconds = time.monotonic() - started
                with database.read() as conn:
                    now = screen.look(conn, CAMPAIGN, began, datetime.now(UTC))
                self._tell(now, total, database)
                if self._console.is_terminal:
                    live.update(screen.view(now, self._story, total=total, target=target, seconds=seconds))
                elif seconds >= next_line:
                    next_line += _LINE_SECONDS
                    self._say(screen.line(now, self._story, total=total, target=target, seconds=seconds))
                if now.state == "completed" or now.only_held(datetime.now(UTC)):
                    return seconds, True
                if seconds > LIMIT_SECONDS:
                    return seconds, False
                self._agi.require_running()
                time.sleep(_LOOK_SECONDS)

    def _tell(self, now: screen.Look, total: int, database: Database) -> None:
        if self._kills == 0 and now.dialed >= total * KILL_AFTER_SHARE:
            self._engine.require_running()
            self._kill_engine(database)
            self._start(self._engine)
        elif self._kills and now.dialed >= total and self._story.startswith("kill"):
            self._story = "recycling: no answer, busy and congestion come back"
            self._say(f"      {self._story}")
        self._engine.require_running()

    def _kill_engine(self, database: Database) -> None:
        self._engine.signal(signal.SIGKILL)
        self._engine.end()
        with database.read() as conn:
            on_their_way = [one.attempt_id for one in attempts.open_attempts(conn) if one.sending_at is not None]
        self._kills += 1
        self._open_at_kills.update(on_their_way)
        self._story = f"kill -9 of the engine with {len(on_their_way)} calls on their way; started again"
        self._say(f"      {self._story}")
