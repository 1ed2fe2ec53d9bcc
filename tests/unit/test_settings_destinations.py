"""Where answered calls of a campaign go, and whether Asterisk listens for machines first."""

import pytest

from dialerd.domain.errors import ConfigError
from dialerd.settings import (
    Amd,
    Balanced,
    Endpoint,
    Extension,
    HangUp,
    Playback,
    Queue,
    RingGroup,
    Share,
    load,
)

MAIN = """
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
schedule = { timezone = "Europe/Berlin", hours = ["daily 09:00-20:00"] }
"""


@pytest.fixture
def read(tmp_path):
    """The campaign with these lines and this destination. Raises ConfigError."""

    def run(lines, destination='type = "hangup"'):
        (tmp_path / "campaigns.d").mkdir(exist_ok=True)
        (tmp_path / "campaigns.d" / "sales.toml").write_text(f"{lines}\n{CAMPAIGN}\n[destination]\n{destination}\n")
        (tmp_path / "dialerd.toml").write_text(MAIN)
        return load(tmp_path / "dialerd.toml", {}).campaigns["sales"]

    return run


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ('type = "playback"\nfile = "custom/hello"', Playback(file="custom/hello")),
        ('type = "hangup"', HangUp()),
        ('type = "extension"\ncontext = "sales"', Extension(context="sales", exten="s")),
        ('type = "queue"\nqueue = "sales"\nwait = "2m"', Queue(queue="sales", wait=120.0)),
        ('type = "endpoint"\nendpoint = "PJSIP/101"', Endpoint(endpoint="PJSIP/101", ring=20.0)),
        ('type = "endpoint"\nendpoint = "WebSocket/ai/c(ulaw)"', Endpoint(endpoint="WebSocket/ai/c(ulaw)")),
        (
            'type = "ring_group"\nendpoints = ["PJSIP/101", "Local/7@desk/n"]\nring = 9',
            RingGroup(endpoints=("PJSIP/101", "Local/7@desk/n"), ring=9.0),
        ),
        (
            'type = "balanced"\nshares = [{ weight = 3, to = { type = "hangup" } }, { to = { type = "queue", queue = "q" } }]',
            Balanced(shares=(Share(weight=3, to=HangUp()), Share(weight=1, to=Queue(queue="q")))),
        ),
    ],
)
def test_each_destination_is_known_by_its_type(read, text, destination):
    assert read("", text).destination == destination


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('type = "queue"', "destination.queue: missing; it has to be given"),
        ('type = "queue"\nqueue = "a b"', "destination.queue: 'a b' will not do; a queue's name in queues.conf"),
        ('type = "queue"\nqueue = "a"\nwait = 0', "destination.wait: 0 is out of range; "),
        ('type = "endpoint"\nendpoint = "PJSIP/1&PJSIP/2"', "destination.endpoint: 'PJSIP/1&PJSIP/2' will not do; "),
        ('type = "endpoint"\nendpoint = "101"', "destination.endpoint: '101' will not do; what Asterisk's Dial takes"),
        ('type = "endpoint"\nendpoint = "PJSIP/${X}"', "destination.endpoint: 'PJSIP/${X}' will not do; "),
        ('type = "ring_group"\nendpoints = []', "destination.endpoints: [] is no list of 1 to 20; "),
        (
            'type = "ring_group"\nendpoints = ["PJSIP/1", "PJSIP/1"]',
            "destination.endpoints: ['PJSIP/1', 'PJSIP/1'] names",
        ),
        ('type = "balanced"\nshares = []', "destination.shares: is an empty list; one destination or more"),
        ('type = "balanced"\nshares = [{}]', "destination.shares.0.to: missing; it has to be given"),
        (
            'type = "balanced"\nshares = [{ to = { type = "hangup" } }, { to = { type = "balanced", shares = [] } }]',
            "destination.shares.1.to.type: missing or unknown; one of 'extension', 'queue', 'ring_group', ",
        ),
        (
            'type = "balanced"\nshares = [{ weigth = 2, to = { type = "hangup" } }]',
            "destination.shares.0.weigth: no such key; known here: weight, to; did you mean weight?",
        ),
        (
            'type = "balanced"\nshares = [{ to = { type = "endpoint", endpoint = "x" } }]',
            "destination.shares.0.to.endpoint: 'x' will not do; what Asterisk's Dial takes",
        ),
    ],
)
def test_a_mistake_in_a_destination_is_told_with_its_key(read, text, told):
    with pytest.raises(ConfigError) as refused:
        read("", text)
    (said,) = refused.value.problems
    assert said.partition(".toml: ")[2].startswith(told)


@pytest.mark.parametrize(
    ("text", "amd"),
    [
        ("", Amd()),
        ("amd = { enabled = true }", Amd(enabled=True, machine="hangup")),
        (
            'amd = { enabled = true, machine = "playback", file = "custom/message" }',
            Amd(enabled=True, machine="playback", file="custom/message"),
        ),
    ],
)
def test_a_campaign_says_whether_it_listens_for_machines_and_what_they_get(read, text, amd):
    assert read(text).amd == amd


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('amd = { machine = "playback" }', "amd: file: missing; the recording that machines hear belongs to machine"),
        ('amd = { file = "a" }', "amd: file: given, and machine is not playback; "),
        ('amd = { machine = "beep" }', "amd.machine: 'beep' is none of them; hangup, destination, playback"),
        ('amd = { enabled = "yes" }', "amd.enabled: 'yes' is no switch; "),
    ],
)
def test_a_mistake_about_machines_is_told(read, text, told):
    with pytest.raises(ConfigError) as refused:
        read(text)
    (said,) = refused.value.problems
    assert said.partition(".toml: ")[2].startswith(told)


@pytest.mark.parametrize(
    ("profiles", "warned"),
    [
        ('["us-default"]', "us-default"),
        ('["us-fl"]', "us-fl"),
        ('["uk", "us-federal"]', "uk, us-federal"),
        ('["none"]', None),
    ],
)
def test_listening_under_american_and_british_rules_is_warned_of(read, profiles, warned):
    compliance = f"compliance = {{ profile = {profiles} }}\n"
    campaign = read(compliance + "amd = { enabled = true }")
    assert [warning.split(": ")[1] for warning in campaign.warnings] == (
        [] if warned is None else [f"held to {warned}"]
    )
    assert read(compliance).warnings == []


def test_the_pace_is_fixed_whether_or_not_the_mode_is_given(read):
    assert read("").mode == read('mode = "rate"').mode == "rate"


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ('"progressive"', "mode: 'progressive' follows the agents of a queue, which is not supported; rate: "),
        ('"predictive"', "mode: 'predictive' follows the agents of a queue, which is not supported; rate: "),
        ('"fast"', "mode: 'fast' is none of them; rate"),
        ("1", "mode: 1 is none of them; rate"),
    ],
)
def test_another_mode_is_refused_with_the_one_there_is(read, mode, told):
    with pytest.raises(ConfigError) as refused:
        read(f"mode = {mode}")
    (said,) = refused.value.problems
    assert said.partition(".toml: ")[2].startswith(told)
