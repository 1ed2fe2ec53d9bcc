"""What scripts see of Asterisk: values as they are, a lost caller as a lost caller, and an end to every wait."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading

import pytest
from asterisk.agi import AGIDBError, AGIError, AGIInvalidCommand, AGIUsageError

from dialerd.domain.errors import BadInput
from dialerd.telephony.agi_session import AgiSession, AgiTimeout, AgiWire, CallerGone

HOSTILE = ['say "hi"', "back\\slash\\", "${SHELL(id)}", "hangup", "200 result=-1", "\u202etxt", "a) (b", "", " blanks "]


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def session(pair):
    return AgiSession(AgiWire(pair[0], 0.2), {"agi_uniqueid": "1"})


@pytest.fixture
def says(pair):
    """Have Asterisk say this, whatever it is told."""
    return lambda text: pair[1].sendall(text.encode())


def test_values_come_back_byte_for_byte(serve, wait_for):
    found = []

    def script(request, session):
        for number, value in enumerate(HOSTILE):
            session.set_variable(f"V{number}", value)
            found.append(session.get_variable(f"V{number}"))

    rig = serve(script)
    client = rig.connect()
    client.header("any")
    client.obey()
    assert found == HOSTILE
    assert list(client.variables.values()) == HOSTILE


def test_a_session_leaves_the_signals_of_the_process_alone(pair):
    before = signal.getsignal(signal.SIGHUP)
    made = []
    thread = threading.Thread(target=lambda: made.append(AgiSession(AgiWire(pair[0], 1), {})))
    thread.start()
    thread.join()
    assert len(made) == 1
    assert signal.getsignal(signal.SIGHUP) is before


def test_nothing_goes_to_standard_error():
    script = (
        "import socket; from dialerd.telephony.agi_session import *; a, b = socket.socketpair();"
        "b.sendall(b'200 result=1 (+12025550100)\\n'); AgiSession(AgiWire(a, 1), {}).get_variable('X')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=30)
    assert (done.stdout, done.stderr) == (b"", b"")


@pytest.mark.parametrize(
    "reply", ["200 result=-1\n", "200 result=-1 (hangup)\n", "511 Command Not Permitted on a dead channel\n"]
)
def test_a_hang_up_in_mid_command_is_a_lost_caller(session, says, reply):
    says(reply)
    with pytest.raises(CallerGone):
        session.appexec("Playback", "hello")
    assert session.hung_up


def test_the_end_of_the_stream_is_a_lost_caller(session, pair):
    pair[1].close()
    with pytest.raises(CallerGone):
        session.get_variable("X")


def test_the_end_of_the_stream_inside_a_usage_text_ends_the_reading(session, pair, says):
    says("520-Invalid command syntax.  Proper usage follows:\nUsage: ...\n")
    pair[1].shutdown(socket.SHUT_WR)
    with pytest.raises(CallerGone):
        session.noop()


def test_a_usage_text_is_an_error_with_its_words(session, says):
    says(
        "520-Invalid command syntax.  Proper usage follows:\nUsage: NOOP\n520 End of proper usage.\n200 result=1 (v)\n"
    )
    with pytest.raises(AGIUsageError, match="Usage: NOOP"):
        session.noop()
    assert session.get_variable("X") == "v"


def test_an_unknown_command_is_an_error(session, says):
    says("510 Invalid or unknown command\n")
    with pytest.raises(AGIInvalidCommand):
        session.noop()


def test_the_word_hangup_between_replies_shifts_nothing(session, says):
    says("HANGUP\n200 result=1 (first)\n200 result=1 (second)\n")
    assert [session.get_variable("A"), session.get_variable("B")] == ["first", "second"]
    assert session.hung_up


def test_a_trying_before_the_reply_is_passed_over(session, says):
    says("100 Trying...\n200 result=0\n")
    assert session.execute("NOOP")["result"] == ("0", "")


def test_another_code_is_an_error(session, says):
    says("503 no\n")
    with pytest.raises(AGIError, match="503 no"):
        session.noop()


def test_a_value_over_several_lines_is_read_whole(session, says):
    says("200 result=1 (one\ntwo\nthree)\n200 result=1 (next)\n")
    assert session.get_variable("X") == "one\ntwo\nthree"
    assert session.get_variable("X") == "next"


def test_an_asterisk_that_does_not_answer_is_waited_for_only_so_long(session):
    with pytest.raises(AgiTimeout, match=r"within 0\.2 s"):
        session.get_variable("X")


def test_an_endless_reply_is_refused(session, pair):
    feeding = threading.Thread(target=lambda: pair[1].sendall(b"x" * 70_000), daemon=True)
    feeding.start()
    with pytest.raises(BadInput, match="longer than"):
        session.get_variable("X")
    feeding.join()


@pytest.mark.parametrize("argument", ["a\nHANGUP", "a\rb", "a\0b"])
def test_a_line_break_in_any_argument_is_refused(session, argument):
    with pytest.raises(BadInput):
        session.set_variable("X", argument)
    with pytest.raises(BadInput):
        session.stream_file("hello", escape_digits=argument)


def test_control_characters_in_a_leads_fields_become_spaces(serve):
    rig = serve(lambda request, session: session.set_variables({"A": "x\r\ny\0z\tä"}))
    client = rig.connect()
    client.header("any")
    client.obey()
    assert client.variables == {"A": "x  y z ä"}


@pytest.mark.parametrize("value", ["x" * 5000, "ä" * 2000, '"' * 3000, "\\" * 3000, "☎" * 1000])
def test_a_value_too_long_for_a_command_is_cut_at_a_character(serve, value):
    rig = serve(lambda request, session: session.set_variables({"LONG": value, "NEXT": "1"}))
    client = rig.connect()
    client.header("any")
    client.obey()
    assert value.startswith(client.variables["LONG"])
    assert 500 < len(client.variables["LONG"]) < len(value)
    assert 2040 <= len(client.commands[0].encode()) <= 2046
    assert client.variables["NEXT"] == "1"


def test_a_command_longer_than_asterisk_reads_is_refused(session):
    with pytest.raises(BadInput, match="longer than 2046 bytes"):
        session.set_variable("X", "x" * 2100)


def test_asterisks_database_is_asked_with_single_quotes_only_once(serve):
    found = []

    def script(request, session):
        found.append(session.database_get("family", "key"))
        with pytest.raises(AGIDBError):
            session.database_get("family", "other")

    rig = serve(script)
    client = rig.connect()
    client.replies = {'DATABASE GET "family" "key"': "200 result=1 (value)\n", "DATABASE": "200 result=0\n"}
    client.header("any")
    client.obey()
    assert found == ["value"]
