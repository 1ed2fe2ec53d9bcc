"""Reading the carrier's log while it is being written."""

from __future__ import annotations

import pytest

from dialerd.lab.carrier_log import HEADER, INVITE_HEADER, CarrierCall, invites_path, read_carrier_log

UP = "1795298090.907725,+4930123180,call-1,no-answer,+4930555"
OVER = "1795298090.107725,+4930123201,call-2,answer-stay,+4930666"
TAIL = ",1795298090.309963,1795298091.109961,caller"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "carrier.csv"
    path.write_text(",".join(HEADER) + "\n")
    invites_path(path).write_text(",".join(INVITE_HEADER) + "\n")
    return path


def append(path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_a_new_log_has_no_calls(log):
    assert read_carrier_log(log) == []


def test_a_call_is_up_until_its_end_is_written_and_calls_are_in_the_order_they_arrived(log):
    append(invites_path(log), f"{UP}\n{OVER}\n")
    append(log, f"{OVER}{TAIL}\n")
    assert read_carrier_log(str(log)) == [
        CarrierCall(
            1795298090.107725,
            "+4930123201",
            "call-2",
            "answer-stay",
            1795298090.309963,
            1795298091.109961,
            "caller",
            "+4930666",
        ),
        CarrierCall(1795298090.907725, "+4930123180", "call-1", "no-answer", None, None, "", "+4930555"),
    ]


@pytest.mark.parametrize("written", [1, 20, len(OVER), len(OVER + TAIL) - 4, len(OVER + TAIL)])
def test_a_line_that_is_half_written_does_not_count_yet(log, written):
    append(invites_path(log), f"{OVER}\n")
    append(log, (OVER + TAIL)[:written])
    [call] = read_carrier_log(log)
    assert (call.ended, call.hangup_by) == (None, "")


def test_a_call_that_was_not_answered_has_no_answer(log):
    append(log, f"{UP},,1795298092.5,caller\n")
    [call] = read_carrier_log(log)
    assert (call.answered, call.ended) == (None, 1795298092.5)
