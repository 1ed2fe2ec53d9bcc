"""What is wrong with the characters of a text that should be a phone number."""

from __future__ import annotations

import re

# E.164 allows 15 digits; the rest is room for the punctuation people write.
LONGEST_TEXT = 40
_SPREADSHEET = (
    (re.compile(r"[+]?[0-9]+([.,][0-9]*)?[eE][+]?[0-9]+"), "rounded by a spreadsheet"),
    (re.compile(r"[+]?[0-9]{7,}[.,][0-9]{1,2}"), "made a decimal number by a spreadsheet"),
)
_PUNCTUATION = r" ().\-\u00a0\u202f\u2010-\u2015\u2212"
WITHOUT_PUNCTUATION = str.maketrans("", "", " ().-\u00a0\u202f\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
CLEANABLE = re.compile(rf"[{_PUNCTUATION}]*\+?[0-9{_PUNCTUATION}]+")
_DIGIT = re.compile(r"[0-9]")


def wrong_characters(text: str) -> str | None:
    """What is wrong with the characters, or None when only digits and the usual punctuation are there."""
    if len(text) > LONGEST_TEXT:
        return f"too long for a phone number: {len(text)} characters"
    if not text or text.isspace():
        return "empty"
    for wrong, reason in _SPREADSHEET:
        if wrong.fullmatch(text):
            return f"{reason}: format the column as text and export it again"
    problems = (problem for problem in map(_character, text) if problem is not None)
    return next(problems, None if _DIGIT.search(text) else "has no digits")


def _character(character: str) -> str | None:
    if "0" <= character <= "9" or character == "+" or CLEANABLE.fullmatch(character):
        return None
    if character in "\r\n":
        return "has a line break in it"
    if not character.isprintable():
        return f"has an invisible character in it: U+{ord(character):04X}"
    if character.isdigit():
        return f"digits must be 0 to 9, not {character} (U+{ord(character):04X})"
    if character.isalpha():
        return "has letters in it: write digits only, without extension or pause"
    return f"has a character that cannot be dialed: {character}"
