"""Every command answers programs too."""

import click
import pytest

from dialerd.cli.main import cli

WITHOUT = {
    ("run",): "a daemon",
    ("agi",): "a daemon",
    ("web",): "a daemon",
    ("up",): "two daemons",
    ("lab", "up"): "runs until it is stopped, and prints JSON as it is",
    ("list", "export"): "its answer is the file",
    ("list", "original"): "its answer is the file",
    ("dnc", "export"): "its answer is the file",
}


def commands(command=cli, path=(), context=None):
    """Every command that can be run, by its words."""
    if not isinstance(command, click.Group):
        return {path: command}
    context = context or click.Context(cli)
    return {
        words: found
        for name in command.list_commands(context)
        for words, found in commands(command.get_command(context, name), (*path, name), context).items()
    }


COMMANDS = commands()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_json_but_those_that_are_named(words):
    options = {option for parameter in COMMANDS[words].params for option in parameter.opts}
    assert ("--json" in options) != (words in WITHOUT)


def test_the_named_ones_are_there():
    assert WITHOUT.keys() <= COMMANDS.keys()
