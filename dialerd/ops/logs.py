"""Logs on standard error: one line an entry whatever is in it, numbers masked, the libraries' entries among ours."""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Protocol, TextIO

import structlog
from structlog.typing import EventDict, Processor

_PHONE_KEYS = frozenset({"phone", "number", "dial_number", "caller", "caller_id", "callerid", "to"})
_IN_TEXT = re.compile(r"\+[1-9][0-9]{6,14}(?![0-9])")
_BARE = re.compile(r"\+?[0-9]{5,40}")
_LONG_COUNTRY_CODES = re.compile(r"2[1-689]|3[578]|42|5[09]|6[7-9]|80|8[578]|9[679]")
"""Country codes of three digits by their first two (ITU-T E.164, list of assigned codes); 1 and 7 have one digit."""

_LIBRARIES = (
    *("alembic", "apscheduler", "asyncio", "panoramisk", "py.warnings", "sqlalchemy"),
    *("engineio", "nicegui", "python_multipart", "socketio", "uvicorn"),
)
"""Held at warning whatever our level is: at debug panoramisk writes the login with its secret."""


class LogOptions(Protocol):
    """What the settings say about logs."""

    @property
    def level(self) -> str: ...

    @property
    def format(self) -> str: ...

    @property
    def mask_numbers(self) -> bool: ...


def setup(options: LogOptions, process: str, stream: TextIO | None = None) -> None:
    """Makes every log entry of this process a line on `stream` (standard error by default).

    JSON unless `stream` is a terminal or the options say otherwise. Entries made by structlog and by the standard
    library's logging carry the same fields: time, level, process, event. Logging never raises: a full disk or a gone
    reader must not stop a call.
    """
    out = stream or sys.stderr
    level = logging.getLevelNamesMapping()[options.level.upper()]
    console = options.format == "console" or (options.format == "auto" and out.isatty())
    shared = _shared(process, mask=options.mask_numbers)
    ending = _console_ending(colors=out.isatty()) if console else _json_ending()
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(out),
        cache_logger_on_first_use=False,
    )
    _bridge(shared, ending, out, level)
    sys.excepthook = _uncaught
    threading.excepthook = lambda info: _uncaught(info.exc_type, info.exc_value, info.exc_traceback)


def mask_phone(number: str) -> str:
    """A number without what tells whose it is: its country code and the last two digits stay. +12025550100 becomes
    +1********00; without a plus sign only the last two digits stay.
    """
    kept = _country_code(number[1:]) if number.startswith("+") else 0
    start = number[: 1 + kept] if kept else ""
    return start + "*" * max(0, len(number) - len(start) - 2) + number[-2:]


def _country_code(digits: str) -> int:
    if digits[:1] in ("1", "7"):
        return 1
    return 3 if _LONG_COUNTRY_CODES.match(digits) else 2


def _shared(process: str, *, mask: bool) -> list[Processor]:
    def stamp(_: Any, __: str, entry: EventDict) -> EventDict:
        entry["process"] = process
        return entry

    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        stamp,
        _fault,
    ]
    return [*processors, _mask] if mask else processors


def _fault(_: Any, __: str, entry: EventDict) -> EventDict:
    """An exception as text, before numbers are masked: messages of a database can quote what was written to it."""
    info = entry.pop("exc_info", None)
    if not info:
        return entry
    error = info if isinstance(info, BaseException) else (info[1] if isinstance(info, tuple) else sys.exc_info()[1])
    if error is not None:
        entry["fault"] = "".join(traceback.format_exception(error))
    return entry


def _mask(_: Any, __: str, entry: EventDict) -> EventDict:
    for key, value in entry.items():
        if isinstance(value, str):
            if key in _PHONE_KEYS and _BARE.fullmatch(value):
                entry[key] = mask_phone(value)
            elif "+" in value:
                entry[key] = _IN_TEXT.sub(lambda found: mask_phone(found[0]), value)
        elif value is not None and not isinstance(value, int | float):
            entry[key] = _IN_TEXT.sub(lambda found: mask_phone(found[0]), str(value))
    return entry


def _json_ending() -> list[Processor]:
    return [structlog.processors.JSONRenderer(default=str)]


def _console_ending(*, colors: bool) -> list[Processor]:
    return [_printable, structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time", sort_keys=False)]


def _printable(_: Any, __: str, entry: EventDict) -> EventDict:
    """Nothing that moves the cursor, turns the text round or begins a line can reach the terminal."""
    for key, value in entry.items():
        text = value if isinstance(value, str) else str(value)
        if not text.isprintable():
            entry[key] = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return entry


class _Lines:
    """Writes finished lines, one write each, so that threads cannot mix them."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def msg(self, line: str) -> None:
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except (OSError, ValueError):
            # ValueError: the stream was closed. There is nowhere left to say that there is nowhere left to say it.
            return

    debug = info = warning = error = critical = msg


def _bridge(shared: Iterable[Processor], ending: Iterable[Processor], out: TextIO, level: int) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    logging.raiseExceptions = False
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _uncaught(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        info = error.with_traceback(where) if error else kind()
        structlog.get_logger().critical("crashed", exc_info=info)
