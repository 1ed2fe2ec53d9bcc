"""The walk-through for list owners works as it stands there, command by command."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "list-owner.md"
BLOCK = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)


def blocks():
    """The commands of the section, block by block."""
    section = re.search(r"^## A walk-through to type\n(.*?)^## ", GUIDE.read_text(), re.MULTILINE | re.DOTALL)[1]
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in BLOCK.findall(section)]


@pytest.fixture
def shell(cli, tmp_path):
    """Runs a block as somebody who types it, in a folder of their own, and returns what was shown."""
    programs, home = tmp_path / "bin", tmp_path / "home"
    programs.mkdir()
    home.mkdir()
    (programs / "dialerd").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dialerd "$@"\n')
    (programs / "dialerd").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "DIALERD_CONFIG": str(cli.config),
        "PYTHONIOENCODING": "utf-8",
    }

    def run(block):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.mark.timeout(400)
def test_each_command_of_the_walk_through_succeeds_in_order(cli, shell):
    shown = [shell(block) for block in blocks()]
    assert len(shown) >= 7
    text = "\n".join(shown)
    for told in ("5 rows = 4 imported", "1 rejected", "version 2", "penetration", "Archived"):
        assert told in text
    views = {view["name"]: view["status"] for view in cli.json("list", "list")}
    assert views == {"june": "ready", "later": "ready"}
    assert cli.json("list", "stats", "later")["dialable"] == 2


def test_the_walk_through_has_every_step_that_was_promised():
    commands = "\n".join(blocks())
    for step in ("example", "preview", "import", "diff", "rollback", "export", "move", "stats"):
        assert f"dialerd list {step}" in commands
