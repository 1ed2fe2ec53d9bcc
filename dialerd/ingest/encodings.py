"""Which encoding a file that is not UTF-8 looks like. Only ever a suggestion: short lists fool every detector."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from dialerd.domain.errors import BadInput
from dialerd.ingest.source import Source, first_bad_line

_LOOKED_AT = 4 * 1024**2
# The first of equals is suggested: the commonest comes first.
_CANDIDATES = ("cp1252", "mac-roman", "cp850", "cp1250", "cp1251")
# Letters that names of the languages these encodings are for are written with.
_LIKELY = frozenset("äöüßÄÖÜéèêëàâçîïôûùñáíóúãõåæøÉÅØąćęłńśźżŁŚŻčďěňřšťůýžČŘŠŽőű")
# What word processors make of quotes and dashes.
_TYPED = frozenset("’‘“”–—…€")


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding a file looks like, the first line that is not UTF-8, and that line as it would read."""

    encoding: str
    line: int
    text: str


def guess_encoding(path: Path) -> Guess | None:
    """A suggestion for a file that is not what it says (UTF-8, or its byte order mark); None when it is, as far as was
    looked. Raises BadInput as Source does.
    """
    with Source(path) as source:
        said = source.encoding
    try:
        with path.open("rb") as raw:
            start = raw.read(_LOOKED_AT)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from error
    wide = _wide(start) if said == "utf-8" else None
    if wide is not None:
        return Guess(wide, 1, start[:200].decode(wide, "replace").split("\n", 1)[0])
    try:
        codecs.getincrementaldecoder(said)("strict").decode(start)
    except UnicodeDecodeError as error:
        encoding = _likeliest(start)
        begin = max(start.rfind(b"\n", 0, error.start), start.rfind(b"\r", 0, error.start)) + 1
        end = start.find(b"\n", error.start)
        text = start[begin : end if end >= 0 else error.start + 200][:400].decode(encoding, "replace")
        return Guess(encoding, first_bad_line(path, said), text.rstrip("\r"))
    return None


def _wide(start: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of plain text is NUL."""
    head = start[:1000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 3 < len(head) // 2 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _likeliest(start: bytes) -> str:
    """The encoding in which most bytes above 127 are letters, of the kind and in the places where names have them."""
    places = [place for place, byte in enumerate(start) if byte > 127][:5000]
    texts = {name: start.decode(name, "replace") for name in _CANDIDATES}
    return max(_CANDIDATES, key=lambda name: sum(_fits(texts[name], place) for place in places))


def _fits(text: str, place: int) -> int:
    char, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if char in _TYPED:
        return 2
    if not char.isalpha():
        return -3
    # Within a word one script goes on, and small letters and capitals do not change places.
    if (before.islower() and char.isupper()) or (char.islower() and after.isupper()):
        return -2
    cyrillic = "\u0400" <= char <= "\u04ff"
    if cyrillic and before.isascii() and before.isalpha():
        return -3
    if not before.isalpha() and not after.isalpha():
        return -1
    return 3 if char in _LIKELY or cyrillic else 1
