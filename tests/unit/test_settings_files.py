"""Whole settings files: what is found where, what is refused, and that every mistake is told at once."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from dialerd.domain.callerid import Pool, Strategy
from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import ConfigError
from dialerd.domain.recycle import Rule
from dialerd.domain.windows import parse_hours
from dialerd.settings import Extension, Settings, load

MAIN = """
[asterisk]
secret = "sesame-1"
[trunks.carrier]
endpoint = "carrier"
calls_per_second = 5
max_calls = 10
"""

CAMPAIGN = """
name = "sales"
trunks = ["carrier"]
caller_id = "+12025550100"
calls_per_second = 2.5
max_calls = 7
ring_timeout = "20s"
[destination]
type = "extension"
context = "sales"
exten = "100"
[schedule]
timezone = "Europe/Berlin"
hours = ["mon-fri 09:00-20:00"]
holidays = [2026-12-25]
start = 2026-12-01
end = 2026-12-31
[recycle.busy]
attempts = 3
wait = ["10m", 3600]
hours = ["daily 17:00-19:00"]
"""


@pytest.fixture
def files(tmp_path):
    """Writes settings: `files(main, a=campaign, b=campaign)` returns the main file's path."""

    def write(main=MAIN, **campaigns):
        folder = tmp_path / "campaigns.d"
        folder.mkdir(exist_ok=True)
        for name, text in campaigns.items():
            (folder / f"{name}.toml").write_text(text)
        path = tmp_path / "dialerd.toml"
        path.write_text(main)
        path.chmod(0o600)
        return path

    return write


def problems(path, environment=None):
    with pytest.raises(ConfigError) as refused:
        load(path, environment or {})
    return refused.value.problems


def test_a_campaign_is_read_into_the_words_of_the_domain(files):
    campaign = load(files(a=CAMPAIGN), {}).campaigns["sales"]
    assert campaign.calls_per_second == 2.5
    assert campaign.ring_timeout == 20.0
    assert campaign.destination == Extension(context="sales", exten="100")
    assert campaign.schedule.timezone == ZoneInfo("Europe/Berlin")
    assert (campaign.schedule.start, campaign.schedule.end) == (date(2026, 12, 1), date(2026, 12, 31))
    waits = (timedelta(minutes=10), timedelta(hours=1))
    assert campaign.recycle == {Disposition.BUSY: Rule(3, waits, parse_hours(["daily 17:00-19:00"]))}


def test_holidays_close_the_schedule_and_every_rule(files):
    campaign = load(files(a=CAMPAIGN), {}).campaigns["sales"]
    holidays = frozenset({date(2026, 12, 25)})
    assert campaign.schedule.hours.holidays == holidays
    assert campaign.plan.rules[Disposition.BUSY].hours.holidays == holidays


def test_a_campaign_without_waits_of_its_own_takes_the_engines(files):
    engine = '[engine]\nunknown_hold = "2h"\nuncounted_wait = "7s"\n'
    campaigns = load(
        files(MAIN + engine, a=CAMPAIGN, b='uncounted_wait = "3s"' + CAMPAIGN.replace('"sales"', '"own"', 1)), {}
    ).campaigns
    assert campaigns["sales"].plan.unknown_hold == timedelta(hours=2)
    assert campaigns["sales"].plan.uncounted_wait == timedelta(seconds=7)
    assert campaigns["own"].plan.uncounted_wait == timedelta(seconds=3)


def test_settings_and_what_is_in_them_cannot_be_changed(files):
    settings = load(files(a=CAMPAIGN), {})
    with pytest.raises(ValidationError):
        settings.engine.hopper_seconds = 9.0
    with pytest.raises(TypeError):
        settings.campaigns["other"] = settings.campaigns["sales"]
    with pytest.raises(TypeError):
        settings.trunks["other"] = settings.trunks["carrier"]


def test_every_mistake_of_every_file_is_told_at_once(files):
    path = files(
        MAIN + "[engine]\nhopper = 3\n[log]\nlevel = 'loud'\n",
        a=CAMPAIGN.replace("+12025550100", "12025550100").replace("Europe/Berlin", "Europe/Berln"),
        b='name = "b\n',
        c=CAMPAIGN.replace('"carrier"', '"carier"').replace('"sales"', '"c"', 1),
    )
    told = problems(path)
    folder = path.parent / "campaigns.d"
    assert [line.split(";")[0] for line in told] == [
        f"{path}: engine.hopper: no such key",
        f"{path}: log.level: 'loud' is none of them",
        f"{folder}/a.toml: caller_id: '12025550100' will not do",
        f"{folder}/a.toml: schedule.timezone: 'Europe/Berln' is no time zone",
        f"{folder}/b.toml: not TOML: Illegal character '\\n' (at line 1, column 10)",
        f"{folder}/c.toml: trunks: 'carier' is no trunk of {path}",
    ]
    assert told[0].endswith("did you mean hopper_seconds?")
    assert told[3].endswith("did you mean Europe/Berlin?")
    assert told[5].endswith("did you mean carrier?")


@pytest.mark.parametrize(
    ("text", "told"),
    [("a = 1\nb = \n", "(at line 2, column 5)"), ("a = 1\nb = [1,\n", "(at line 2, the last one)")],
)
def test_a_slip_in_the_syntax_is_told_with_its_line(files, text, told):
    assert problems(files(text))[0].endswith(told)


def test_a_trunk_is_missed_even_when_the_rest_of_the_campaign_is_wrong_too(files):
    told = problems(files(a=CAMPAIGN.replace('"carrier"', '"other"').replace("max_calls = 7", "max_calls = 0")))
    assert len(told) == 2
    assert "max_calls" in told[0]
    assert "'other' is no trunk" in told[1]


def test_no_trunk_is_missed_when_the_file_that_defines_them_cannot_be_read(files):
    path = files("[trunks.carrier\n", a=CAMPAIGN.replace("max_calls = 7", "max_calls = 0"))
    assert [line.split(": ")[1] for line in problems(path)] == ["not TOML", "max_calls"]


def test_a_wrong_environment_is_told_beside_the_mistakes_in_the_file(files):
    told = problems(files("[log]\nlevel = 1\n"), {"DIALERD_DATABASE_URL": "x"})
    assert len(told) == 2
    assert "log.level: " in told[0]
    assert told[1].startswith("DIALERD_DATABASE_URL: ")


def test_two_files_with_one_campaign_name_are_refused(files):
    path = files(a=CAMPAIGN, b=CAMPAIGN)
    folder = path.parent / "campaigns.d"
    assert problems(path) == [f"{folder}/b.toml: name: 'sales' is the name in {folder}/a.toml too; each name once"]


def test_what_must_be_given_is_named(files):
    missing = [line.split(": ")[1] for line in problems(files(a="")) if ": missing; " in line]
    wanted = ["name", "trunks", "caller_id", "calls_per_second", "max_calls", "destination", "schedule"]
    assert missing == wanted


def test_a_file_that_is_not_utf8_is_refused_with_the_byte(files):
    path = files()
    path.write_bytes(b'[node]\nname = "caf\xe9"\n')
    assert problems(path) == [f"{path}: not UTF-8: byte 19; save it as UTF-8"]


def test_a_byte_order_mark_is_no_mistake(files):
    path = files()
    path.write_text(MAIN, encoding="utf-8-sig")
    assert load(path, {}).trunks["carrier"].endpoint == "carrier"


def test_a_file_that_does_not_exist_is_refused(tmp_path):
    path = tmp_path / "none.toml"
    assert problems(path) == [f"{path}: no such file; give another with --config or DIALERD_CONFIG"]


def test_a_campaigns_folder_that_was_named_must_exist(files):
    assert "paths.campaigns: " in problems(files(MAIN + '[paths]\ncampaigns = "gone"\n'))[0]


def test_relative_paths_begin_at_the_file(files):
    path = files(MAIN + '[paths]\nstate_dir = "var"\n[database]\nurl = "sqlite:///db/x.db"\n')
    settings = load(path, {})
    assert settings.paths.state_dir == path.parent / "var"
    assert settings.paths.campaigns == path.parent / "campaigns.d"
    assert settings.paths.agi_scripts == path.parent / "agi"
    assert settings.database.url == f"sqlite:///{path.parent}/db/x.db"


def test_the_database_is_in_the_state_folder_unless_told(files):
    path = files(MAIN + '[paths]\nstate_dir = "/srv/state"\n')
    assert load(path, {}).database.url == "sqlite:////srv/state/dialerd.db"
    assert Settings().database.url == "sqlite:////var/lib/dialerd/dialerd.db"


def test_the_environment_names_the_file_and_the_database(files):
    path = files(a=CAMPAIGN)
    environment = {"DIALERD_CONFIG": str(path), "DIALERD_DATABASE_URL": "postgresql://u:p@localhost/other"}
    settings = load(None, environment)
    assert settings.source == path
    assert settings.database.url == "postgresql://u:p@localhost/other"


def test_a_database_url_alone_is_enough_for_the_commands_that_only_need_the_database(tmp_path):
    settings = load(None, {"DIALERD_DATABASE_URL": f"sqlite:///{tmp_path}/x.db"})
    assert settings.database.url == f"sqlite:///{tmp_path}/x.db"
    assert dict(settings.campaigns) == {}


def test_a_wrong_database_url_in_the_environment_is_named_without_its_password():
    told = problems(None, {"DIALERD_DATABASE_URL": "mysql://u:sesame@localhost/x"})
    assert told[0].startswith("DIALERD_DATABASE_URL: is no database we know")
    assert "sesame" not in told[0]


def test_a_path_given_wins_over_the_environment(files, tmp_path):
    path = files()
    assert load(path, {"DIALERD_CONFIG": str(tmp_path / "none.toml")}).source == path


def test_the_file_is_known_by_its_whole_path_so_that_a_reload_finds_it(files, monkeypatch):
    path = files()
    monkeypatch.chdir(path.parent)
    assert load(Path("dialerd.toml"), {}).source == path


def test_a_mistake_in_a_breaker_names_its_key_and_what_is_allowed(files):
    path = files(MAIN + "[trunks.carrier.breaker]\nfault = 3\nshare = 2\n")
    first, second = problems(path)
    assert first.startswith(f"{path}: trunks.carrier.breaker.share: 2 is out of range")
    assert second.startswith(f"{path}: trunks.carrier.breaker.fault: no such key; known here: faults, window, share")
    assert second.endswith("did you mean faults?")


def test_one_caller_id_or_a_table_of_several(files):
    assert load(files(a=CAMPAIGN), {}).campaigns["sales"].caller_id == Pool(("+12025550100",))
    table = 'caller_id = { numbers = ["+12025550100", "+12125550100"], strategy = "same_area_code", sticky = true }'
    several = CAMPAIGN.replace('caller_id = "+12025550100"', table)
    numbers = ("+12025550100", "+12125550100")
    assert load(files(a=several), {}).campaigns["sales"].caller_id == Pool(
        numbers, Strategy.SAME_AREA_CODE, sticky=True
    )


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("{ numbers = [] }", "caller_id.numbers: [] is no list or an empty one"),
        ('{ numbers = ["12025550100"] }', "caller_id.numbers: '12025550100' will not do"),
        ('{ numbers = ["+12025550100", "+12025550100"] }', "caller_id.numbers: +12025550100 is there twice"),
        ('{ numbers = ["+12025550100"], strategy = "any" }', "caller_id.strategy: 'any' is none of them; round_robin"),
        ('{ number = ["+12025550100"] }', "caller_id.numbers: missing"),
        ('["+12025550100"]', "caller_id: ['+12025550100'] will not do"),
    ],
)
def test_a_mistake_in_a_table_of_caller_ids_says_what_is_allowed(files, table, problem):
    path = files(a=CAMPAIGN.replace('caller_id = "+12025550100"', f"caller_id = {table}"))
    assert any(problem in told for told in problems(path)), problems(path)
