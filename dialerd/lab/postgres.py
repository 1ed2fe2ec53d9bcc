"""A private PostgreSQL for tests and rehearsals: made in a moment, gone without a trace."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dialerd.domain.errors import Unavailable
from dialerd.lab.guarded import Guarded
from dialerd.lab.packages import unpacked
from dialerd.lab.ports import claim_ports

_CURE = "install PostgreSQL yourself: apt-get install postgresql"
_START_SECONDS = 30.0
_PASSWORD_BYTES = 18
# Nothing here has to survive a power cut; all else is as in production.
_OPTIONS = (
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
    "unix_socket_permissions=0700",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """The server's programs, and the folder of libraries they need beyond the machine's own, if any."""

    folder: Path
    libraries: Path | None


def find_postgres() -> Binaries:
    """The newest PostgreSQL server of this machine, else one unpacked from its own mirror. Raises Unavailable."""
    installed = _newest(Path("/"))
    if installed is not None:
        return Binaries(installed, None)
    in_path = shutil.which("initdb")
    if in_path is not None and (Path(in_path).resolve().parent / "postgres").is_file():
        return Binaries(Path(in_path).resolve().parent, None)
    root = unpacked(("postgresql",), suite=None, cure=_CURE)
    found = _newest(root)
    if found is None:
        raise Unavailable(f"{root} holds no PostgreSQL server: remove that folder and try again")
    return Binaries(found, next(iter(root.glob("usr/lib/*-linux-gnu*")), None))


def _newest(root: Path) -> Path | None:
    found = [path.parent for path in root.glob("usr/lib/postgresql/*/bin/initdb")]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


class Cluster:
    """A running server. Make databases of your own in it; `restart` and `kill` are for tests of faults."""

    def __init__(self, folder: Path, binaries: Binaries, user: str | None, port: int, password: str) -> None:
        self.port = port
        self._folder = folder
        self._binaries = binaries
        self._user = user
        self._password = password
        self._server: Guarded | None = None

    def url(self, database: str) -> str:
        """postgresql://USER:PASSWORD@127.0.0.1:PORT/DATABASE"""
        return f"postgresql://dialerd:{self._password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The URL of a new database, a copy of database `template` (which nobody may be connected to) when given.

        It is dropped at the end, with whatever is still connected.
        """
        name = f"d{secrets.token_hex(6)}"
        self.create(name, template)
        try:
            yield self.url(name)
        finally:
            with suppress(Unavailable):
                self._ask("dropdb", "--force", name)

    def create(self, name: str, template: str | None = None) -> None:
        """Makes a database. Raises Unavailable when PostgreSQL refuses."""
        self._ask("createdb", *(["--template", template] if template else []), name)

    def start(self) -> None:
        """Starts the server and returns when it takes connections. Raises Unavailable when it does not."""
        options = (
            *_OPTIONS,
            f"unix_socket_directories={self._folder}",
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
        )
        self._server = Guarded(
            [
                str(self._binaries.folder / "postgres"),
                "-D",
                str(self._data),
                *(part for option in options for part in ("-c", option)),
            ],
            self._folder / "log",
            end_with=signal.SIGQUIT,
            temporary=self._folder,
            user=self._user,
            environment=self._environment,
        )
        deadline = time.monotonic() + _START_SECONDS
        while self._run("pg_isready", "--quiet").returncode != 0:
            if self._server.exited or time.monotonic() > deadline:
                raise Unavailable(f"the private PostgreSQL did not start: {self._last_words()}")
            time.sleep(0.02)

    @property
    def running(self) -> bool:
        """False before `start`, and when the server has ended."""
        return self._server is not None and not self._server.exited

    @property
    def pid(self) -> int:
        """The process id of the server of the last `start`, 0 before it."""
        return self._server.pid if self._server is not None else 0

    def stop(self) -> None:
        """Ends the server at once, as a crash would; `start` recovers it."""
        if self._server is not None:
            self._server.end()

    def shut_down(self) -> None:
        """Ends the server in good order, as an update of its package does: its clients are cut off, all is written."""
        if self._server is not None:
            self._server.signal(signal.SIGINT)
            deadline = time.monotonic() + _START_SECONDS
            while not self._server.exited and time.monotonic() < deadline:
                time.sleep(0.02)
            self._server.end()

    def make(self) -> None:
        """Makes the cluster's files. Raises Unavailable with initdb's words when it cannot."""
        secret = self._folder / "password"
        secret.write_text(self._password)
        if self._user:
            shutil.chown(secret, self._user)
        access = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"]
        made = self._run(
            "initdb",
            "-D",
            str(self._data),
            "-U",
            "dialerd",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            *access,
            ask=False,
        )
        secret.unlink()
        if made.returncode != 0:
            raise Unavailable(f"the private PostgreSQL could not be made: {made.stderr.strip().splitlines()[-1:]}")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        libraries = {"LD_LIBRARY_PATH": str(self._binaries.libraries)} if self._binaries.libraries else {}
        return {**kept, **libraries, "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _ask(self, program: str, *arguments: str) -> None:
        done = self._run(program, *arguments)
        if done.returncode != 0:
            raise Unavailable(f"the private PostgreSQL refused: {done.stderr.strip()}")

    def _run(self, program: str, *arguments: str, ask: bool = True) -> subprocess.CompletedProcess[str]:
        where = ["-h", str(self._folder), "-p", str(self.port), *(["-U", "dialerd"] if program != "pg_isready" else [])]
        return subprocess.run(
            [str(self._binaries.folder / program), *(where if ask else []), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            env=self._environment,
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )

    def _last_words(self) -> str:
        said = re.findall(r"(?:FATAL|PANIC|ERROR|error).*", (self._folder / "log").read_text(errors="replace"))
        return said[-1] if said else "it said nothing"


@contextmanager
def private_postgres() -> Iterator[Cluster]:
    """A throw-away cluster on a loopback port of its own, for as long as the with statement lasts.

    Root runs it as another user, since PostgreSQL refuses to run as root. Raises Unavailable.
    """
    binaries = find_postgres()
    user = _servant() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="dialerd-pg-"))
    claimed = claim_ports(1)
    cluster = None
    try:
        if user:
            shutil.chown(folder, user)
            binaries = _within_reach(binaries, folder)
        cluster = Cluster(folder, binaries, user, claimed.numbers[0], secrets.token_urlsafe(_PASSWORD_BYTES))
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        if cluster is not None:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
        claimed.release()


def _servant() -> str:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Unavailable("PostgreSQL refuses to run as root, and this machine has no user nobody; run as an ordinary user")


def _within_reach(binaries: Binaries, folder: Path) -> Binaries:
    """Programs unpacked below root's home are out of that other user's sight: give it a copy."""
    if binaries.libraries is None:
        return binaries
    root = binaries.folder.parents[4]
    for part in ("usr/lib", "usr/share/postgresql"):
        shutil.copytree(root / part, folder / part, symlinks=True)
    return Binaries(folder / binaries.folder.relative_to(root), folder / binaries.libraries.relative_to(root))
