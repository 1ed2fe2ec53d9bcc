"""What is installed: the wheel and what is in it, the pinned packages, the set-up script, the service units."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import dialerd

ROOT = Path(__file__).parents[2]
SERVICES = ("dialerd.service", "dialerd-agi.service", "dialerd-web.service")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built as a release would be, from the files git knows."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def known_to_git(*folders):
    listed = subprocess.run(["git", "ls-files", "--", *folders], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.splitlines() if not name.endswith(".keep")]


def test_the_wheel_has_the_scripts_samples_and_units(names):
    shared = known_to_git("agi", "compliance", "config", "asterisk-conf", "systemd")
    assert {"config/dialerd.toml", "config/campaigns.d/demo.toml", "systemd/dialerd.service"} <= set(shared)
    assert {f"dialerd/share/{name}" for name in shared} <= names


def test_the_wheel_has_every_file_of_the_package(names):
    code = known_to_git("dialerd")
    assert set(code) <= names
    assert "dialerd/store/migrations/env.py" in names


def test_the_wheel_has_nothing_else(names):
    allowed = ("dialerd/", f"dialerd-{dialerd.__version__}.dist-info/")
    assert [name for name in names if not name.startswith(allowed)] == []
    assert [name for name in names if "__pycache__" in name] == []


def test_the_wheel_has_the_command_and_the_license(wheel, names):
    info = f"dialerd-{dialerd.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        entries = configparser.ConfigParser()
        entries.read_string(archive.read(f"{info}/entry_points.txt").decode())
        metadata = archive.read(f"{info}/METADATA").decode()
    assert entries["console_scripts"]["dialerd"] == "dialerd.cli.main:main"
    assert f"{info}/licenses/LICENSE" in names
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Python: >=3.11" in metadata


def test_the_installed_wheel_runs_and_finds_what_it_ships(wheel, tmp_path):
    """Unpacked where it would be installed, beside the packages it needs; the checkout is out of reach."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import dialerd, pathlib;"
        "from dialerd.resources import share;"
        "print(dialerd.__file__);"
        "print(*(share(n) for n in ('agi', 'compliance', 'config', 'asterisk-conf', 'systemd')), sep='\\n')"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert all(line.startswith(str(tmp_path / "dialerd")) for line in ran.stdout.splitlines())
    version = subprocess.run(
        [sys.executable, "-m", "dialerd", "--version"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert version.stdout == f"dialerd {dialerd.__version__}\n"


def test_every_package_is_pinned_with_hashes_and_without_urls():
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    pins = re.split(r"\n(?=\S)", text.strip())
    for pin in pins:
        assert re.match(r"[a-z0-9._-]+==[0-9]\S*", pin), pin
        assert "--hash=sha256:" in pin, pin
    pinned = {re.match(r"[a-z0-9._-]+", pin)[0] for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [one for extra in project["optional-dependencies"].values() for one in extra]
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-")
        assert name in pinned or name == "dialerd", name


def test_the_installed_packages_are_the_pinned_ones():
    from importlib.metadata import PackageNotFoundError, version

    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)( ;.*)?", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    installed = {}
    for name, _, _ in pins:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    assert len(installed) > 30
    assert {name: pin for name, pin, _ in pins if name in installed} == installed


@pytest.fixture
def checkout(tmp_path):
    """Enough of a checkout to set up, and a PATH with the few programs the script needs but no Python."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "setup", tmp_path / ".ci" / "setup")
    path = tmp_path / "bin"
    path.mkdir()
    for program in ("bash", "env", "dirname", "rm", "touch"):
        (path / program).symlink_to(shutil.which(program))
    return tmp_path


def set_up(checkout, **environment):
    return subprocess.run(
        [str(checkout / ".ci" / "setup")],
        env={"PATH": str(checkout / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_set_up_without_python_says_what_to_install(checkout):
    refused = set_up(checkout)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "apt-get install python3 python3-venv" in refused.stderr


def test_set_up_with_an_old_python_says_so(checkout):
    old = checkout / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = set_up(checkout, PYTHON="python3")
    assert refused.returncode == 1
    assert refused.stderr == "dialerd: python3 is no Python 3.11 or newer: give another with PYTHON=...\n"


def test_set_up_without_the_venv_module_says_what_to_install(checkout):
    lean = checkout / "bin" / "python3"
    lean.write_text(
        f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec "{Path(sys.executable).resolve()}" "$@"\n'
    )
    lean.chmod(0o755)
    refused = set_up(checkout)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "apt-get install python3-venv" in refused.stderr
    assert not (checkout / ".venv").exists()


def unit(name):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(ROOT / "systemd" / name)
    return parser


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_are_hardened(name):
    """At most 1.5 of 10 by systemd's own measure, on machines that have it to measure with."""
    if shutil.which("systemd-analyze") is None:
        assert unit(name)["Service"]["ProtectSystem"] == "strict"
        return
    measured = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(ROOT / "systemd" / name)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    exposure = re.search(rf"Overall exposure level for {re.escape(name)}: ([0-9.]+)", measured.stdout)
    assert float(exposure[1]) <= 1.5


@pytest.mark.parametrize("name", [*SERVICES, "dialerd.target"])
def test_systemd_finds_no_fault_with_the_units(name, tmp_path):
    """Checked with a program that exists in the place of the one that is not installed here."""
    for file in (ROOT / "systemd").iterdir():
        (tmp_path / file.name).write_text(file.read_text().replace("/usr/bin/dialerd ", "/bin/true "))
    if shutil.which("systemd-analyze") is None:
        assert unit(name).has_section("Install")
        return
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    told = [line for line in checked.stderr.splitlines() if "dialerd" in line]
    assert told == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_follow_the_manners_of_the_daemon(name):
    service = unit(name)["Service"]
    assert service["Type"] == "notify"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert service["RestartPreventExitStatus"] == "78"
    assert service["User"] == "dialerd"
    assert unit(name)["Install"]["WantedBy"] == "dialerd.target"
    assert unit(name)["Unit"]["PartOf"] == "dialerd.target"


def test_a_reload_of_the_engine_is_one_of_the_others_too():
    assert unit("dialerd.service")["Unit"]["PropagatesReloadTo"] == "dialerd-agi.service dialerd-web.service"


def test_the_engine_has_time_to_drain_before_it_is_killed():
    from dialerd.settings import Engine
    from dialerd.settings.values import seconds

    stop = seconds(0, 3600)(unit("dialerd.service")["Service"]["TimeoutStopSec"])
    assert stop >= Engine().drain_timeout + 10


def test_the_folders_of_the_tmpfiles_are_those_of_the_settings():
    from dialerd.settings.model import CONFIG_FOLDER, STATE_FOLDER, Paths

    lines = (ROOT / "systemd" / "dialerd.tmpfiles").read_text().splitlines()
    folders = {line.split()[1] for line in lines if not line.startswith("#")}
    assert folders == {str(p) for p in (CONFIG_FOLDER, STATE_FOLDER, Paths().campaigns, Paths().agi_scripts)}
