"""What the service manager hears, on a real datagram socket."""

import os
import socket
import threading
import time
import uuid

import pytest

from dialerd.ops.sdnotify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """A socket as systemd opens one, and the value of NOTIFY_SOCKET for it."""
    name = f"dialerd-test-{uuid.uuid4()}"
    address = str(tmp_path / "notify") if request.param == "path" else "\0" + name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(5)
        yield listening, address if request.param == "path" else "@" + name


def heard(listening):
    return listening.recv(4096).decode().split("\n")


def test_the_life_of_a_service_is_told_in_order(manager):
    listening, address = manager
    notifier = Notifier({"NOTIFY_SOCKET": address})
    before = time.monotonic_ns() // 1000
    notifier.ready("3 campaigns")
    notifier.status("dialing")
    notifier.reloading()
    notifier.watchdog()
    notifier.stopping("draining 2 calls")
    assert heard(listening) == ["READY=1", "STATUS=3 campaigns"]
    assert heard(listening) == ["STATUS=dialing"]
    reloading, moment = heard(listening)
    assert reloading == "RELOADING=1"
    name, _, microseconds = moment.partition("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(microseconds) <= time.monotonic_ns() // 1000
    assert heard(listening) == ["WATCHDOG=1"]
    assert heard(listening) == ["STOPPING=1", "STATUS=draining 2 calls"]


def test_a_status_cannot_smuggle_in_another_assignment(manager):
    listening, address = manager
    Notifier({"NOTIFY_SOCKET": address}).status("campaign x\nREADY=1\r\nMAINPID=1")
    assert heard(listening) == ["STATUS=campaign x READY=1 MAINPID=1"]


def test_without_a_manager_nothing_is_said_and_nothing_fails():
    notifier = Notifier({"WATCHDOG_USEC": "1000000"})
    assert notifier.watchdog_interval is None
    notifier.ready("x")
    notifier.watchdog()


def test_a_manager_that_is_gone_does_not_stop_the_service(tmp_path):
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("x")


def test_a_manager_that_does_not_read_does_not_block_the_service(manager):
    listening, address = manager
    notifier = Notifier({"NOTIFY_SOCKET": address})

    def say_a_lot():
        for _ in range(10_000):
            notifier.status("x" * 200)

    speaker = threading.Thread(target=say_a_lot, daemon=True)
    speaker.start()
    speaker.join(timeout=20)
    assert not speaker.is_alive()
    assert heard(listening)[0].startswith("STATUS=x")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_in_half_its_time_by_the_process_it_watches(environment, expected):
    assert Notifier({"NOTIFY_SOCKET": "/run/x", **environment}).watchdog_interval == expected
