"""Debian and Ubuntu packages unpacked into a cache folder, without root and without touching the machine.

The mirror is the machine's own, so nothing here names a host. The whole closure of a package is fetched by apt-get
with a state of its own, and unpacked by dpkg-deb.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dialerd.domain.errors import Unavailable

_KEYRINGS = Path("/usr/share/keyrings")
_UNNEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info")
_APT_QUIET = '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\nAcquire::Languages "none";\n'


@dataclass(frozen=True, slots=True)
class Mirror:
    """A package archive: where it is, which release this machine runs, and what to read from it."""

    site: str
    codename: str
    components: str
    keyring: Path | None


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where unpacked packages are kept: `$XDG_CACHE_HOME/dialerd`, else `~/.cache/dialerd`."""
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "dialerd"


def own_mirror(package: str, cure: str) -> Mirror:
    """The archive this machine gets its own packages from, wanted for `package`.

    Raises Unavailable when there is no apt-get or dpkg-deb, or no archive is configured; `cure` ends that message.
    """
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise Unavailable(f"no {package} here, and this machine has no {program} to fetch it with; {cure}")
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in asked.stdout.splitlines():
        site, _, codename = line.partition(" ")
        site = site.rstrip("/")
        if site.endswith("/debian"):
            return Mirror(site, codename, "main", _keyring("debian-archive-keyring"))
        if site.endswith("/ubuntu"):
            return Mirror(site, codename, "main universe", _keyring("ubuntu-archive-keyring"))
    raise Unavailable(f"no {package} here, and apt-get knows no Debian or Ubuntu mirror to fetch it from; {cure}")


def unpacked(
    packages: Sequence[str], *, suite: str | None, cure: str, cache: Path | None = None, size: str = ""
) -> Path:
    """The folder that holds `packages` and all they need, unpacked once and then found again at no cost.

    With a `suite` the closure is complete down to the C library and runs with its own loader. With None it is what
    `apt-get install` would add to this machine now, and runs with the machine's loader. Several processes may ask at
    once: one fetches, the others wait. Raises Unavailable with `cure` in its message.
    """
    cache = cache or cache_folder()
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    target = cache / f"{packages[0]}-{suite or 'own'}-{digest}"
    if target.is_dir():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / f"{target.name}.lock"):
            if not target.is_dir():
                _fetch(packages, own_mirror(packages[0], cure), suite, target, cure=cure, size=size)
    except OSError as error:
        raise Unavailable(f"cannot unpack {packages[0]} into {cache}: {error.strerror or error}; {cure}") from error
    return target


def _keyring(name: str) -> Path | None:
    found = (_KEYRINGS / f"{name}{ending}" for ending in (".gpg", ".pgp"))
    return next((path for path in found if path.is_file()), None)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(packages: Sequence[str], mirror: Mirror, suite: str | None, target: Path, *, cure: str, size: str) -> None:
    about = f", {size}" if size else ""
    sys.stderr.write(f"dialerd: fetching {packages[0]} ({suite or mirror.codename}{about}) into {target}\n")
    sys.stderr.flush()
    work = target.with_name(f"{target.name}.part")
    # A killed run leaves its folder; the lock says nobody is using it now.
    shutil.rmtree(work, ignore_errors=True)
    try:
        options = _private_apt(work / "apt", mirror, suite)
        _apt([*options, "update"], packages[0], cure)
        _apt([*options, "install", "--yes", "--download-only", *packages], packages[0], cure)
        root = work / "root"
        root.mkdir()
        for archive in sorted((work / "apt/cache/archives").glob("*.deb")):
            _run(["dpkg-deb", "--extract", str(archive), str(root)], packages[0], cure)
        for folder in _UNNEEDED:
            shutil.rmtree(root / folder, ignore_errors=True)
        root.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _private_apt(folder: Path, mirror: Mirror, suite: str | None) -> list[str]:
    """The apt-get command line that reads and writes only `folder`."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    # Post-Invoke hooks of container images clean the machine's own cache: not ours to touch.
    (folder / "apt.conf").write_text(_APT_QUIET)
    settings = [
        f"Dir::State={folder}/state",
        f"Dir::State::lists={folder}/state/lists",
        f"Dir::Cache={folder}/cache",
        "Dir::Cache::pkgcache=",
        "Dir::Cache::srcpkgcache=",
        "Debug::NoLocking=1",
        "APT::Install-Recommends=0",
        "APT::Sandbox::User=",
        "Acquire::Retries=3",
    ]
    if suite is None:
        settings.append("Dir::State::status=/var/lib/dpkg/status")
    else:
        signed = f"signed-by={mirror.keyring} " if mirror.keyring else ""
        source = f"deb [{signed}check-valid-until=no] {mirror.site} {suite} {mirror.components}\n"
        (folder / "sources.list").write_text(source)
        # An empty status file: nothing counts as installed, so the closure comes down to the C library.
        (folder / "state/status").write_text("")
        settings += [
            f"Dir::State::status={folder}/state/status",
            f"Dir::Etc::sourcelist={folder}/sources.list",
            "Dir::Etc::sourceparts=/dev/null",
            "Dir::Etc::preferences=/dev/null",
            "Dir::Etc::preferencesparts=/dev/null",
        ]
    return ["apt-get", "-q", "-c", f"{folder}/apt.conf", *(part for setting in settings for part in ("-o", setting))]


def _apt(command: Sequence[str], package: str, cure: str) -> None:
    _run(command, package, cure, environ={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})


def _run(command: Sequence[str], package: str, cure: str, environ: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=environ, errors="replace"
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        told = next((line for line in said if line.startswith("E:")), said[-1] if said else f"exit {done.returncode}")
        raise Unavailable(f"cannot fetch {package}: {command[0]} says: {told.removeprefix('E: ')}; {cure}")
