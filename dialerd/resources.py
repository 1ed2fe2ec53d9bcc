"""Where the files that come with dialerd are: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Share = Literal["agi", "compliance", "config", "asterisk-conf", "systemd"]


def share(name: Share) -> Path:
    """The folder of this name. Raises FileNotFoundError when the installation is incomplete."""
    package = Path(__file__).resolve().parent
    for folder in (package / "share" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"{package / 'share' / name}: missing; install dialerd again")
