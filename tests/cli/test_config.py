"""`dialerd config check` as a person or a deployment script runs it."""

import json
import os
import subprocess
import sys

import pytest

HERE = '[paths]\nstate_dir = "."\n'
TRUNK = HERE + '[trunks.carrier]\nendpoint = "carrier"\ncalls_per_second = 5\nmax_calls = 10\n'
CAMPAIGN = """
name = "sales"
trunks = ["carrier"]
caller_id = "+12025550100"
calls_per_second = 2
max_calls = 7
destination = { type = "hangup" }
schedule = { timezone = "Europe/Berlin", hours = ["mon-fri 09:00-20:00"] }
"""


def check(config, *arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DIALERD_")}
    return subprocess.run(
        [sys.executable, "-m", "dialerd", "--config", str(config), "config", "check", *arguments],
        capture_output=True,
        text=True,
        env=clean | environment,
        check=False,
        timeout=60,
    )


@pytest.fixture
def config(tmp_path):
    (tmp_path / "campaigns.d").mkdir()
    (tmp_path / "campaigns.d" / "sales.toml").write_text(CAMPAIGN)
    path = tmp_path / "dialerd.toml"
    path.write_text(TRUNK)
    return path


def test_good_settings_are_one_line_with_what_they_define(config):
    checked = check(config)
    assert checked.returncode == 0
    assert checked.stdout == f"{config}: good; trunks: carrier; campaigns: sales\n"
    assert checked.stderr == ""


def test_every_mistake_is_a_line_on_standard_error_and_the_exit_code_is_78(config):
    config.write_text(TRUNK + "[engine]\nhopper = 3\n")
    campaign = config.parent / "campaigns.d" / "sales.toml"
    campaign.write_text(CAMPAIGN.replace("Europe/Berlin", "../../x").replace("= 7", "= 0"))
    checked = check(config)
    assert checked.returncode == 78
    assert checked.stdout == ""
    assert [line.split(": ")[1:3] for line in checked.stderr.splitlines()] == [
        [str(config), "engine.hopper"],
        [str(campaign), "max_calls"],
        [str(campaign), "schedule.timezone"],
    ]


def test_programs_get_the_same_as_json(config):
    assert json.loads(check(config, "--json").stdout) == {
        "ok": True,
        "problems": [],
        "file": str(config),
        "trunks": ["carrier"],
        "campaigns": ["sales"],
        "held_to": {"sales": "us-default 2026-11-25"},
        "warnings": [],
    }
    config.write_text("[log]\nlevel = 'loud'\n")
    refused = check(config, "--json")
    assert refused.returncode == 78
    told = json.loads(refused.stdout)
    assert told["ok"] is False
    assert any("log.level" in problem for problem in told["problems"])


def test_nothing_in_a_file_can_move_the_cursor(config):
    config.write_text('[log]\nlevel = "\\u001b[2J\\u202e"\n')
    told = check(config).stderr
    assert told.replace("\n", "").isprintable()


def test_no_password_is_in_any_message(config):
    config.write_text('[asterisk]\nsecret = "open sesame"\n[database]\nurl = "mysql://u:sesame@h/d"\n')
    refused = check(config)
    assert refused.returncode == 78
    assert "sesame" not in refused.stdout + refused.stderr


def test_a_campaign_without_any_rule_of_law_is_pointed_out(config):
    file = config.parent / "campaigns.d" / "sales.toml"
    file.write_text(CAMPAIGN + 'compliance = { profile = ["none"] }\n')
    assert "; held to no compliance profile: sales" in check(config).stdout


def test_what_is_allowed_and_may_be_a_mistake_is_a_warning_and_no_more(config):
    file = config.parent / "campaigns.d" / "sales.toml"
    file.write_text(CAMPAIGN + "amd = { enabled = true }\n")
    checked = check(config)
    assert checked.returncode == 0
    assert checked.stdout.splitlines()[1].startswith(
        "warning: campaign sales: amd.enabled: held to us-default: a person may"
    )
    assert len(json.loads(check(config, "--json").stdout)["warnings"]) == 1


def test_a_mistake_in_a_compliance_profile_is_told_with_file_and_key(config):
    folder = config.parent / "compliance.d"
    folder.mkdir()
    (folder / "house.toml").write_text('name = "house"\nversion = 2026-11-25\nplaces = ["Mars"]\n')
    checked = check(config)
    assert checked.returncode == 78
    assert f"{folder / 'house.toml'}: places: 'Mars' is no place;" in checked.stderr


def test_a_folder_in_which_no_journal_can_be_kept_is_a_mistake_and_is_not_made(config):
    (config.parent / "file").write_text("")
    config.write_text(TRUNK.replace('"."', '"file/state"'))
    checked = check(config)
    assert checked.returncode == 78
    assert (
        f"journal folder {config.parent}/file/state/journal: {config.parent}/file cannot be written" in checked.stderr
    )
    config.write_text(TRUNK.replace('"."', '"new"'))
    assert check(config).returncode == 0
    assert not (config.parent / "new").exists()
