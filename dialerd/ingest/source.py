"""A file of leads as text: its encoding decided, its lines bounded, its place in the file always known."""

from __future__ import annotations

import codecs
import hashlib
import io
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from dialerd.domain.errors import BadInput

# No list has a line of this many characters; without a bound one line could fill the memory.
LINE_LIMIT = 4 * 1024 * 1024
# Room for twenty million people with their addresses. What is larger is not a list, and would be read for minutes.
LARGEST_FILE = 4 * 1024**3
_BLOCK = 32 * 1024

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"PK\x03\x04", "a spreadsheet or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a gzip file"),
)
# These decode to text that cannot be stored (lone surrogates) or read backslashes in the data as commands.
_UNFIT = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined"})


class Source:
    """One opened file. Reading raises BadInput, with the line, for a line over LINE_LIMIT and for bytes that are not
    text in the encoding.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        """Opens the file. A byte order mark decides the encoding, else `encoding`, else UTF-8.

        Raises BadInput when there is no such file, it is empty, too large, of a foreign kind, or the encoding does not
        exist.
        """
        self.path = path
        self._raw = _open(path)
        try:
            start = self._raw.peek(8)[:8]
            self.size = path.stat().st_size
            _refuse_foreign(path, start)
            self.encoding = _encoding_of(start, encoding)
        except BaseException:  # Ctrl-C too: who has no object cannot close it
            self._raw.close()
            raise
        self._given = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._raw.close()

    def blocks(self) -> Iterator[list[str]]:
        """The lines of the file with their ends, many at a time, once."""
        rest = ""
        for text in self._texts():
            text = rest + text  # noqa: PLW2901 - the block begins with what the one before left over
            # A CR in the last place may be the first half of CR LF.
            end = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
            rest = text[end:]
            if len(rest) >= LINE_LIMIT:
                line = self._given + _line_ends(text[:end]) + 1
                raise BadInput(
                    f"{self.path}: line {line}: is longer than {LINE_LIMIT:,} characters; is this a CSV file?"
                )
            if end:
                yield self._lines(text[:end])
        if rest:
            yield self._lines(rest)

    def _texts(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        raw = b"at least one"
        while raw:
            try:
                raw = self._raw.read(_BLOCK)
                yield decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                raise BadInput(self._not_text(error)) from error
            except OSError as error:
                raise BadInput(f"{self.path}: cannot be read: {error.strerror}") from error

    def _lines(self, text: str) -> list[str]:
        # newline="" keeps CR and LF inside quoted fields as they are, and still ends lines at either; str.splitlines
        # would end them at a dozen other characters too.
        lines = io.StringIO(text, newline="").readlines()
        self._given += len(lines)
        return lines

    def position(self) -> int:
        """How many bytes were read, for a progress bar; a block ahead of the lines given."""
        return self._raw.tell()

    def _not_text(self, error: UnicodeDecodeError) -> str:
        name = "UTF-8" if self.encoding.startswith("utf-8") else self.encoding
        line = first_bad_line(self.path, self.encoding)
        bad = error.object[error.start : error.start + 1].hex()
        return (
            f"{self.path}: line {line}: byte 0x{bad} is not {name}; save the file as UTF-8 or name its encoding, "
            "for example --encoding cp1252"
        )


def unclosed_quote(path: Path, line: int) -> str:
    """The message for a quoted field that never ends, or ends far from where it began."""
    return f'{path}: line {line}: a quote (") is opened here and not closed; close it or double the quotes in the text'


def first_bad_line(path: Path, encoding: str) -> int:
    """The number of the first line that does not decode. The reader works in blocks and cannot tell."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    ends = 0
    last = ""
    with path.open("rb") as raw:
        while block := raw.read(65536):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                good = codecs.getincrementaldecoder(error.encoding)("ignore").decode(error.object[: error.start])
                return ends + _line_ends(last + good) - _line_ends(last) + 1
            ends += _line_ends(last + text) - _line_ends(last)
            last = text[-1:]
    return ends + 1


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex: by it the same file is recognised. Raises BadInput when it cannot be read."""
    with _open(path) as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _open(path: Path) -> io.BufferedReader:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise BadInput(f"{path}: is {kind}; name a CSV file on disk")
        if found.st_size > LARGEST_FILE:
            raise BadInput(f"{path}: has more than {LARGEST_FILE // 1024**3} GB; split it, or is this not a list?")
        return path.open("rb")
    except OSError as error:
        raise BadInput(f"{path}: cannot be opened: {error.strerror}; {_way_out(path, error)}") from error
    except ValueError as error:
        raise BadInput(f"{str(path)!r}: is not a file name") from error


def _way_out(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        folder = path.absolute().parent
        return f"look for it in {folder}" if folder.is_dir() else f"there is no folder {folder} either"
    if isinstance(error, PermissionError):
        return "let the user that runs this command read it, and its folders"
    return "copy it to another disk and import it from there"


def _refuse_foreign(path: Path, start: bytes) -> None:
    if not start:
        raise BadInput(f"{path}: is empty; the first line must name the columns, one of them phone_number")
    for magic, kind in _FOREIGN:
        if start.startswith(magic):
            raise BadInput(f"{path}: is {kind}, not CSV; save the sheet as CSV (UTF-8) and import that")


def _encoding_of(start: bytes, named: str | None) -> str:
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding
    if named is None:
        return "utf-8"
    try:
        "".encode(named)
        name = codecs.lookup(named).name
    except (LookupError, UnicodeError) as error:
        raise BadInput(
            f"encoding {named!r}: does not exist; try utf-8, utf-16, cp1252, iso8859-15 or mac-roman"
        ) from error
    if name in _UNFIT or name.replace("-", "_") in _UNFIT:
        raise BadInput(f"encoding {named!r}: cannot be used for lists; save the file as UTF-8")
    return name
