"""The README's "your own Asterisk in ten minutes", followed to the letter against an Asterisk that knows no dialerd."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dialerd.lab.guarded import Guarded
from dialerd.lab.instance import fill
from dialerd.lab.lab import start_lab
from harness.fixtures import QUICK
from harness.waiting import wait_for

pytestmark = pytest.mark.asterisk

ROOT = Path(__file__).parents[2]
ENDPOINT = "my-carrier"
SECRET = "a-long-random-secret-of-mine"
BLOCK = re.compile(r"((?:^(?! {4}).+\n)+)\n((?:^ {4}.*\n)+)", re.MULTILINE)


def steps() -> list[tuple[str, str]]:
    """The section's blocks to type or to copy, each with the paragraph before it, in their order."""
    section = re.search(
        r"^## Your own Asterisk in ten minutes\n(.*?)^## ", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    found = BLOCK.findall(section[1])
    return [(above.replace("\n", " "), re.sub(r"^ {4}", "", block, flags=re.MULTILINE)) for above, block in found]


def settings(paragraph: str) -> list[tuple[str, str]]:
    """What the paragraph says to set: the file, and the line as it shall be."""
    _, *parts = re.split(r"In `([^`]+\.toml)`", paragraph)
    return [
        (file, line)
        for file, words in zip(parts[::2], parts[1::2], strict=True)
        for line in re.findall(r"`(\w+ = [^`]+)`", words)
    ]


def change(file: Path, *lines: str) -> None:
    """Writes each of these lines in the place of the one that sets the same option, which the file has once."""
    text = file.read_text()
    for line in lines:
        option = line.partition(" = ")[0]
        text, times = re.subn(rf"^{option} = .*$", line, text, flags=re.MULTILINE)
        assert times == 1, f"{file.name} sets {option} {times} times"
    file.write_text(text)


class Reader:
    """Somebody with an Asterisk, a carrier and a checkout who does what the README says."""

    def __init__(self, lab, home: Path) -> None:
        self.lab = lab
        self.etc = lab.asterisk.home / "etc"
        self.home = home
        self.exports = ""
        for folder in ("asterisk-conf", "config"):
            (home / folder).symlink_to(ROOT / folder)
        (home / ".venv/bin").mkdir(parents=True)
        programs = {
            home / ".venv/bin/dialerd": [sys.executable, "-m", "dialerd"],
            home / "asterisk": lab.asterisk._command,
        }
        for path, command in programs.items():
            path.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
            path.chmod(0o755)

    def has_an_asterisk(self) -> None:
        """As a package leaves it, with a trunk that works; only the ports are this test's own."""
        ports = self.lab.ports
        bare = {
            "manager.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {ports.ami}\n",
            "extensions.conf": f"[globals]\nDIALERD_AGI = agi://127.0.0.1:{ports.agi}\n\n[default]\n",
            "pjsip.conf": fill("dialer-pjsip.conf", {"sip_port": ports.sip, "carrier_port": ports.carrier})
            .replace("[carrier]", f"[{ENDPOINT}]")
            .replace("= carrier", f"= {ENDPOINT}")
            .replace("context = inside\n", "")
            .replace("context = dialerd-trunk", "context = default"),
        }
        for name, text in bare.items():
            (self.etc / name).write_text(text)
        self.lab.restart_asterisk()

    def follow(self, paragraph: str, block: str) -> str:
        """Copy the block where the paragraph says, or type it; what was shown."""
        block = block.replace("CHANGE-ME", SECRET)
        for file, line in settings(paragraph):
            change(self.home / file, line)
        named = re.search(r"/etc/asterisk/(\w+\.conf)`", paragraph)
        if named is None:
            return self.type(block)
        path = self.etc / named[1]
        if "the end of" in paragraph:
            path.write_text(path.read_text() + block)
        else:
            change(path, block.strip())
        return ""

    def type(self, block: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{self.exports}\n{block}".replace("/etc/asterisk", str(self.etc))],
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        self.exports += "".join(f"{line}\n" for line in block.splitlines() if line.startswith("export "))
        return done.stdout

    def in_another_terminal(self, block: str) -> Guarded:
        """Type it there, and let it run."""
        script = f"cd {shlex.quote(str(self.home))}\n{self.exports}\nexec {block}"
        return Guarded(
            ["bash", "-c", script],
            self.home / "up.log",
            end_with=signal.SIGTERM,
            environment=self._environment(),
        )

    def choose(self) -> None:
        """What the README leaves to its reader."""
        toml, ports = self.home / "my/dialerd.toml", self.lab.ports
        change(toml, f'endpoint = "{ENDPOINT}"')
        sound = self.lab.dir / "sounds" / "hello"
        change(self.home / "my/campaigns.d/demo.toml", 'caller_id = "+12025550123"', f'file = "{sound}"')
        text = toml.read_text()
        for default, own in (
            (5038, ports.ami),
            (4573, ports.agi),
            (9641, ports.engine_metrics),
            (9642, ports.agi_metrics),
        ):
            assert f"port = {default}\n" in text
            text = text.replace(f"port = {default}\n", f"port = {own}\n")
        toml.write_text(text)

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DIALERD_")}
        return {**clean, "PWD": str(self.home), "PATH": f"{self.home}:{clean['PATH']}"}


@pytest.fixture
def reader(tmp_path):
    with start_lab(tmp_path / "lab", times=QUICK) as lab:
        home = tmp_path / "checkout"
        home.mkdir()
        somebody = Reader(lab, home)
        somebody.has_an_asterisk()
        yield somebody


def test_who_follows_the_readme_has_a_call_on_the_line_of_their_own_carrier(reader):
    todo = steps()
    daemon = next(index for index, (_, block) in enumerate(todo) if block == "dialerd up\n")
    for above, block in todo[:daemon]:
        reader.follow(above, block)
        if "Write the settings" in above:
            reader.choose()
    up = reader.in_another_terminal(todo[daemon][1])
    try:
        log = reader.home / "up.log"
        wait_for(lambda: "asterisk_connected" in log.read_text(), "the engine is connected", 30, log.read_text)
        for above, block in todo[daemon + 1 :]:
            reader.follow(above, block)
        [call] = reader.lab.wait_for_calls(lambda calls: calls and all(call.ended for call in calls), timeout=30)
        assert call.number == "+14155551234"

        def ended():
            made = json.loads(reader.type("dialerd call list --json"))
            return [one for one in made if one["disposition"]]

        [attempt] = wait_for(ended, "the call's disposition", 15, log.read_text)
        assert (attempt["phone"], attempt["disposition"]) == ("+14155551234", "answered")
    finally:
        up.end()
