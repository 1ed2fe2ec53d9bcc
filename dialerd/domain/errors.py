"""The one error tree. Each class carries data; its text names the thing, the rule and the way out."""

from __future__ import annotations


class DialerdError(Exception):
    """Anything we refuse or cannot do. `exit_code` is what the command line exits with (sysexits.h where one fits)."""

    exit_code = 1


class Refused(DialerdError):
    """A rule forbids what was asked; nothing was changed. HTTP 409 in the API."""


class NotFound(DialerdError):
    """The thing named does not exist. HTTP 404 in the API."""


class BadInput(DialerdError):
    """A file or value a person gave cannot be used; nothing was changed. `exit_code` is EX_DATAERR."""

    exit_code = 65


class Unavailable(DialerdError):
    """Something outside (database, Asterisk, a port) cannot be reached or used. `exit_code` is EX_UNAVAILABLE."""

    exit_code = 69


class ConfigError(DialerdError):
    """The configuration is wrong. `problems` lists every mistake, each with its file and key. EX_CONFIG."""

    exit_code = 78

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
