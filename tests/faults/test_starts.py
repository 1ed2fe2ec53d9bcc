"""What a start says when something is wrong: one clear line and an exit code, or a warning and another try."""

from __future__ import annotations

import socket

import pytest

from dialerd.domain.lifecycle import CampaignAction
from dialerd.store import nodes
from harness.ami_proxy import AmiProxy
from harness.program import Program
from harness.rig import Rig, numbers

UNAVAILABLE, CONFIGURATION = 69, 78


def require_one_line(program: Program, code: int, *words: str) -> None:
    assert program.exit_code() == code, program.tail()
    [line] = program.plain_lines()
    assert line.startswith("dialerd: ")
    assert all(word in line for word in words), line


def test_a_second_engine_on_the_same_database_is_refused_and_the_first_dials_on(make_rig, lab, ready_url):
    rig: Rig = make_rig(lab, ready_url)
    rig.run(numbers("486", times=20))
    second = Program(rig.config, ("run",), rig.folder / "second.log")
    second.start()
    require_one_line(second, UNAVAILABLE, "another engine runs")
    rig.wait_until_completed()
    rig.require_agreement()
    assert rig.dialed() == numbers("486", times=20)


def test_a_second_engine_under_the_same_name_is_refused_though_it_shares_nothing_but_the_database(
    make_rig, lab, postgresql_url
):
    rig, other = make_rig(lab, postgresql_url), make_rig(lab, postgresql_url)
    rig.run(numbers("486", times=20))
    other.engine.start()
    require_one_line(other.engine, UNAVAILABLE, "node test", "another engine runs")
    rig.wait_until_completed()
    rig.require_agreement()
    assert rig.dialed() == numbers("486", times=20)


def test_an_engine_whose_name_was_taken_stops_before_it_dials_for_the_other(rig):
    rig.run(numbers("486", times=60), calls_per_second=5)
    rig.wait(rig.calls, "the first call")
    with rig.database.write() as conn:
        nodes.register(conn, "test", instance="other", pid=1, host="elsewhere", version="0")
    require_one_line(rig.engine, UNAVAILABLE, "node test", "has taken this name")
    seen = len(rig.calls())
    assert seen < 60
    rig.wait_for_carrier()
    assert len(rig.calls()) == seen


def test_a_wrong_manager_password_ends_the_engine_with_one_line_that_does_not_hold_it(rig):
    rig.settings["asterisk"]["secret"] = "not-the-secret-at-all"
    rig.write_settings()
    rig.write_campaign()
    rig.engine.start()
    require_one_line(rig.engine, CONFIGURATION, "manager user 'dialerd'", str(rig.lab.ports.ami))
    assert "not-the-secret-at-all" not in rig.engine.tail(1000)


def test_without_asterisk_the_engine_says_so_keeps_trying_and_dials_when_it_comes(rig):
    with AmiProxy(rig.lab.ports.ami) as proxy:
        rig.settings["asterisk"]["port"] = proxy.port
        rig.write_settings()
        rig.write_campaign()
        rig.seed(numbers("486", times=5))
        rig.act(CampaignAction.START)
        rig.engine.start()
        warned = rig.engine.wait_for("asterisk_not_connected", level="warning")
        assert (warned["asterisk"], warned["retry_seconds"] > 0) == (f"127.0.0.1:{proxy.port}", True)
        assert "start Asterisk, or make [asterisk] host and port" in warned["hint"]
        rig.wait(lambda: rig.reason() == "Asterisk is not connected", "the status says why nothing is dialed")
        assert rig.status()["dialing"] is False
        assert rig.status()["link"].startswith("waiting: ")
        assert rig.attempts() == []
        proxy.open()
        rig.wait_until_completed()
    rig.require_agreement()


@pytest.mark.parametrize(("program", "section"), [("engine", "engine"), ("agi", "agi")])
def test_a_metrics_port_in_use_is_one_line_that_names_it(rig, program, section):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        rig.settings[section]["metrics_port"] = port
        rig.write_settings()
        daemon: Program = getattr(rig, program)
        daemon.start()
        require_one_line(daemon, UNAVAILABLE, str(port))
        assert not daemon.running
