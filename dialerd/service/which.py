"""Which leads a person means, as it was typed: texts become a LeadFilter."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from dialerd.domain.errors import BadInput
from dialerd.ingest.titles import field_name
from dialerd.store.filters import LeadFilter

_NUMBER = re.compile(r"[+0-9 ().\-]+")


def lead_filter(
    *,
    dispositions: Collection[str] = (),
    attempts: tuple[int | None, int | None] = (None, None),
    fields: Mapping[str, str] | None = None,
    text: str | None = None,
) -> LeadFilter:
    """Leads with one of the dispositions (any without), so many attempts that counted (at least, at most), exactly these
    texts in these fields, and a number or words as in `searched`. Raises BadInput.
    """
    prefix, words = searched(text) if text is not None else (None, ())
    least, most = attempts
    return LeadFilter(
        dispositions=frozenset(dispositions),
        least=least,
        most=most,
        fields=tuple((_field(title), value) for title, value in (fields or {}).items()),
        begins=prefix,
        words=words,
    )


def searched(text: str) -> tuple[str | None, tuple[str, ...]]:
    """What a text asks for: a number or how it begins, with its plus sign; or else words. Raises BadInput when it is
    neither.
    """
    text = text.strip()
    if not text or not text.isprintable():
        raise BadInput("the text to find must be a number, how one begins, or words of a lead's fields")
    if not _NUMBER.fullmatch(text):
        return None, tuple(text.split())
    digits = re.sub("[^0-9]", "", text)
    if not digits:
        raise BadInput(f"number {text[:40]!r}: has no digits")
    # Abroad is dialed with a plus sign or with 00; the country code must be there, since the index begins with it.
    return f"+{digits if text.lstrip(' (').startswith('+') else digits.removeprefix('00')}", ()


def _field(title: str) -> str:
    name = field_name(title, 0)
    if name in ("phone_number", "priority"):
        raise BadInput(f"{name} is not a field; a number is found with --search")
    return name
