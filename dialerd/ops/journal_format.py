"""A journal file: a line of JSON for each report, each with a format version and a checksum.

    {"v": 1, "crc": "9a0364b9", "report": {"kind": "ended", "attempt": "...", "at": "...", ...}}

The checksum is the CRC-32 of the report as JSON without blanks and with its keys in order. A process that dies while it
writes leaves a last line that is torn; whoever wrote it was told nothing yet, so it is left out.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

VERSION = 1

Report = Mapping[str, Any]
"""What a script has to say, as plain JSON values: `kind`, `attempt` (its id), `at` (ISO 8601), and what the kind needs."""


def line_of(report: Report) -> bytes:
    """The report as a line, its end included."""
    body = _plain(report)
    return b'{"v": %d, "crc": "%08x", "report": %s}\n' % (VERSION, zlib.crc32(body), body)


def report_of(line: bytes) -> Report | None:
    """The report of a whole line; None for one that is damaged. Raises NewerError for one of a later format."""
    try:
        said = json.loads(line)
        version, checksum, report = said["v"], said["crc"], said["report"]
    except (ValueError, KeyError, TypeError):
        return None
    if isinstance(version, int) and version > VERSION:
        raise NewerError
    if version != VERSION or not isinstance(report, dict) or checksum != f"{zlib.crc32(_plain(report)):08x}":
        return None
    return report


class NewerError(ValueError):
    """A later dialerd wrote this line."""


class Reader:
    """The reports of a file in their order, some at a time, up to its last whole line; more may be written meanwhile.

    `damaged` counts lines that cannot be read and have good ones behind them; `newer` is True once a line of a later format
    was met: nothing behind it is read. A context that closes the file. Raises OSError when it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._suspect = 0
        self.damaged = 0
        self.newer = False

    @property
    def offset(self) -> int:
        """Bytes read, up to the end of the last whole line."""
        return self._file.tell()

    def next(self, count: int) -> list[Report]:
        """At most so many; an empty list when there are no more now."""
        found: list[Report] = []
        while len(found) < count and not self.newer:
            begin = self._file.tell()
            line = self._file.readline()
            if not line.endswith(b"\n"):
                self._file.seek(begin)
                break
            try:
                report = report_of(line)
            except NewerError:
                self.newer = True
                break
            if report is None:
                self._suspect += 1
                continue
            self.damaged += self._suspect
            self._suspect = 0
            found.append(report)
        return found

    def close(self) -> None:
        """Closes the file; it may be closed already."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _plain(report: Report) -> bytes:
    # ASCII: what came over the wire as no UTF-8 goes out and in again as it is.
    return json.dumps(report, sort_keys=True, separators=(",", ":")).encode("ascii")
