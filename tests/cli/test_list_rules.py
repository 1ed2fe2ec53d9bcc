"""`dialerd list create`, `edit` and `import`: of which countries and kinds the numbers of a list may be."""

import csv

import pytest

US, CANADA, BRITAIN, PUERTO_RICO = "+14155551234", "+14165550199", "+442071838750", "+17875550123"
TOLL_FREE, PREMIUM, SATELLITE, EMERGENCY = "+18005550123", "+19005551234", "+881612345678", "911"
EVERYWHERE = (US, CANADA, BRITAIN, PUERTO_RICO)
SPECIAL = (US, TOLL_FREE, PREMIUM, SATELLITE, EMERGENCY)


@pytest.fixture
def imported(cli):
    """imported(numbers, *options): those that became leads of list june, and why each of the others did not."""

    def run(numbers, *options):
        path = cli.file("phone_number\n" + "".join(f"{number}\n" for number in numbers))
        out = cli.folder / "rejects.csv"
        cli.ok("list", "import", "june", path, "--rejects", out, *options)
        rows = csv.DictReader(out.read_text("utf-8-sig").splitlines()) if out.exists() else []
        refused = {row["phone_number"]: row["rejected_because"] for row in rows}
        return [item["lead"]["phone"] for item in cli.json("list", "leads", "june")], refused

    return run


def test_a_list_with_a_region_takes_numbers_of_its_own_country_only(cli, imported):
    assert cli.json("list", "create", "june", "--region", "US")["countries"] == ["US"]
    good, refused = imported(EVERYWHERE)
    assert good == [US, PUERTO_RICO]
    assert refused == {
        CANADA: "phone number: a number of CA, and the list takes only those of US",
        BRITAIN: "phone number: a number of GB, and the list takes only those of US",
    }


def test_a_list_without_a_region_takes_numbers_of_every_country(cli, imported):
    cli.ok("list", "create", "june")
    assert imported(EVERYWHERE) == (list(EVERYWHERE), {})


@pytest.mark.parametrize(
    ("countries", "good"), [("us,ca", [US, CANADA, PUERTO_RICO]), ("GB", [BRITAIN]), ("any", list(EVERYWHERE))]
)
def test_a_list_takes_numbers_of_the_countries_that_are_named(cli, imported, countries, good):
    cli.ok("list", "create", "june", "--region", "US", "--countries", countries)
    assert imported(EVERYWHERE)[0] == good


def test_special_numbers_are_refused_by_kind_with_the_way_out(cli, imported):
    cli.ok("list", "create", "june", "--region", "US")
    good, refused = imported(SPECIAL)
    assert good == [US]
    assert refused[TOLL_FREE] == "phone number: a toll-free number: not dialed unless the list allows toll_free"
    assert refused[PREMIUM] == "phone number: a premium-rate number: not dialed unless the list allows premium"


def test_special_numbers_are_taken_when_they_are_allowed_and_emergency_and_satellite_numbers_never(cli, imported):
    kinds = "toll-free,premium,shared_cost,personal,pager,company,voicemail,short"
    cli.ok("list", "create", "june", "--region", "US", "--countries", "any", "--allow", kinds)
    good, refused = imported((*SPECIAL, "611"))
    assert good == [US, TOLL_FREE, PREMIUM, "+1611"]
    assert refused[EMERGENCY] == "phone number: an emergency number: never dialed"
    assert "satellite" in refused[SATELLITE]


def test_an_import_allows_more_for_its_file_alone(cli, imported):
    cli.ok("list", "create", "june", "--region", "US")
    assert imported((US, TOLL_FREE, BRITAIN), "--allow", "toll_free", "--countries", "any")[1] == {}
    assert TOLL_FREE[:5] in imported(("+18005550124", US))[1].popitem()[0]
    shown = cli.json("list", "show", "june")
    assert (shown["kinds"], shown["countries"]) == ([], ["US"])
    path = cli.file(f"phone_number\n{TOLL_FREE}\n{US}\n")
    assert cli.json("list", "preview", path, "--list", "june")["rejected"] == 1
    assert cli.json("list", "preview", path, "--list", "june", "--allow", "toll_free")["rejected"] == 0
    assert cli.json("list", "import", "june", path, "--allow", "toll_free", "--dry-run")["rejected"] == 0


def test_the_rules_of_a_list_are_changed_for_the_next_import(cli, imported):
    cli.ok("list", "create", "june", "--region", "US")
    said = cli.ok("list", "edit", "june", "--countries", "US,GB", "--allow", "toll_free", "--description", "renewals")
    assert said == "list june: clean, national numbers of US, only of GB, US, also toll_free\n"
    assert imported((US, BRITAIN, TOLL_FREE))[1] == {}
    made = cli.json("list", "edit", "june", "--allow", "none", "--region", "none", "--policy", "strict")
    assert (made["kinds"], made["region"], made["policy"], made["description"]) == ([], None, "strict", "renewals")


def test_an_edit_says_how_many_leads_its_rules_keep_out_and_let_in(cli, imported):
    cli.ok("list", "create", "june")
    imported(EVERYWHERE)
    said = cli.ok("list", "edit", "june", "--countries", "US")
    assert said.splitlines()[-1] == "2 of its leads are kept out: not called by these rules"
    made = cli.json("list", "edit", "june", "--countries", "US,CA")
    assert (made["let_in"], made["kept_out"]) == (1, 0)
    assert cli.ok("list", "edit", "june", "--countries", "any").splitlines()[-1] == "1 of its leads is let in again"


def test_a_lead_that_is_added_by_hand_obeys_the_rules_of_its_list(cli):
    cli.ok("list", "create", "june", "--region", "US")
    assert "a number of GB" in cli.refused(65, "lead", "add", "june", BRITAIN)
    cli.ok("list", "edit", "june", "--allow", "toll_free")
    cli.ok("lead", "add", "june", TOLL_FREE)
    cli.ok("lead", "edit", TOLL_FREE, "--field", "timezone=America/New_York")
    assert cli.json("lead", "show", TOLL_FREE)["lead"]["phone"] == TOLL_FREE


def test_a_copy_has_the_rules_of_its_list(cli):
    cli.ok("list", "create", "june", "--region", "US", "--countries", "US,CA", "--allow", "short")
    cli.ok("list", "import", "june", cli.file(f"phone_number\n{US}\n"))
    cli.ok("list", "copy", "june", "july")
    shown = cli.json("list", "show", "july")
    assert (shown["countries"], shown["kinds"]) == (["CA", "US"], ["short"])


def test_the_settings_say_what_new_lists_take(cli):
    text = cli.config.read_text()
    cli.config.write_text(text + '\n[lists]\ncountries = ["US", "CA"]\nallow = ["toll_free"]\n')
    made = cli.json("list", "create", "june", "--region", "US")
    assert (made["countries"], made["kinds"]) == (["CA", "US"], ["toll_free"])
    made = cli.json("list", "create", "july", "--region", "US", "--countries", "US", "--allow", "short")
    assert (made["countries"], made["kinds"]) == (["US"], ["short"])
    cli.config.write_text(text + '\n[lists]\ncountries = ["Texas"]\nallow = "all"\n')
    answer = cli("list", "list")
    assert answer.code == 78
    assert "lists.countries: country 'TEXAS': is not a country code" in answer.err
    assert "lists.allow: 'all' is no list" in answer.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--countries", "Texas"], "country 'TEXAS': is not a country code"),
        (["--countries", "any,US"], "country 'ANY': is not a country code"),
        (["--allow", "emergency"], "kind of numbers 'emergency': is not one of toll_free"),
        (["--region", "Texas"], "region 'Texas': is not a country code"),
    ],
)
def test_rules_that_cannot_be_are_refused_and_change_nothing(cli, options, message):
    assert message in cli.refused(65, "list", "create", "june", *options)
    assert cli.json("list", "list") == []
    cli.ok("list", "create", "june")
    assert message in cli.refused(65, "list", "edit", "june", *options)


def test_an_edit_that_changes_nothing_is_refused(cli):
    cli.ok("list", "create", "june")
    assert "nothing to change" in cli.refused(65, "list", "edit", "june")
    assert "is so already" in cli.refused(1, "list", "edit", "june", "--policy", "strict")
