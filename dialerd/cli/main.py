"""The command `dialerd`: its table of commands, and how faults become one line and an exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from dialerd import __version__
from dialerd.cli.lazy import Entry, LazyGroup
from dialerd.cli.shell import Shell
from dialerd.cli.text import printable
from dialerd.domain.errors import ConfigError, DialerdError

COMMANDS = {
    "list": Entry("dialerd.cli.lists:group", "Create lists and import leads."),
    "mapping": Entry("dialerd.cli.mapping:group", "Save which columns of a file are which fields."),
    "lead": Entry("dialerd.cli.lead:group", "Find, show, add, change, move, close and reset single leads."),
    "campaign": Entry("dialerd.cli.campaigns:group", "Assign lists; start, pause, resume and stop campaigns."),
    "dnc": Entry("dialerd.cli.dnc:group", "Put numbers on do-not-call; import, export and check it."),
    "call": Entry("dialerd.cli.calls:group", "Look at what was dialed and what became of it."),
    "dispositions": Entry("dialerd.cli.dispositions:command", "List the dispositions there are, and their flags."),
    "why": Entry("dialerd.cli.why:command", "Say why a number is dialed or not, gate by gate."),
    "status": Entry("dialerd.cli.status:command", "Show engines and campaigns, and why nothing is dialed."),
    "run": Entry("dialerd.cli.daemons:run", "Run the engine: claims leads, paces, dials through Asterisk."),
    "agi": Entry("dialerd.cli.daemons:agi", "Run the FastAGI server that the dialplan asks."),
    "web": Entry("dialerd.cli.daemons:web", "Run the HTTP API and the console in the browser."),
    "up": Entry("dialerd.cli.up:command", "Run the engine and the FastAGI server in one terminal."),
    "user": Entry("dialerd.cli.user:group", "Say who may log in to the console, and with which rights."),
    "token": Entry("dialerd.cli.token:group", "Make and revoke tokens, which programs ask the API with."),
    "config": Entry("dialerd.cli.config:group", "Check the configuration."),
    "db": Entry("dialerd.cli.db:group", "Create and upgrade the database."),
    "demo": Entry("dialerd.cli.demo:command", "Dial fictional people through a real Asterisk, right here."),
    "lab": Entry("dialerd.cli.lab:group", "Start and stop a real Asterisk with a simulated carrier."),
}

EPILOG = """\b
Environment: DIALERD_CONFIG (as --config), DIALERD_DATABASE_URL (instead of database.url).
Exit codes: 0 done, 1 refused or not found, 2 usage, 65 bad input, 69 not reachable, 74 input or output,
78 configuration, 130 interrupted.
"""


@click.group(cls=LazyGroup, entries=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="DIALERD_CONFIG",
    metavar="FILE",
    help="The configuration file  [default: /etc/dialerd/dialerd.toml]",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more on standard error, with the traceback of a fault.")
@click.version_option(__version__, prog_name="dialerd", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, config_path: Path | None, *, verbose: bool) -> None:
    """An outbound dialer for Asterisk: lists, campaigns, and the daemon that dials them."""
    context.obj = Shell(config_path=config_path, verbose=verbose, owns_process=bool(context.obj))


def main() -> None:
    """Runs the command line of this process and ends it."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding lacks is shown as an escape, not as a traceback.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:], owns_process=True))


def run(arguments: Sequence[str], *, owns_process: bool = False) -> int:
    """Runs one command line. Returns the exit code; every expected fault is one line on standard error. With
    `owns_process` nothing else is in this process.
    """
    verbose = "-v" in arguments or "--verbose" in arguments
    try:
        code = cli.main(args=list(arguments), prog_name="dialerd", standalone_mode=False, obj=owns_process)
        if sys.stdout is not None:  # started with its standard output closed
            sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        print("dialerd: interrupted", file=sys.stderr)  # noqa: T201 - the one door for messages to people
        return 130
    except Exception as error:  # raised again unless it is one of those that people expect
        code = _ended_with(error)
        if code is None:
            code = _expected(error, verbose=verbose)
        if code is None:
            raise
    return code if isinstance(code, int) else 0


def _expected(error: Exception, *, verbose: bool) -> int | None:
    """Say an expected fault in a line; its exit code. None, and nothing is said, when it is a fault of the program."""
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # The reader went away (`| head`). Python would complain once more at exit, when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    if not isinstance(error, DialerdError | OSError):
        return None
    if verbose:
        sys.excepthook(type(error), error, error.__traceback__)
    if isinstance(error, DialerdError):
        complain(error)
        return error.exit_code
    # A full disk, a standard output that cannot be written: a fault of the place, not of the program.
    where = f"{error.filename}: " if error.filename else ""
    print(f"dialerd: {printable(f'{where}{error.strerror or error}')}", file=sys.stderr)  # noqa: T201 - as above
    return 74


def complain(error: DialerdError) -> None:
    """One line on standard error, or one for each mistake in the configuration."""
    lines = error.problems if isinstance(error, ConfigError) else [str(error)]
    for line in lines:
        print(f"dialerd: {printable(line)}", file=sys.stderr)  # noqa: T201 - the one door for messages to people


def _ended_with(error: BaseException | None) -> int | None:
    """The exit code when a signal ended us in the middle of a library's work, and its tidying up failed for that; else
    None. psycopg's connection is one that does not take being left in mid-query.
    """
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return 130
        if isinstance(error, SystemExit) and isinstance(error.code, int):
            return error.code
        error = error.__context__
    return None


def _terminated(signum: int, frame: FrameType | None) -> None:
    # An import that is told to stop must clean up behind itself, so the signal becomes an exception.
    del frame
    raise SystemExit(128 + signum)
