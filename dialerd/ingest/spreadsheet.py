"""Cells that a spreadsheet would run as a formula, made harmless in what we write and restored in what we read.

The rule is the one of OWASP's "CSV Injection": a cell that begins with `=`, `+`, `-`, `@` (full-width ones too), tab, CR
or LF is data only behind a single quote. A cell that begins with quotes and then one of these gets one more, so that
every text comes back.
"""

from __future__ import annotations

import re

_ACTIVE = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
# A phone number needs its plus sign, and no formula is made of these characters alone.
_NUMBER = re.compile(r"\+[0-9 ().-]*")


def escaped(text: str) -> str:
    """The text as a cell that no spreadsheet evaluates; phone numbers stay as they are."""
    return f"'{text}" if _ACTIVE.match(text) and not _NUMBER.fullmatch(text) else text


def guarded(text: str) -> str:
    """As `escaped`, for cells that are no numbers to call: what begins with a plus sign is escaped too."""
    return f"'{text}" if _ACTIVE.match(text) else text


def original(text: str) -> str:
    """The text that `escaped` was given."""
    return text[1:] if text.startswith("'") and _ACTIVE.match(text) else text
