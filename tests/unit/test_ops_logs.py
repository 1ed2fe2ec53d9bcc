"""What stands in the log whatever is said: one line an entry, no number, no password, the libraries' words too."""

import json
import logging
import os
import pty
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from dialerd.ops.logs import mask_phone, setup

HOSTILE = 'x\n{"event": "forged"}\r\n\x1b[2J\x00\u2028\u202e end'


@dataclass(frozen=True)
class Options:
    level: str = "info"
    format: str = "json"
    mask_numbers: bool = True


@pytest.fixture
def log():
    """`log(options)` sets up and returns a logger and the function that gives the lines so far."""

    def start(options=None, process="run"):
        out = StringIO()
        setup(options or Options(), process, out)
        return structlog.get_logger(), lambda: out.getvalue().splitlines()

    return start


def test_an_entry_is_one_json_object_with_time_level_process_and_its_own_words(log):
    logger, lines = log()
    logger.info("call_ended", attempt_id="a-1", disposition="busy", sip_code=486)
    entry = json.loads(lines()[0])
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "event": "call_ended",
        "level": "info",
        "process": "run",
        "attempt_id": "a-1",
        "disposition": "busy",
        "sip_code": 486,
    }


@pytest.mark.parametrize("kind", ["json", "console"])
def test_nothing_in_an_entry_can_begin_another_line(log, kind):
    logger, lines = log(Options(format=kind))
    logger.info(HOSTILE, name=HOSTILE, deep={"name": HOSTILE}, raw=HOSTILE.encode())
    logging.getLogger("library").warning("said %s", HOSTILE)
    logger.error("failed", exc_info=ValueError(HOSTILE))
    assert len(lines()) == 3
    for line in lines():
        assert line.isprintable()


def test_the_libraries_entries_have_the_same_form(log):
    _, lines = log(process="agi")
    logging.getLogger("apscheduler.scheduler").warning("missed by %s", "0:00:02")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    entries = [json.loads(line) for line in lines()]
    assert [(e["logger"], e["level"], e["process"]) for e in entries] == [
        ("apscheduler.scheduler", "warning", "agi"),
        ("py.warnings", "warning", "agi"),
    ]
    assert entries[0]["event"] == "missed by 0:00:02"


def test_an_exception_is_told_whole(log):
    logger, lines = log()
    try:
        {}["inner"]
    except KeyError:
        logger.exception("failed")
        logging.getLogger("library").exception("failed too")
    for line in lines():
        fault = json.loads(line)["fault"]
        assert fault.startswith("Traceback")
        assert "KeyError: 'inner'" in fault


def test_numbers_are_masked_wherever_they_stand(log):
    logger, lines = log()
    logger.info(
        "calling +12025550143 now",
        phone="+12025550143",
        caller_id="12025550143",
        channel="PJSIP/+12025550143@carrier",
        facts={"number": "+12025550143"},
        number=2,
        attempt_id="019aa000-2025-7550-8143-120255501430",
        offset="2026-11-21T10:00:00+00:00",
    )
    logging.getLogger("sqlalchemy").error("parameters ['+12025550143']")
    logger.error("failed", exc_info=ValueError("duplicate key (phone)=(+12025550143)"))
    text = "\n".join(lines())
    assert '2025550143"' not in text
    assert "+1202" not in text
    entry = json.loads(lines()[0])
    assert entry["phone"] == "+1********43"
    assert entry["channel"] == "PJSIP/+1********43@carrier"
    assert entry["number"] == 2
    assert entry["attempt_id"] == "019aa000-2025-7550-8143-120255501430"
    assert entry["offset"] == "2026-11-21T10:00:00+00:00"


def test_numbers_are_shown_when_the_settings_say_so(log):
    logger, lines = log(Options(mask_numbers=False))
    logger.info("x", phone="+12025550143")
    assert json.loads(lines()[0])["phone"] == "+12025550143"


@pytest.mark.parametrize("code", [str(code) for code in COUNTRY_CODE_TO_REGION_CODE])
def test_masking_keeps_the_country_code_whole_and_the_last_two_digits(code):
    assert mask_phone(f"+{code}55512377") == f"+{code}******77"


@given(st.from_regex(r"\A\+?[1-9][0-9]{6,14}\Z"))
def test_masking_hides_at_least_half_of_what_tells_whose_number_it_is(number):
    masked = mask_phone(number)
    assert len(masked) == len(number)
    assert masked.count("*") >= (len(number.lstrip("+")) - 3) - 2


def test_the_level_holds_for_us_and_the_libraries_never_chatter(log):
    logger, lines = log(Options(level="warning"))
    logger.info("quiet")
    logging.getLogger("library").info("quiet")
    assert lines() == []
    logger, lines = log(Options(level="debug"))
    logger.debug("loud")
    logging.getLogger("panoramisk.manager").debug("Action: Login, Secret: sesame")
    assert [json.loads(line)["event"] for line in lines()] == ["loud"]


def test_another_setup_takes_the_place_of_the_first(log):
    logger, first = log(Options(level="error"))
    _, second = log(Options(level="info"))
    logger.info("x")
    logging.getLogger("library").info("y")
    assert first() == []
    assert len(second()) == 2


def test_a_terminal_gets_text_for_people_and_a_file_json(tmp_path):
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal:
        setup(Options(format="auto"), "run", terminal)
        structlog.get_logger().info("hello", campaign="sales")
    shown = os.read(leader, 4096).decode()
    os.close(leader)
    assert "hello" in shown
    assert "{" not in shown
    with (tmp_path / "log").open("w") as file:
        setup(Options(format="auto"), "run", file)
        structlog.get_logger().info("hello")
    assert json.loads((tmp_path / "log").read_text())["event"] == "hello"


def test_a_full_disk_or_a_closed_stream_does_not_stop_the_one_who_logs():
    with Path("/dev/full").open("w") as full:
        setup(Options(), "run", full)
        structlog.get_logger().error("x")
        logging.getLogger("library").error("x")
        with suppress(OSError):
            full.flush()
        with suppress(OSError):
            full.close()
        structlog.get_logger().error("x")
        logging.getLogger("library").error("x")


def test_the_end_of_a_thread_by_a_fault_is_logged(log):
    _, lines = log()
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    entry = json.loads(lines()[0])
    assert entry["event"] == "crashed"
    assert "ZeroDivisionError" in entry["fault"]


def test_threads_do_not_mix_their_lines(log):
    logger, lines = log()

    def say():
        for _ in range(200):
            logger.info("x", text="y" * 100)
            logging.getLogger("library").info("z" * 100)

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines()) == 1600
    assert all(json.loads(line) for line in lines())
