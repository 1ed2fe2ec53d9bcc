"""Finds a Chromium for the tests of the console and its screenshots: the one in PATH, else one unpacked without root."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialerd.domain.errors import Unavailable
from dialerd.lab.packages import unpacked

_CURE = (
    "install Chromium yourself: apt-get install chromium; on Ubuntu: .venv/bin/playwright install --with-deps chromium"
)
_PACKAGES = ("chromium", "fonts-dejavu-core", "fontconfig-config")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OF_PLAYWRIGHT = ".cache/ms-playwright/chromium-*/chrome-linux*/chrome"

FLAGS = (
    # Its sandbox needs rights of the kernel that root in a container does not have; it only ever opens our own pages.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
)
"""With these it runs as root, without a screen, and asks nobody on the internet."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A Chromium that can be started: its program, and what it needs in its environment beside what is there."""

    program: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def find_chromium(path: str | None = None, home: Path | None = None) -> Chromium:
    """The Chromium in `path` (None: PATH), else one that Playwright installed below `home`, else one unpacked from this
    machine's own mirror. Raises Unavailable.
    """
    for name in _NAMES:
        installed = shutil.which(name, path=path)
        # Ubuntu's is a script that wants snap, which a container has not.
        if installed is not None and not _wants_snap(Path(installed)):
            return Chromium(Path(installed))
    downloaded = sorted((home or Path.home()).glob(_OF_PLAYWRIGHT))
    if downloaded:
        return Chromium(downloaded[-1])
    root = unpacked(_PACKAGES, suite=None, cure=_CURE, size="about 100 MB to download")
    program = root / "usr/lib/chromium/chromium"
    if not program.is_file():
        raise Unavailable(f"{root} holds no Chromium: remove that folder and try again; {_CURE}")
    return Chromium(program, _environment(root))


def _wants_snap(program: Path) -> bool:
    with program.open("rb") as file:
        begin = file.read(2000)
    return begin.startswith(b"#!") and b"snap" in begin


def _environment(root: Path) -> dict[str, str]:
    """Where its libraries are; and its fonts, when this machine has none."""
    libraries = sorted(root.glob("usr/lib/*-linux-gnu*"))
    # Some libraries stand in a folder of their own, which those that need them name by its place on a whole system.
    apart = {found.parent for library in libraries for found in library.glob("*/lib*.so*")}
    folders = [str(folder) for folder in (*libraries, *sorted(apart), root / "usr/lib/chromium")]
    found = {"LD_LIBRARY_PATH": os.pathsep.join([*folders, *filter(None, [os.environ.get("LD_LIBRARY_PATH", "")])])}
    fonts = root / "etc/fonts/fonts.conf"
    if not Path("/etc/fonts/fonts.conf").exists() and fonts.is_file():
        found |= {"FONTCONFIG_FILE": str(fonts), "FONTCONFIG_SYSROOT": str(root)}
    return found
