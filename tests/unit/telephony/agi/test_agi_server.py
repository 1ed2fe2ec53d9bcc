"""The server stays there for real calls: strangers, silent ones, crowds and slow scripts have their bounds."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time

import pytest

from dialerd.domain.errors import Unavailable
from dialerd.telephony.agi_server import AgiServer
from dialerd.telephony.agi_session import CallerGone
from harness.fake_asterisk import DEADLINE


def answer(request, session):
    session.set_variable("SCRIPT", request.script)


def refuses(address):
    try:
        socket.create_connection(address, timeout=5).close()
    except (ConnectionRefusedError, ConnectionResetError):  # the latter by a listener that is being closed
        return True
    return False


def test_a_script_is_asked_for_by_name_and_answers(serve):
    client = serve(answer).connect()
    client.header("route?x=y")
    client.obey()
    assert client.variables == {"SCRIPT": "route"}


def test_a_header_that_comes_in_pieces_is_waited_for(serve):
    client = serve(answer).connect()
    for byte in b"agi_network_script: route\nagi_uniqueid: 1\n\n":
        client.sock.sendall(bytes([byte]))
    client.obey()
    assert client.variables == {"SCRIPT": "route"}


def test_a_peer_that_is_not_listed_is_refused_and_counted(serve):
    rig = serve(answer, peers="10.0.0.0/8")
    client = rig.connect()
    assert client.closed()
    assert rig.failures == ["peer"]


def test_a_silent_connection_is_closed_after_its_deadline_and_counted(serve):
    rig = serve(answer, header_timeout=0.05)
    assert rig.connect().closed()
    assert rig.failures == ["silent"]


def test_a_connection_closed_before_it_says_anything_harms_nobody(serve, wait_for):
    rig = serve(answer)
    for _ in range(20):
        rig.connect().sock.close()
    wait_for(lambda: rig.failures == ["silent"] * 20)
    client = rig.connect()
    client.header("route")
    client.obey()
    assert client.variables == {"SCRIPT": "route"}


def test_a_thousand_silent_connections_do_not_keep_a_real_call_waiting(serve, descriptors):
    # Who had to wait for the silent ones to be given up would wait longer than the client does.
    rig = serve(answer, header_timeout=6 * DEADLINE, max_silent=100)
    for _ in range(1000):
        rig.connect()
    client = rig.connect()
    client.header("route")
    client.obey()
    assert client.variables == {"SCRIPT": "route"}
    assert rig.failures.count("crowd") >= 900


def test_a_header_without_end_is_refused(serve):
    rig = serve(answer)
    client = rig.connect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        client.sock.sendall(b"agi_x: " + b"x" * 200_000)
    assert client.closed()
    assert rig.failures == ["request"]


def test_a_request_for_no_proper_name_is_refused_and_counted(serve):
    rig = serve(answer)
    client = rig.connect()
    client.header("../../etc/passwd")
    assert client.closed()
    assert rig.failures == ["request"]


def test_more_calls_than_threads_wait_their_turn_and_all_are_served(serve):
    gate = threading.Semaphore(0)

    def slow(request, session):
        gate.acquire(timeout=10)
        answer(request, session)

    rig = serve(slow, threads=2)
    clients = [rig.connect() for _ in range(8)]
    for client in clients:
        client.header("route")
    gate.release(8)
    for client in clients:
        client.obey()
    assert [client.variables for client in clients] == [{"SCRIPT": "route"}] * 8


def test_never_more_scripts_run_than_there_are_threads(serve, wait_for):
    running, most = [], []
    gate = threading.Event()

    def slow(request, session):
        running.append(1)
        most.append(len(running))
        gate.wait(10)
        running.pop()

    rig = serve(slow, threads=3)
    for _ in range(12):
        rig.connect().header("route")
    wait_for(lambda: len(running) == 3)
    gate.set()
    wait_for(lambda: len(most) == 12)
    assert max(most) == 3


def test_a_call_beyond_the_queue_is_refused_at_once(serve, wait_for):
    gate = threading.Event()
    rig = serve(lambda request, session: gate.wait(10), threads=1, max_queued=1)
    first = rig.connect()
    first.header("route")
    wait_for(lambda: rig.server.busy == 1)
    rig.connect().header("route")
    wait_for(lambda: rig.server._calls.qsize() == 1)
    third = rig.connect()
    third.header("route")
    assert third.closed()
    assert rig.failures == ["full"]
    gate.set()


def test_a_call_that_waited_past_its_deadline_is_not_begun(serve, wait_for):
    gate = threading.Event()
    begun = []

    def slow(request, session):
        begun.append(request.script)
        gate.wait(10)

    rig = serve(slow, threads=1, session_timeout=0.1)
    rig.connect().header("first")
    wait_for(lambda: begun == ["first"])
    second = rig.connect()
    second.header("second")
    wait_for(lambda: "timeout" in rig.failures)
    gate.set()
    assert second.closed()
    assert begun == ["first"]
    assert rig.failures == ["timeout", "late"]


def test_the_watchdog_frees_asterisks_channel_when_a_session_lasts_too_long(serve):
    ended = []

    def script(request, session):
        try:
            session.get_variable("X")
        except CallerGone as error:
            ended.append(error)

    rig = serve(script, read_timeout=60, session_timeout=0.1)
    client = rig.connect()
    client.header("route")
    assert client.sock.recv(100) == b'GET VARIABLE "X"\n'
    assert client.closed()
    assert rig.failures == ["timeout"]
    rig.server.close(5)
    assert len(ended) == 1


def test_a_script_that_fails_costs_no_thread(serve):
    def broken(request, session):
        if request.script == "broken":
            raise ZeroDivisionError
        answer(request, session)

    rig = serve(broken, threads=1)
    for _ in range(5):
        client = rig.connect()
        client.header("broken")
        assert client.closed()
    client = rig.connect()
    client.header("route")
    client.obey()
    assert client.variables == {"SCRIPT": "route"}
    assert rig.failures == ["fault"] * 5


def test_closing_finishes_what_has_begun_and_takes_nothing_new(serve, wait_for):
    gate = threading.Event()

    def slow(request, session):
        gate.wait(10)
        answer(request, session)

    rig = serve(slow, threads=1)
    address = rig.server.address
    running, waiting = rig.connect(), rig.connect()
    running.header("first")
    waiting.header("second")
    wait_for(lambda: rig.server.busy == 1 and rig.server._calls.qsize() == 1)
    obeying = [threading.Thread(target=client.obey) for client in (running, waiting)]
    closing = threading.Thread(target=rig.server.close)
    for thread in [*obeying, closing]:
        thread.start()
    wait_for(lambda: refuses(address))
    gate.set()
    for thread in [*obeying, closing]:
        thread.join(10)
    assert (running.variables, waiting.variables) == ({"SCRIPT": "first"}, {"SCRIPT": "second"})


def test_closing_cuts_off_what_does_not_end(serve, wait_for):
    rig = serve(lambda request, session: session.get_variable("X"), read_timeout=60)
    client = rig.connect()
    client.header("route")
    wait_for(lambda: rig.server.busy == 1)
    began = time.monotonic()
    rig.server.close(0.05)
    assert time.monotonic() - began < 5
    wait_for(lambda: rig.server.busy == 0)


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"FastAGI on 127\.0\.0\.1:{port}: cannot listen: .*in use"):
            AgiServer("127.0.0.1", port, peers=[], dispatch=answer)


def test_running_out_of_descriptors_closes_the_silent_ones_and_serving_goes_on(serve, wait_for):
    rig = serve(answer, header_timeout=60.0)
    silent = [rig.connect() for _ in range(5)]
    wait_for(lambda: len(rig.server._front._silent) == 5)
    client = rig.connect()
    wait_for(lambda: len(rig.server._front._silent) == 6)
    late = socket.socket()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (late.fileno() + 1, hard))
    try:
        filler = fill_descriptors()
        late.connect(rig.server.address)
        assert silent[0].closed()
        for sock in filler:
            sock.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        late.close()
    client.header("route")
    client.obey()
    assert client.variables == {"SCRIPT": "route"}
    assert "crowd" in rig.failures


def fill_descriptors():
    sockets = []
    with contextlib.suppress(OSError):
        while True:
            sockets.append(socket.socket())
    return sockets
