"""The command itself: what it costs to start, what it says about itself, how it refuses."""

import os
import resource
import subprocess
import sys

import pytest

from dialerd import __version__
from dialerd.cli.main import COMMANDS, run


def dialerd(*arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DIALERD_")}
    return subprocess.run(
        [sys.executable, "-m", "dialerd", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean | environment,
        check=False,
    )


def cpu_seconds(*arguments):
    """CPU time, user and system, of the cheapest of three runs: what the machine does besides is not ours."""
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert dialerd(*arguments).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(costs)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_it_starts_in_under_three_tenths_of_a_second_of_cpu(option):
    assert cpu_seconds(option) < 0.3


def test_the_version_is_that_of_the_package():
    assert dialerd("--version").stdout == f"dialerd {__version__}\n"


def test_help_lists_every_command_with_its_line():
    shown = dialerd("--help").stdout
    for name, entry in COMMANDS.items():
        assert any(line.split(maxsplit=1) == [name, entry.help] for line in shown.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_can_be_imported_and_explains_itself(name, capsys):
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: dialerd {name}")


def test_an_unknown_command_names_the_nearest_one_and_exits_2():
    refused = dialerd("lists")
    assert refused.returncode == 2
    assert "No such command 'lists'. Did you mean list?" in refused.stderr


def test_an_unknown_option_exits_2():
    assert dialerd("list", "list", "--nonsense").returncode == 2


def test_a_wrong_configuration_is_told_line_by_line_and_exits_78(tmp_path):
    config = tmp_path / "dialerd.toml"
    config.write_text('[engine]\nhopper = 1\n[log]\nlevel = "loud"\n')
    refused = dialerd("--config", str(config), "list", "list")
    assert refused.returncode == 78
    lines = refused.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"dialerd: {config}: ") for line in lines)
    assert "engine.hopper" in lines[0]
    assert "log.level" in lines[1]


def test_a_configuration_that_is_not_there_exits_78_with_one_line(tmp_path):
    refused = dialerd("--config", str(tmp_path / "none.toml"), "status")
    assert refused.returncode == 78
    assert refused.stderr.count("\n") == 1
    assert "no such file" in refused.stderr


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://localhost/x", 78),
        ("nonsense", 78),
        ("sqlite:////no/such/folder/dialerd.db", 69),
        ("postgresql://dialerd:sesame@127.0.0.1:1/dialerd", 69),
    ],
)
def test_a_wrong_database_url_is_one_line_without_the_password(url, code):
    refused = dialerd("list", "list", DIALERD_DATABASE_URL=url)
    assert refused.returncode == code
    assert refused.stderr.startswith("dialerd: ")
    assert refused.stderr.count("\n") == 1
    assert "sesame" not in refused.stderr


def test_the_environment_chooses_configuration_and_database(tmp_path):
    config = tmp_path / "dialerd.toml"
    config.write_text('[paths]\nstate_dir = "none"\n')
    made = dialerd("db", "upgrade", DIALERD_CONFIG=str(config), DIALERD_DATABASE_URL=f"sqlite:///{tmp_path}/here.db")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "here.db").exists()


def test_a_reader_that_leaves_early_is_no_fault():
    piped = subprocess.run(
        f"{sys.executable} -m dialerd --help | true",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert piped.stderr == ""


@pytest.mark.parametrize(("redirect", "code"), [("> /dev/full", 74), (">&-", 0)])
def test_an_output_that_cannot_be_written_is_no_traceback(redirect, code):
    command = f"{sys.executable} -m dialerd --version {redirect}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert done.stderr in ("", "dialerd: No space left on device\n")
