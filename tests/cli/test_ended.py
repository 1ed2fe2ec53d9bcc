"""A command that a signal ends says so by its exit code and prints no traceback, wherever the signal found it."""

import click
import pytest

from dialerd.cli.main import cli, run
from dialerd.domain.errors import Unavailable


@pytest.fixture
def run_with(monkeypatch):
    """run_with(signal, failure): the exit code when tidying up behind `signal` failed with `failure`."""

    def begin(signal, failure):
        def callback():
            try:
                raise signal
            finally:
                raise failure

        monkeypatch.setattr(cli, "entries", {"work": None})
        monkeypatch.setattr(cli, "get_command", lambda *_: click.Command("work", callback=callback))
        return run(["work"])

    return begin


@pytest.mark.parametrize(
    ("signal", "code"), [(SystemExit(143), 143), (SystemExit(129), 129), (KeyboardInterrupt(), 130)]
)
@pytest.mark.parametrize("failure", [RuntimeError("in the middle of a query"), Unavailable("the database is away")])
def test_tidying_up_that_fails_for_a_signal_is_no_fault(run_with, capsys, signal, code, failure):
    assert run_with(signal, failure) == code
    assert capsys.readouterr().err == ""


def test_a_fault_without_a_signal_is_one(run_with, capsys):
    with pytest.raises(RuntimeError, match="a fault"):
        run_with(ValueError("a cause"), RuntimeError("a fault"))
    assert run_with(ValueError("a cause"), Unavailable("the database is away")) == Unavailable("").exit_code
    assert capsys.readouterr().err == "dialerd: the database is away\n"
