"""Packages unpacked into the cache: once, whole or not at all, whoever asks, with a clear word when it cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dialerd.domain.errors import Unavailable
from dialerd.lab.packages import cache_folder, unpacked
from dialerd.lab.provision import find_asterisk

CURE = "do it yourself: apt-get install thing"

# Plays apt-get: names a mirror, "downloads" one archive, and writes down how it was called.
APT = """#!/bin/sh
echo "$*" >> "{home}/asked"
case "$*" in
  indextargets*) cat "{home}/targets"; exit ;;
  *--download-only*)
    if test -e "{home}/failing"; then echo "W: hm"; echo "E: Unable to locate package thing" >&2; exit 100; fi
    sleep 0.2
    for word in "$@"; do case "$word" in
      Dir::Cache=*) touch "${{word#*=}}/archives/thing.deb" ;;
      Dir::Etc::sourcelist=*) cp "${{word#*=}}" "{home}/sources" ;;
    esac; done ;;
esac
"""
DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/bin" "$3/usr/share/doc/thing"
echo thing > "$3/usr/bin/thing"
"""


class Machine:
    """A machine with our apt-get and dpkg-deb, and nothing of the real one's packages."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cache = home / "cache"
        self.programs = home / "bin"
        self.programs.mkdir()
        self.mirror("http://mirror.example/debian bookworm")
        self.program("apt-get", APT.format(home=home))
        self.program("dpkg-deb", DPKG_DEB)

    def program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def mirror(self, *lines: str) -> None:
        (self.home / "targets").write_text("".join(f"{line}\n" for line in lines))

    def asked(self, word: str) -> int:
        return sum(word in line for line in (self.home / "asked").read_text().splitlines())

    def fetch(self, suite: str | None = "sid") -> Path:
        return unpacked(("thing", "libc6"), suite=suite, cure=CURE, cache=self.cache)


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{machine.programs}:/usr/bin:/bin")
    return machine


def test_packages_are_unpacked_without_what_nobody_reads_and_found_again_without_asking_anybody(machine, capsys):
    folder = machine.fetch()
    assert (folder / "usr/bin/thing").read_text() == "thing\n"
    assert not (folder / "usr/share/doc").exists()
    assert "fetching thing (sid) into" in capsys.readouterr().err
    (machine.programs / "apt-get").unlink()
    assert machine.fetch() == folder
    assert capsys.readouterr().err == ""


def test_of_several_processes_at_once_one_fetches_and_all_get_the_same(machine):
    script = (
        "import sys, pathlib; from dialerd.lab.packages import unpacked;"
        "print(unpacked(('thing', 'libc6'), suite='sid', cure='', cache=pathlib.Path(sys.argv[1])))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(machine.cache)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = {process.communicate()[0] for process in started}
    assert said == {f"{machine.fetch()}\n"}
    assert machine.asked("--download-only") == 1


def test_what_a_killed_run_left_behind_is_not_taken_for_the_whole(machine):
    folder = machine.fetch()
    torn = folder.with_name(f"{folder.name}.part") / "root/usr"
    folder.rename(folder.with_name("elsewhere"))
    torn.mkdir(parents=True)
    assert (machine.fetch() / "usr/bin/thing").is_file()
    assert not torn.exists()


def test_the_source_is_the_machines_own_mirror_with_the_suite_asked_for(machine):
    machine.mirror("http://other.example/stuff bookworm", "http://mirror.example/debian/ bookworm")
    machine.fetch()
    source = (machine.home / "sources").read_text()
    assert source.startswith("deb [")
    assert source.endswith("check-valid-until=no] http://mirror.example/debian sid main\n")


def test_ubuntus_mirror_is_read_with_universe(machine):
    machine.mirror("http://mirror.example/ubuntu noble")
    machine.fetch("noble")
    assert (machine.home / "sources").read_text().endswith(" http://mirror.example/ubuntu noble main universe\n")


def test_without_a_suite_it_is_what_the_machine_itself_would_install(machine):
    machine.fetch(None)
    assert machine.asked("Dir::State::status=/var/lib/dpkg/status") == 2
    assert machine.asked("Dir::Etc::sourcelist") == 0


def test_a_refusal_of_apt_is_told_in_its_words_and_leaves_nothing(machine):
    (machine.home / "failing").touch()
    with pytest.raises(Unavailable) as told:
        machine.fetch()
    assert str(told.value) == f"cannot fetch thing: apt-get says: Unable to locate package thing; {CURE}"
    assert [path.suffix for path in machine.cache.iterdir()] == [".lock"]


@pytest.mark.parametrize("program", ["apt-get", "dpkg-deb"])
def test_a_missing_program_is_named_with_the_cure(machine, monkeypatch, program):
    (machine.programs / program).unlink()
    monkeypatch.setenv("PATH", str(machine.programs))
    with pytest.raises(Unavailable) as told:
        machine.fetch()
    assert str(told.value) == f"no thing here, and this machine has no {program} to fetch it with; {CURE}"


def test_a_machine_without_a_mirror_is_told_so(machine):
    machine.mirror("http://other.example/stuff bookworm")
    with pytest.raises(Unavailable, match="apt-get knows no Debian or Ubuntu mirror to fetch it from; do it yourself"):
        machine.fetch()


def test_a_cache_that_cannot_be_written_is_named(machine):
    machine.cache.touch()
    with pytest.raises(Unavailable, match=f"cannot unpack thing into {machine.cache}: "):
        machine.fetch()


def test_an_unpacked_asterisk_that_is_not_whole_is_found_out(machine, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(machine.home))
    with pytest.raises(Unavailable, match="is not a whole Asterisk: remove that folder and try again"):
        find_asterisk("newest")


def test_the_cache_is_where_the_user_keeps_caches():
    assert cache_folder({"XDG_CACHE_HOME": "/elsewhere"}) == Path("/elsewhere/dialerd")
    assert cache_folder({}) == cache_folder({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache/dialerd"
