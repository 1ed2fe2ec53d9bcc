"""Scripts are found by name; the admin's add to or override the shipped ones; a broken one changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialerd.domain.errors import ConfigError
from dialerd.resources import share
from dialerd.telephony.agi_scripts import load_scripts

SHIPPED = {"amd", "attr", "callback", "disposition", "ended", "freeze", "optout", "route"}
SAYS = "def run(session, context):\n    session.set_variable('WHO', {who!r})\n"


@pytest.fixture
def folders(tmp_path):
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    shipped.mkdir()
    own.mkdir()
    return shipped, own


class Recorder:
    def __init__(self):
        self.variables = {}

    def set_variable(self, name, value):
        self.variables[name] = value


def who(script):
    session = Recorder()
    script(session, None)
    return session.variables["WHO"]


def test_the_shipped_scripts_are_these_and_the_documentation_names_each():
    assert set(load_scripts(share("agi"))) == SHIPPED
    page = (Path(__file__).parents[4] / "docs" / "dialplan.md").read_text()
    assert {name for name in SHIPPED if f"`{name}`" in page or f"/{name}" in page} == SHIPPED


def test_a_later_folder_adds_and_overrides(folders):
    shipped, own = folders
    for folder, names in ((shipped, ["route", "ended"]), (own, ["route", "my-own_2"])):
        for name in names:
            (folder / f"{name}.py").write_text(SAYS.format(who=f"{folder.name} {name}"))
    scripts = load_scripts(shipped, own)
    assert {name: who(script) for name, script in scripts.items()} == {
        "route": "own route",
        "ended": "shipped ended",
        "my-own_2": "own my-own_2",
    }


def test_a_folder_that_is_not_there_has_no_scripts(tmp_path):
    assert dict(load_scripts(tmp_path / "nowhere")) == {}


def test_files_with_an_underscore_first_and_other_files_are_left_alone(folders):
    (folders[1] / "_shared.py").write_text("raise ZeroDivisionError")
    (folders[1] / "notes.txt").write_text("x")
    assert dict(load_scripts(*folders)) == {}


def test_every_broken_file_is_named_with_its_reason(folders):
    _, own = folders
    (own / "syntax.py").write_text("x = 1\ndef run(:\n")
    (own / "norun.py").write_text("x = 1\n")
    (own / "raises.py").write_text("import no_such_module\n")
    (own / "Upper.py").write_text(SAYS.format(who="x"))
    (own / "nul.py").write_bytes(b"x = '\0'")
    with pytest.raises(ConfigError) as caught:
        load_scripts(*folders)
    problems = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 5
    assert f"{own}/syntax.py: line 2: " in problems
    assert f"{own}/norun.py: has no function run(session, context)" in problems
    assert f"{own}/raises.py: fails while loading: ModuleNotFoundError: No module named 'no_such_module'" in problems
    assert f"{own}/Upper.py: the dialplan cannot name it" in problems
    assert f"{own}/nul.py: " in problems


def test_loading_again_sees_what_changed(folders):
    file = folders[1] / "route.py"
    file.write_text(SAYS.format(who="first"))
    first = load_scripts(*folders)["route"]
    file.write_text(SAYS.format(who="second"))
    assert (who(first), who(load_scripts(*folders)["route"])) == ("first", "second")
    assert list(folders[1].iterdir()) == [file]


def test_a_script_may_define_dataclasses(folders):
    (folders[1] / "route.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Place:\n    x: int\n" + SAYS.format(who="me")
    )
    assert who(load_scripts(*folders)["route"]) == "me"


def test_an_admins_script_runs_and_a_broken_one_is_refused_at_reload(desk):
    own = desk.folder / "agi"
    (own / "hello.py").write_text(SAYS.format(who="mine"))
    desk.process.reload()
    (own / "broken.py").write_text("def run(")
    (own / "hello.py").write_text(SAYS.format(who="never"))
    desk.process.reload()
    call = desk.call("hello", "1700000000.1")
    call.obey()
    assert call.variables["WHO"] == "mine"
    assert set(desk.process.scripts) == {*SHIPPED, "hello"}


def test_broken_settings_at_reload_leave_everything_as_it_was(desk):
    settings = desk.process.settings
    (desk.folder / "campaigns.d" / "calls.toml").write_text("name = 7")
    (desk.folder / "agi" / "new.py").write_text(SAYS.format(who="new"))
    desk.process.reload()
    assert desk.process.settings is settings
    assert "new" not in desk.process.scripts
