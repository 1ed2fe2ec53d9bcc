"""dispositions.toml: what an admin adds, what may be changed of the system's, and that every mistake is told at once."""

from datetime import UTC, datetime

import pytest

from dialerd.domain.dispositions import AS_ANSWERED, FLAGS, SYSTEM, Disposition, Flags
from dialerd.domain.errors import ConfigError
from dialerd.domain.recycle import Again, History, decide
from dialerd.settings import load
from dialerd.settings.dispositions import read_catalogue

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
calls_per_second = 1
max_calls = 1
destination = { type = "hangup" }
schedule = { timezone = "UTC", hours = ["daily 00:00-24:00"] }
"""


@pytest.fixture
def files(tmp_path):
    """Writes the settings and returns the main file: `files(dispositions, rules of a campaign)`."""

    def write(dispositions=None, rules="", main=MAIN):
        (tmp_path / "campaigns.d").mkdir(exist_ok=True)
        (tmp_path / "campaigns.d" / "sales.toml").write_text(CAMPAIGN + rules)
        if dispositions is not None:
            (tmp_path / "dispositions.toml").write_text(dispositions)
        path = tmp_path / "dialerd.toml"
        path.write_text(main)
        path.chmod(0o600)
        return path

    return write


def problems(path):
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    return [problem.removeprefix(f"{path.parent}/") for problem in refused.value.problems]


def flags(**table):
    catalogue, wrong = read_catalogue({"mine": table})
    assert not wrong
    return catalogue["mine"]


def refusals(**tables):
    return read_catalogue(tables)[1]


def test_without_the_file_there_are_the_systems_dispositions(files):
    assert load(files(), {}).dispositions == SYSTEM
    assert load(files("# nothing"), {}).dispositions == SYSTEM


def test_a_flag_that_is_not_given_is_as_with_an_answered_call():
    assert flags() == AS_ANSWERED == FLAGS[Disposition.ANSWERED]


def test_what_is_not_final_may_be_recycled_and_what_may_be_recycled_is_not_final():
    assert flags(final=False) == Flags(contacted=True, human=True)
    assert flags(recyclable=True) == Flags(contacted=True, human=True)
    assert flags(final=False, recyclable=False).over == "not recyclable"


def test_do_not_call_is_final():
    assert flags(do_not_call=True).final
    assert refusals(x={"do_not_call": True, "final": False}) == [
        "x.final: false, and do_not_call too; a number on do-not-call is not called again: final = true"
    ]


def test_final_and_recyclable_at_once_is_refused():
    assert refusals(x={"final": True, "recyclable": True}) == [
        "x.recyclable: true, and final too; what is final is never dialed again: one of the two"
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("SALE", "; did you mean sale?"), ("no-interest", "; did you mean no_interest?"), ("1st", ""), ("x" * 41, "")],
)
def test_a_name_is_small_letters_digits_and_underscores(name, hint):
    (said,) = refusals(**{name: {}})
    assert said.startswith(f"{name}: will not do as a name; 1 to 40 of a-z, 0-9 and _")
    assert said.endswith(f"beginning with a letter{hint}")


def test_a_name_that_reads_like_one_of_the_systems_is_refused():
    assert refusals(voice_mail={}) == [
        "voice_mail: is too much like voicemail of the system; name it otherwise, or voicemail to change its flags"
    ]


def test_a_message_on_a_machine_may_count_as_contacted():
    catalogue, wrong = read_catalogue({"voicemail": {"contacted": True}})
    assert not wrong
    assert catalogue["voicemail"] == Flags(contacted=True)
    assert catalogue["busy"] == FLAGS[Disposition.BUSY]


def test_answered_calls_may_be_recycled_when_the_admin_says_so():
    catalogue, wrong = read_catalogue({"answered": {"final": False}})
    assert not wrong
    assert "answered" in catalogue.for_rules


@pytest.mark.parametrize(
    ("name", "flag", "value", "why"),
    [
        ("cancelled", "counts", True, "it is no fault of the lead, which comes back by itself"),
        ("failed", "final", True, "it is no fault of the lead, which comes back by itself"),
        (
            "unknown",
            "counts",
            False,
            "the call may have been made, so it counts, and the lead rests before it is tried again",
        ),
        ("busy", "counts", False, "a call that was made uses up an attempt"),
        ("opted_out", "final", False, "such a number is never dialed again"),
        ("invalid_number", "recyclable", True, "such a number is never dialed again"),
        ("no_answer", "contacted", True, "nobody was reached"),
        ("answered", "contacted", False, "a person was reached"),
        ("voicemail", "human", True, "who was on the line is what the call has shown"),
    ],
)
def test_a_flag_that_a_promise_hangs_on_has_to_stay_and_the_refusal_says_why(name, flag, value, why):
    has = str(not value).lower()
    assert refusals(**{name: {flag: value}}) == [f"{name}.{flag}: has to stay {has}: {why}"]


@pytest.mark.parametrize("name", [name.value for name in Disposition if name is not Disposition.NEW])
def test_saying_of_a_system_disposition_what_it_is_changes_nothing(name):
    catalogue, wrong = read_catalogue({name: {flag: getattr(FLAGS[name], flag) for flag in FLAGS[name].__slots__}})
    assert not wrong
    assert catalogue == SYSTEM


def test_every_mistake_of_the_file_is_told_at_once_with_its_key(files):
    wrong = 'new = {}\n[sale]\nfinal = "yes"\nfinall = true\n[cancelled]\ncounts = true\n[x]\n[y]\nfinal = 1\n'
    rules = "[recycle.sale]\nattempts = 2\nwait = 60\n[recycle.sell]\nattempts = 2\nwait = 60"
    keys = "description, contacted, final, do_not_call, recyclable, counts, human"
    known = "callback, voicemail, no_answer, busy, rejected, abandoned, short_call, unknown, sale, y"
    assert problems(files(wrong, rules)) == [
        "dispositions.toml: new: is what a lead is before its first call, and no call ends so; it has no flags to change",
        "dispositions.toml: sale.final: 'yes' is no switch; true or false, without quotes",
        f"dispositions.toml: sale.finall: no such key; known here: {keys}; did you mean final?",
        "dispositions.toml: cancelled.counts: has to stay false: it is no fault of the lead, which comes back by itself",
        "dispositions.toml: y.final: 1 is no switch; true or false, without quotes",
        f"campaigns.d/sales.toml: recycle.sell: no rule can be made for 'sell'; one of {known}",
    ]


def test_a_table_that_is_none_is_told(files):
    (said,) = problems(files("sale = 3"))
    assert said.startswith("dispositions.toml: sale: is no table; a table with description, contacted, final")


def test_a_file_that_is_named_must_be_there(files):
    (said,) = problems(files(main=MAIN + '[paths]\ndispositions = "mine.toml"\n'))
    assert said.startswith("dialerd.toml: paths.dispositions: ")
    assert said.endswith("mine.toml is not there; a file of dispositions")


def test_a_rule_may_name_a_custom_disposition_that_is_not_final(files):
    rules = "[recycle.call_again]\nattempts = 2\nwait = 60"
    campaign = load(files("[call_again]\nfinal = false", rules), {}).campaigns["sales"]
    assert isinstance(decide(campaign.plan, "call_again", History(1, 1), datetime(2026, 5, 4, tzinfo=UTC)), Again)
    (said,) = problems(files("[call_again]", rules))
    assert "no rule can be made for 'call_again'" in said
