"""Passwords in settings: who may read their files, and that nothing shows them."""

import os

import pytest

from dialerd.domain.errors import ConfigError
from dialerd.settings import Asterisk, Settings, load
from dialerd.settings.changes import changes

SECRET = "open-sesame"


@pytest.fixture
def config(tmp_path):
    def write(text, mode=0o600):
        path = tmp_path / "dialerd.toml"
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "ami.secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


def refusal(path):
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    return refused.value.problems


def test_a_secret_in_the_file_is_known_and_never_shown(config):
    settings = load(config(f'[asterisk]\nsecret = "{SECRET}"\n'), {})
    assert settings.asterisk.require_secret() == SECRET
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.asterisk.secret)


def test_a_secret_file_is_read_relative_to_the_settings(config, secret_file):
    settings = load(config('[asterisk]\nsecret_file = "ami.secret"\n', 0o644), {})
    assert settings.asterisk.require_secret() == SECRET
    assert SECRET not in repr(settings)


def test_the_secrets_of_several_asterisk_servers_are_read_and_never_shown(config, secret_file):
    text = '[asterisks.one]\nsecret_file = "ami.secret"\n[asterisks.two]\nsecret = "sesame-2"\n'
    before, after = load(config(text), {}), load(config(text.replace("sesame-2", "sesame-3")), {})
    assert [one.require_secret() for one in before.servers.values()] == [SECRET, "sesame-2"]
    assert "sesame" not in repr(before)
    assert "sesame" not in str(changes(before, after))


def test_a_file_with_the_secret_of_one_of_several_servers_may_not_be_read_by_others(config):
    [problem] = refusal(config('[asterisks.two]\nsecret = "sesame-2"\n', 0o644))
    assert "holds a password and others can read it" in problem


def test_a_database_password_is_never_shown(config):
    settings = load(config(f'[database]\nurl = "postgresql://u:{SECRET}@localhost/d"\n'), {})
    assert SECRET in settings.database.url
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o606, 0o660, 0o666])
@pytest.mark.parametrize(
    "text", [f'[asterisk]\nsecret = "{SECRET}"\n', f'[database]\nurl = "postgresql://u:{SECRET}@localhost/d"\n']
)
def test_a_settings_file_with_a_password_that_others_can_read_is_refused_with_the_cure(config, text, mode):
    path = config(text, mode)
    told = refusal(path)
    assert len(told) == 1
    assert told[0].startswith(f"{path}: holds a password and others can read it; run: chmod 6")
    assert SECRET not in told[0]


def test_the_open_file_is_told_beside_the_mistakes_in_it(config):
    told = refusal(config(f'[asterisk]\nsecret = "{SECRET}"\nport = 0\n', 0o644))
    assert len(told) == 2
    assert "asterisk.port" in told[0]
    assert "chmod" in told[1]


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660])
def test_a_secret_file_that_others_can_read_is_refused_with_the_cure(config, secret_file, mode):
    secret_file.chmod(mode)
    told = refusal(config('[asterisk]\nsecret_file = "ami.secret"\n'))
    assert len(told) == 1
    assert f"{secret_file}: is asterisk.secret_file and others can read it; run: chmod 6" in told[0]


def test_only_a_file_of_root_may_be_read_by_its_group(config, secret_file):
    secret_file.chmod(0o640)
    path = config('[asterisk]\nsecret_file = "ami.secret"\n')
    if os.getuid() == 0:
        assert load(path, {}).asterisk.require_secret() == SECRET
        os.chown(secret_file, 12345, 0)
    assert f"chmod 600 {secret_file}" in refusal(path)[0]


def test_a_file_without_passwords_may_be_read_by_everybody(config):
    assert load(config("[node]\nname = 'a'\n", 0o644), {}).node.name == "a"


def test_a_secret_and_a_secret_file_together_are_refused(config, secret_file):
    told = refusal(config(f'[asterisk]\nsecret = "{SECRET}"\nsecret_file = "{secret_file}"\n'))
    assert told == [f"{secret_file.parent}/dialerd.toml: asterisk.secret: given, and secret_file too; one of them"]


def test_a_secret_file_that_is_not_there_is_named(config, tmp_path):
    told = refusal(config('[asterisk]\nsecret_file = "none"\n'))
    assert f"asterisk.secret_file: {tmp_path}/none cannot be read: No such file or directory" in told[0]


def test_an_asterisk_table_needs_a_secret(config):
    assert "asterisk.secret: missing" in refusal(config('[asterisk]\nhost = "pbx"\n'))[0]


def test_without_any_the_engine_is_told_so():
    with pytest.raises(ConfigError, match=r"asterisk\.secret: missing"):
        Settings().asterisk.require_secret()


@pytest.mark.parametrize("secret", [f"{SECRET} x", f"{SECRET}\r\nAction: Command", "é" + SECRET, "", 7, SECRET * 20])
def test_a_secret_that_cannot_travel_in_ami_is_refused_without_showing_it(secret):
    with pytest.raises(ValueError, match="not shown here") as refused:
        Asterisk(secret=secret)
    assert SECRET not in refused.value.errors()[0]["msg"]


PIN, THAW = "481526", "937205"


def code_file(folder, name, text, mode=0o600):
    path = folder / name
    path.write_text(text + "\n")
    path.chmod(mode)
    return path


def test_the_codes_of_the_telephone_are_read_from_files_and_never_shown(config, tmp_path):
    code_file(tmp_path, "a", PIN)
    code_file(tmp_path, "b", THAW)
    freeze = load(config('[freeze]\npin_file = "a"\nthaw_pin_file = "b"\n', 0o644), {}).freeze
    assert (freeze.pin.get_secret_value(), freeze.thaw_pin.get_secret_value()) == (PIN, THAW)
    assert PIN not in repr(freeze)


def test_a_code_that_others_can_read_is_refused_with_the_cure(config, tmp_path):
    file = code_file(tmp_path, "a", PIN, 0o644)
    assert (
        f"{file}: is freeze.pin_file and others can read it; run: chmod 6"
        in refusal(config('[freeze]\npin_file = "a"\n'))[0]
    )
    path = config(f'[freeze]\npin = "{PIN}"\n', 0o644)
    assert refusal(path)[0].startswith(f"{path}: holds a password and others can read it; run: chmod 6")


@pytest.mark.parametrize("code", ["12345", "1234567890123", "12345a", "000000", ""])
def test_a_code_that_is_none_is_refused_without_showing_it(config, tmp_path, code):
    file = code_file(tmp_path, "a", code)
    rule = "will not do (not shown here); 6 to 12 digits in quotes, not all of them the same"
    assert refusal(config('[freeze]\nthaw_pin_file = "a"\n')) == [f"{file}: the secret {rule}"]
    assert refusal(config(f'[freeze]\npin = "{code}"\n')) == [f"{tmp_path}/dialerd.toml: freeze.pin: {rule}"]


def test_two_codes_that_are_the_same_are_refused_wherever_they_stand(config, tmp_path):
    code_file(tmp_path, "a", PIN)
    told = refusal(config(f'[freeze]\npin = "{PIN}"\nthaw_pin_file = "a"\n'))
    assert told == [f"{tmp_path}/dialerd.toml: freeze: pin and thaw_pin are the same; two codes that differ"]
    told = refusal(config(f'[freeze]\npin = "{PIN}"\nthaw_pin = "{PIN}"\n'))
    assert told == [f"{tmp_path}/dialerd.toml: freeze: pin and thaw_pin are the same; two codes that differ"]


def test_a_code_and_its_file_together_are_refused(config, tmp_path):
    code_file(tmp_path, "a", PIN)
    told = refusal(config(f'[freeze]\npin = "{THAW}"\npin_file = "a"\n'))
    assert told == [f"{tmp_path}/dialerd.toml: freeze.pin: given, and pin_file too; one of them"]
