"""The shipped settings files and their page in the documentation say what the code does."""

import re
import shutil
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from dialerd.domain.breaker import Limits
from dialerd.domain.dispositions import FLAG_NAMES, SYSTEM
from dialerd.domain.order import Order
from dialerd.settings import Amd, Asterisk, Balanced, Campaign, DispositionForm, Schedule, Share, Single, load, profiles
from dialerd.settings.campaign import CallerIdForm, RuleForm
from dialerd.settings.compliance import ComplianceForm
from dialerd.settings.model import BreakerForm, Sections
from dialerd.settings.problems import sections_in
from dialerd.settings.profile_form import ProfileForm, ProfileRule

CONFIG = Path(__file__).parents[2] / "config"
MAIN = (CONFIG / "dialerd.toml").read_text()
DEMO = (CONFIG / "campaigns.d" / "demo.toml").read_text()
DISPOSITIONS = (CONFIG / "dispositions.toml").read_text()
PAGE = (CONFIG.parent / "docs" / "configuration.md").read_text()

OPTIONS = [
    (table, key)
    for table, field in Sections.model_fields.items()
    for section in sections_in(field.annotation)
    for key in section.model_fields
    if (table, key) != ("trunks", "breaker") and table != "asterisks"
]
BREAKER_OPTIONS = list(BreakerForm.model_fields)
TABLES = ("destination", "amd", "schedule", "compliance", "recycle")
CAMPAIGN_OPTIONS = [key for key in Campaign.model_fields if key not in TABLES]
INNER_OPTIONS = [key for form in (Amd, Schedule, RuleForm, ComplianceForm) for key in form.model_fields]
PROFILE_OPTIONS = [key for form in (ProfileForm, ProfileRule) for key in form.model_fields]
DESTINATIONS = (*get_args(Single), Balanced)
DESTINATION_OPTIONS = sorted({key for form in (*DESTINATIONS, Share) for key in form.model_fields})


@pytest.fixture
def shipped(tmp_path):
    shutil.copytree(CONFIG, tmp_path / "config")
    secret = tmp_path / "config" / "ami.secret"
    secret.write_text("sesame")
    secret.chmod(0o600)
    return load(tmp_path / "config" / "dialerd.toml", {})


def table_text(name):
    start = re.search(rf"^\[{name}(\.\w+)?\]$", MAIN, re.MULTILINE).end()
    return MAIN[start:].partition("\n[")[0]


def test_the_values_shown_are_the_defaults(shipped):
    asterisk = shipped.asterisk.model_copy(update={"secret": None, "secret_file": None})
    assert asterisk == Asterisk()
    for name in ("agi", "engine", "web", "log"):
        assert getattr(shipped, name) == Sections.model_fields[name].default
    assert shipped.database.url == "sqlite:////var/lib/dialerd/dialerd.db"
    given = tomllib.loads(MAIN)["paths"]
    assert given == {
        "state_dir": "/var/lib/dialerd",
        "campaigns": "campaigns.d",
        "agi_scripts": "agi",
        "compliance": "compliance.d",
    }
    assert shipped.trunks["carrier"].prefix == "+"
    assert shipped.trunks["carrier"].breaker == BreakerForm().finished() == Limits()


@pytest.mark.parametrize(("table", "key"), OPTIONS)
def test_every_option_stands_in_the_shipped_file_below_its_explanation(table, key):
    lines = table_text(table).splitlines()
    at = next((i for i, line in enumerate(lines) if re.match(rf"(# )?{key} = ", line)), None)
    assert at is not None
    above = [line for line in lines[:at] if line.startswith("# ") and " = " not in line]
    assert above, f"nothing explains {table}.{key}"


def test_the_shipped_file_and_the_documentation_say_how_to_drive_several_asterisk_servers():
    assert sections_in(Sections.model_fields["asterisks"].annotation) == [Asterisk]
    assert "# [asterisks.second]" in MAIN
    assert "[asterisks.NAME]" in PAGE


@pytest.mark.parametrize("key", BREAKER_OPTIONS)
def test_every_option_of_a_breaker_stands_in_the_shipped_file_and_in_the_documentation(key):
    assert re.search(rf"^{key} = ", MAIN.partition("[trunks.carrier.breaker]")[2], re.MULTILINE)
    assert f"| `{key}` |" in PAGE.partition("[trunks.NAME.breaker]")[2]


@pytest.mark.parametrize("key", CallerIdForm.model_fields)
def test_every_option_of_caller_ids_is_explained_in_the_shipped_campaign_and_in_the_documentation(key):
    assert re.search(rf"^#   {key} ", DEMO, re.MULTILINE)
    assert f"| `{key}` |" in PAGE.partition("### [caller_id]")[2].partition("\n### ")[0]


@pytest.mark.parametrize("order", list(Order))
def test_every_order_is_explained_in_the_shipped_campaign_and_in_the_documentation(order):
    assert re.search(rf"^#   {order} ", DEMO, re.MULTILINE)
    assert f"| `{order}` |" in PAGE.partition("### Order")[2].partition("\n### ")[0]


def test_the_shipped_campaign_is_good(shipped):
    assert shipped.campaigns["demo"].trunks == ("carrier",)
    assert len(shipped.campaigns["demo"].recycle) == 2


@pytest.mark.parametrize("key", CAMPAIGN_OPTIONS + INNER_OPTIONS)
def test_every_option_of_a_campaign_stands_in_the_shipped_one(key):
    assert re.search(rf"^(# )?{key} = ", DEMO, re.MULTILINE)


@pytest.mark.parametrize("form", DESTINATIONS)
def test_the_shipped_campaign_has_an_example_of_every_kind_of_destination(form):
    kind = form.model_fields["type"].default
    assert f'#   type = "{kind}"' in DEMO
    assert f"`{kind}`" in PAGE.split("### [destination]")[1].partition("\n### ")[0]


@pytest.mark.parametrize("disposition", SYSTEM.for_rules)
def test_the_shipped_campaign_names_every_disposition_a_rule_can_be_for(disposition):
    assert re.search(rf"\b{disposition}\b", DEMO.replace("\n#", ""))


def test_the_shipped_dispositions_are_good(shipped):
    assert shipped.dispositions["sale"].over == "final"
    assert "call_again" in shipped.dispositions.for_rules


@pytest.mark.parametrize("key", DispositionForm.model_fields)
def test_every_flag_is_explained_in_the_shipped_dispositions_and_in_the_documentation(key):
    assert re.search(rf"^#   {key} ", DISPOSITIONS, re.MULTILINE)
    assert f"| `{key}` |" in PAGE.split("## dispositions.toml")[1]


def test_a_disposition_has_a_key_for_each_flag():
    assert set(DispositionForm.model_fields) == {"description", *FLAG_NAMES}


@pytest.mark.parametrize("key", [f"{table}.{key}" for table, key in OPTIONS])
def test_every_option_has_its_row_in_the_documentation(key):
    table, _, name = key.partition(".")
    section = PAGE.split(f"## [{table}")[1].partition("\n## ")[0]
    assert f"| `{name}` |" in section


@pytest.mark.parametrize("key", CAMPAIGN_OPTIONS + INNER_OPTIONS + DESTINATION_OPTIONS)
def test_every_option_of_a_campaign_has_its_row_in_the_documentation(key):
    assert f"| `{key}` |" in PAGE.split("## Campaign files")[1]


@pytest.mark.parametrize("key", [key for key in PROFILE_OPTIONS if key != "rules"])
def test_every_option_of_a_profile_has_its_place_in_the_documentation(key):
    page = PAGE.split("## Campaign files")[1]
    assert f"| `{key}` |" in page.split("## Compliance profiles")[1] or f"| `{key}` |" in page.split("[compliance]")[1]


@pytest.mark.parametrize("name", profiles.shipped_names())
def test_every_profile_that_comes_along_is_dated_and_says_where_each_rule_is_written(name):
    profile = profiles.shipped(name)
    assert profile.name == name
    assert f"`{name}`" in PAGE
    assert profile.title
    assert profile.version.year >= 2026
    assert all(rule.source and rule.read is not None and rule.read <= profile.version for rule in profile.rules)


def test_the_profiles_there_are():
    expected = "au ca fr in none uk us-al us-default us-federal us-fl us-la us-md us-me us-ok"
    assert profiles.Profiles().names == expected.split()
