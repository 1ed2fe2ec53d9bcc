"""What is different between two settings, key by key, in words for the log and the audit. No secret is among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, SecretStr

from dialerd.domain.compliance import Block, Cap, Compliance, Profile
from dialerd.domain.windows import DAY_NAMES, Hours, Span
from dialerd.settings.compliance import as_written
from dialerd.settings.database_url import has_password
from dialerd.settings.model import Settings
from dialerd.settings.values import spell

HIDDEN = "(not shown)"
_MINUTES = 60
_SKIPPED = ("source",)


@dataclass(frozen=True, slots=True)
class Change:
    """One key as the files have it, such as `campaigns.sales.max_calls`, with its old and its new value; None where it was
    or is not there.
    """

    key: str
    old: str | None
    new: str | None


def changes(before: Settings, after: Settings) -> list[Change]:
    """Every key whose value is another, in order. A campaign, trunk or rule that came or went is one change."""
    return list(_between("", before, after))


def _between(key: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        yield Change(key, *_told(before, after))
        return
    for name in [*old, *(name for name in new if name not in old)]:
        below = f"{key}.{name}" if key else name
        if name not in old:
            yield Change(below, None, _word(new[name]))
        elif name not in new:
            yield Change(below, _word(old[name]), None)
        else:
            yield from _between(below, old[name], new[name])


def _parts(value: Any) -> Mapping[str, Any] | None:
    """What the value is made of; None when it is shown as a whole."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields if name not in _SKIPPED}
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items()}
    if isinstance(value, Compliance):
        return as_written(value)
    if is_dataclass(value) and not isinstance(value, type | Hours):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return None


def _told(before: Any, after: Any) -> tuple[str, str]:
    if any(isinstance(value, SecretStr) or has_password(str(value)) for value in (before, after)):
        return HIDDEN, HIDDEN
    return _text(before), _text(after)


def _word(value: Any) -> str:
    """Of what came or went: a table has too many values to be shown."""
    return "there" if _parts(value) is not None else _told(value, value)[0]


def _text(value: Any) -> str:  # noqa: PLR0911 - one return for each kind of value
    if value is None or value == ():
        return "none"
    if isinstance(value, Hours):
        return "; ".join([*map(_span, value.spans), *(f"not on {day}" for day in sorted(value.holidays))]) or "always"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return spell(value.total_seconds())
    if isinstance(value, Profile):
        return f"{value.name} {value.version}"
    if isinstance(value, Cap | Block):
        return ", ".join(f"{field.name} {_text(getattr(value, field.name))}" for field in fields(value))
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value))
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(_text, value))) or "none"
    return str(value)


def _span(span: Span) -> str:
    days = ",".join(DAY_NAMES[day] for day in sorted(span.days))
    return f"{'daily' if len(span.days) == len(DAY_NAMES) else days} {_clock(span.start)}-{_clock(span.end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // _MINUTES:02d}:{minutes % _MINUTES:02d}"
