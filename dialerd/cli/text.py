"""Text for terminals: what others wrote never moves the cursor, colours the screen or reverses a line."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with every control and format character (ESC, CR LF, U+202E ...) shown as an escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
