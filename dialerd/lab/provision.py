"""Finds an Asterisk to run: the one in PATH, else one unpacked from the machine's own mirror."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dialerd.domain.errors import Unavailable
from dialerd.lab.chromium import find_chromium
from dialerd.lab.packages import unpacked
from dialerd.lab.postgres import find_postgres

_CURE = "install Asterisk yourself: apt-get install asterisk"
_SBIN = ("/usr/sbin", "/usr/local/sbin")


@dataclass(frozen=True, slots=True)
class Asterisk:
    """An Asterisk that can be started.

    `command` begins its command line (a loader when it does not belong to this machine), `modules` and `data` are
    what asterisk.conf calls astmoddir and astdatadir, `version` is as "22.10.1".
    """

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str

    @property
    def language(self) -> str:
        """The folder of `data/sounds` that plays the part of English: packages leave `en` to a later step."""
        english = sorted(folder.name for folder in (self.data / "sounds").glob("en*") if folder.is_dir())
        return english[0] if english else "en"

    @property
    def major(self) -> int:
        """The release series: 22 for 22.10.1."""
        return int(self.version.partition(".")[0])


def find_asterisk(suite: str | None = None) -> Asterisk:
    """The Asterisk to run the lab on.

    `suite` None: the one in PATH (or an sbin folder), else "newest". "newest": Debian's sid, on Ubuntu its own
    release. "oldest": the oldest the project supports, 16. Any other value names a release of the machine's mirror.
    Raises Unavailable, saying what is missing and how to install it.
    """
    if suite is None:
        installed = _installed()
        if installed is not None:
            return _from_system(Path(installed))
    root = unpacked(("asterisk", "libc6"), suite=_release(suite), cure=_CURE, size="about 80 MB to download")
    return _from_root(root)


def _installed() -> str | None:
    return shutil.which("asterisk") or next((f for d in _SBIN if (f := shutil.which("asterisk", path=d))), None)


def _release(suite: str | None) -> str:
    if suite not in {None, "newest", "oldest", "bullseye"}:
        return str(suite)
    # Asking apt-get would cost more than starting Asterisk; it is asked when something has to be fetched.
    system = _os_release()
    if "ubuntu" in {system.get("ID"), *system.get("ID_LIKE", "").split()}:
        own = system.get("UBUNTU_CODENAME") or system.get("VERSION_CODENAME", "")
        return "focal" if suite in {"oldest", "bullseye"} else own
    return "bullseye" if suite in {"oldest", "bullseye"} else "sid"


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _from_system(binary: Path) -> Asterisk:
    prefixes = dict.fromkeys((binary.resolve().parent.parent, Path("/usr"), Path("/usr/local")))
    folders = [*(p for prefix in prefixes for p in _module_folders(prefix)), *_module_folders(Path("/"))]
    modules = next((folder for folder in folders if (folder / "chan_pjsip.so").is_file()), None)
    if modules is None:
        raise Unavailable(f"{binary} has no chan_pjsip.so in any known module folder; {_CURE}")
    # Without its documentation folder Asterisk refuses to start: its options are described there.
    data = next((d for d in _data_folders(list(prefixes)) if (d / "documentation").is_dir()), Path("/var/lib/asterisk"))
    return Asterisk((str(binary),), modules, data, _version((str(binary),)))


def _from_root(root: Path) -> Asterisk:
    # Links named ld-linux* outside the library folder may be absolute and then lead to the machine's own loader.
    loader = next(
        (found for at in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*") for found in root.glob(f"{at}/ld-linux*.so.*")),
        None,
    )
    modules = next((folder for folder in _module_folders(root / "usr") if (folder / "chan_pjsip.so").is_file()), None)
    if loader is None or modules is None:
        raise Unavailable(f"{root} is not a whole Asterisk: remove that folder and try again")
    libraries = [
        loader.parent,
        *root.glob("usr/lib/*-linux-gnu*"),
        *root.glob("usr/lib/*-linux-gnu*/pulseaudio"),
        root / "usr/lib",
    ]
    path = ":".join(dict.fromkeys(str(folder) for folder in libraries))
    command = (str(loader), "--library-path", path, str(root / "usr/sbin/asterisk"))
    return Asterisk(command, modules, root / "usr/share/asterisk", _version(command))


def _module_folders(prefix: Path) -> Iterator[Path]:
    yield from prefix.glob("lib/*-linux-gnu*/asterisk/modules")
    yield from (prefix / lib / "asterisk/modules" for lib in ("lib", "lib64"))


def _data_folders(prefixes: list[Path]) -> Iterator[Path]:
    yield from (prefix / "share/asterisk" for prefix in prefixes)
    yield Path("/var/lib/asterisk")


def _version(command: tuple[str, ...]) -> str:
    told = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False)
    found = re.search(r"Asterisk (?:certified/)?([0-9]+(?:\.[0-9]+)*)", told.stdout)
    if found is None:
        raise Unavailable(f"{command[-1]} does not run ({(told.stderr or told.stdout).strip()[:200]}); {_CURE}")
    return found[1]


def fetch_all() -> None:
    """Brings everything the tests run on into the cache: the newest and the oldest Asterisk, PostgreSQL and Chromium."""
    for suite in (None, "oldest"):
        find_asterisk(suite)
    find_postgres()
    find_chromium()


if __name__ == "__main__":
    try:
        fetch_all()
    except Unavailable as error:
        sys.exit(f"dialerd: {error}")
