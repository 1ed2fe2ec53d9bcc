"""A lab starts quickly, stays on loopback, shares the machine with others, and leaves nothing when it ends."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from dialerd.domain.errors import BadInput, Refused, Unavailable
from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.carrier_log import read_carrier_log
from dialerd.lab.fates import Fate
from dialerd.lab.lab import start_lab
from dialerd.lab.provision import find_asterisk
from dialerd.settings import load
from harness.agi_stub import AgiStub
from harness.raw_ami import RawAmi
from harness.waiting import wait_for

# Two seconds on a machine that does nothing else.
READY_SECONDS = 30.0

pytestmark = pytest.mark.asterisk

LOOPBACK = "0100007F"


def processes_of(folder: Path) -> list[str]:
    """Command lines that name the folder."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"{folder}/" in line:
            lines.append(line)
    return lines


def sockets_of(pid: int) -> list[tuple[str, str, int]]:
    """Protocol, local address in the kernel's hexadecimal, and port of all the process's internet sockets."""
    inodes = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    found = []
    for table in ("tcp", "udp", "tcp6", "udp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = row.split()
            if f"socket:[{columns[9]}]" in inodes:
                address, _, port = columns[1].partition(":")
                found.append((table, address, int(port, 16)))
    return found


def test_a_lab_is_ready_within_seconds_and_its_settings_lead_to_it(tmp_path):
    began = time.monotonic()
    with start_lab(tmp_path / "lab") as lab:
        assert time.monotonic() - began < READY_SECONDS
        settings = load(lab.config)
        assert settings.asterisk.port == lab.ports.ami
        assert settings.asterisk.require_secret() == lab.ami_secret
        assert settings.agi.port == lab.ports.agi
        assert settings.trunks["carrier"].endpoint == "carrier"
        assert settings.database.url == f"sqlite:///{tmp_path}/lab/dialerd.db"


def test_two_labs_at_once_do_not_hear_each_other(tmp_path):
    deep = tmp_path / ("so-deep-that-a-socket-path-ends-" * 3)
    with start_lab(tmp_path / "one") as one, start_lab(deep, mix={Fate.BUSY: 100}) as other:
        for lab, number in ((one, "+4930557001404"), (other, "+4930557002404")):
            with RawAmi(lab) as ami:
                ami.call("a", number)
            lab.wait_for_calls(lambda calls: all(call.ended for call in calls) and calls)
        assert [(call.number, call.fate) for call in one.calls()] == [("+4930557001404", "unallocated")]
        assert [(call.number, call.fate) for call in other.calls()] == [("+4930557002404", "busy")]


def test_a_lab_that_is_closed_has_a_whole_log_and_leaves_no_process_port_or_socket(tmp_path):
    with start_lab(tmp_path / "lab") as lab:
        with RawAmi(lab) as ami:
            for turn, ending in enumerate(("201", "180", "100", "181")):
                ami.call(f"open-{turn}", f"+4930557003{ending}", ring_ms=60_000)
            lab.wait_for_calls(lambda calls: len(calls) == 4)
        assert [call.ended for call in lab.calls() if call.fate != Fate.ANSWER_STAY] == [None, None, None]
        assert len(processes_of(tmp_path)) >= 2
        ports = (lab.ports.ami, lab.ports.sip, lab.ports.carrier)
    assert len(calls := lab.calls()) == 4
    assert all(call.ended and call.hangup_by for call in calls)
    assert processes_of(tmp_path) == []
    assert not (tmp_path / "lab/lab.json").exists()
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))


def test_the_log_survives_the_dialing_asterisk_and_the_carrier(tmp_path):
    with start_lab(tmp_path / "lab") as lab:
        with RawAmi(lab) as ami:
            ami.call("a", "+4930557004486")
            ami.call("b", "+4930557004180", ring_ms=60_000)
            lab.wait_for_calls(lambda calls: len(calls) == 2 and any(call.ended for call in calls))
        lab.asterisk.kill()
        lab.restart_asterisk()
        with RawAmi(lab) as ami:
            ami.call("a", "+4930557005486")
            lab.wait_for_calls(lambda calls: sum(bool(call.ended) for call in calls) == 2)
        lab.carrier.kill()
        still_up = {call.number[-6:]: call.ended is None for call in lab.calls()}
        assert still_up == {"004486": False, "004180": True, "005486": False}


@pytest.mark.parametrize("suite", [None, "oldest"])
def test_core_restart_ends_asterisk_and_the_lab_brings_it_back(tmp_path, suite):
    with start_lab(tmp_path / "lab", suite=suite) as lab:
        before = lab.asterisk.pid
        lab.asterisk_rx("core restart now")
        wait_for(lambda: lab.asterisk.exited, "the end of Asterisk")
        lab.restart_asterisk()
        assert lab.asterisk.pid != before
        with RawAmi(lab) as ami:
            ami.call("a", "+4930557006486")
            ami.wait(Event="Hangup", Uniqueid="a")


def test_everything_that_others_could_send_to_is_on_loopback_also_in_a_call(tmp_path):
    """PJSIP opens two sockets to ask DNS with, on ports the kernel gives it; nothing is served on those."""
    kernels_own = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    with start_lab(tmp_path / "lab") as lab, RawAmi(lab) as ami:
        ami.call("a", "+4930557007183", ring_ms=60_000)
        lab.wait_for_calls(bool)
        for instance in (lab.asterisk, lab.carrier):
            sockets = wait_for(lambda pid=instance.pid: _with_media(sockets_of(pid)), "media of the call")
            for protocol, address, port in sockets:
                assert address == LOOPBACK or (protocol.startswith("udp") and port >= kernels_own)


def _with_media(sockets: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    return sockets if any(10_000 <= port < 20_000 for _, _, port in sockets) else []


def test_a_mix_is_kept_exactly_over_each_hundred_calls(tmp_path):
    mix = {Fate.BUSY: 30, Fate.CONGESTION: 20, Fate.UNALLOCATED: 50}
    with start_lab(tmp_path / "lab", mix=mix, seed=7) as lab, RawAmi(lab) as ami:
        for turn in range(100):
            ami.call(f"m{turn:03d}", f"+4930557008{turn:03d}")
        calls = lab.wait_for_calls(lambda calls: len(calls) == 100 and all(call.ended for call in calls))
    fates = [call.fate for call in calls]
    assert {fate: fates.count(fate) for fate in set(fates)} == mix


def test_a_person_who_answers_greets_then_talks_then_hangs_up(tmp_path):
    stay = {"DIALERD_DEST_TYPE": "extension", "DIALERD_DEST_CONTEXT": "dialerd-demo", "DIALERD_DEST_EXTEN": "stay"}
    times = CarrierTimes(ring=0.1, talk=0.5)
    with (
        start_lab(tmp_path / "lab", times=times) as lab,
        AgiStub(lab.ports.agi, route=lambda talk: talk.set(**stay, DIALERD_OK="1")),
        RawAmi(lab) as ami,
    ):
        ami.call("a", "+4930557010200")
        [call] = lab.wait_for_calls(lambda calls: [call for call in calls if call.ended])
    assert call.answered - call.time >= 0.1
    assert 0.9 + 0.5 <= call.ended - call.answered < 4
    assert call.hangup_by == "callee"


def test_a_folder_holds_one_lab_at_a_time_and_is_free_again_when_it_ends(tmp_path):
    with start_lab(tmp_path / "lab"), pytest.raises(Refused, match=r"lab: a lab runs here already; stop it with: "):
        start_lab(tmp_path / "lab")
    start_lab(tmp_path / "lab").close()


@pytest.mark.parametrize(
    ("folder", "mix", "error", "words"),
    [
        ("lab", "busy=lots", BadInput, "--mix: 'busy=lots' is not FATE=PERCENT"),
        ("two words", None, Unavailable, "Asterisk's configuration cannot name this folder"),
        ("file/lab", None, Unavailable, "cannot be used for a lab: Not a directory; choose another --dir"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_starts(tmp_path, folder, mix, error, words):
    (tmp_path / "file").touch()
    with pytest.raises(error, match=words):
        start_lab(tmp_path / folder, mix=mix)
    assert processes_of(tmp_path) == []


def test_an_asterisk_without_pjsip_is_found_out_at_the_start(tmp_path):
    with start_lab(tmp_path / "lab") as lab:
        lab.asterisk.kill()
        modules = lab.dir / "asterisk/etc/modules.conf"
        modules.write_text(modules.read_text().replace("load = chan_pjsip.so\n", ""))
        with pytest.raises(Unavailable, match=r"the lab's Asterisk could not load chan_pjsip\.so"):
            lab.restart_asterisk()


def test_a_frozen_carrier_does_not_keep_a_lab_from_closing(tmp_path):
    lab = start_lab(tmp_path / "lab")
    lab.carrier.signal(signal.SIGSTOP)
    lab.asterisk.signal(signal.SIGSTOP)
    lab.close()
    assert processes_of(tmp_path) == []
    assert read_carrier_log(lab.carrier_log) == []


def test_an_asterisk_in_path_is_taken_before_any_that_would_have_to_be_fetched(tmp_path, monkeypatch):
    unpacked = find_asterisk("newest")
    program = tmp_path / "usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {" ".join(unpacked.command)} "$@"\n')
    program.chmod(0o755)
    (tmp_path / "usr/lib/asterisk").mkdir(parents=True)
    (tmp_path / "usr/lib/asterisk/modules").symlink_to(unpacked.modules)
    (tmp_path / "usr/share").mkdir()
    (tmp_path / "usr/share/asterisk").symlink_to(unpacked.data)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing-here"))
    with start_lab(tmp_path / "lab") as lab, RawAmi(lab) as ami:
        assert lab.asterisk_version == unpacked.version
        ami.call("a", "+4930557009486")
        ami.wait(Event="Hangup", Uniqueid="a")
    assert not (tmp_path / "nothing-here").exists()
