"""Settings of several Asterisk servers: which are driven, and what is refused."""

import pytest

from dialerd.domain.errors import ConfigError
from dialerd.settings import load

ONE = """
[asterisk]
secret = "sesame-1"
[trunks.other]
endpoint = "other"
calls_per_second = 5
max_calls = 10
"""
TWO = """
[asterisks.first]
secret = "sesame-1"
[asterisks.second]
host = "192.0.2.2"
secret = "sesame-2"
[trunks.carrier]
endpoint = "carrier"
asterisk = "first"
calls_per_second = 5
max_calls = 10
"""


@pytest.fixture
def files(tmp_path):
    """Writes the main file."""

    def write(text):
        path = tmp_path / "dialerd.toml"
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    return write


def test_several_asterisk_servers_are_driven_and_the_one_that_no_trunk_is_on_is_not(files):
    settings = load(files(TWO), {})
    assert {name: one.host for name, one in settings.servers.items()} == {"first": "127.0.0.1", "second": "192.0.2.2"}
    assert list(load(files(ONE), {}).servers) == ["asterisk"]
    assert list(load(files(ONE + TWO), {}).servers) == ["asterisk", "first", "second"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'asterisk = "first"',
            'asterisk = "third"',
            "trunks.carrier.asterisk: 'third' is no Asterisk of this file; one of ",
        ),
        ('asterisk = "first"', "", "trunks.carrier.asterisk: missing; one of first, second"),
        ('secret = "sesame-2"', "", "asterisks.second.secret: missing; "),
        ('secret = "sesame-2"', 'secret_file = "gone"', "asterisks.second.secret_file: "),
        (
            "[asterisks.second]",
            "[asterisks.asterisk]",
            "asterisks.asterisk: that of [asterisk] is called so; another name",
        ),
        ("host =", "hots =", "asterisks.second.hots: no such key; known here: host, port, "),
    ],
)
def test_a_mistake_about_one_of_several_asterisk_servers_is_told(files, old, new, problem):
    path = files(TWO.replace(old, new))
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    assert any(one.startswith(f"{path}: {problem}") for one in refused.value.problems), refused.value.problems
