"""Validation errors as lines a person can act on: `key: what is wrong; what is allowed`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from dialerd.settings.section import ReadAs, Section
from dialerd.settings.values import nearest

_NO_TABLE = frozenset({"model_type", "dict_type", "mapping_type", "model_attributes_type"})
# A default that depends on a field with a mistake: that one is told.
_NO_DEFAULT = "default_factory_not_called"
_NO_TYPE = frozenset({"union_tag_invalid", "union_tag_not_found"})


def told(model: type[Section], error: ValidationError) -> list[str]:
    """One line for each mistake. What was typed is shown only by the readers in values.py, which know the secrets."""
    found = error.errors(include_url=False, include_input=False)
    return [_one(model, details) for details in found if details["type"] != _NO_DEFAULT]


def _one(model: type[Section], details: Any) -> str:
    kind, location = details["type"], details["loc"]
    keys, found = _place(model, location)
    key = ".".join(keys)
    if kind == "extra_forbidden":
        return f"{key}: no such key; {_offer(keys[-1], _place(model, location[:-1])[1])}"
    if kind == "missing":
        return f"{key}: missing; it has to be given"
    if kind in _NO_TABLE:
        return f"{key}: is no table; a table with {', '.join(_known(found))}"
    if kind in _NO_TYPE:
        types = [repr(section.model_fields["type"].default) for section in found]
        return f"{key}.type: missing or unknown; one of {', '.join(types)}"
    text = str(details.get("ctx", {}).get("error", details["msg"]))
    return f"{key}: {text}" if key else text


def _place(model: type[Section], location: tuple[int | str, ...]) -> tuple[list[str], list[type[Section]]]:
    """The keys as the file has them, and the sections that may stand there (several: one for each `type`)."""
    here: Any = model
    keys: list[str] = []
    for part in location:
        if part == "[key]":
            continue
        sections = sections_in(here)
        tagged = [section for section in sections[1:] + sections[:1] if _tag(section) == part and len(sections) > 1]
        if tagged:
            here = tagged[0]
            continue
        keys.append(str(part))
        here = _below(here, str(part))
    return keys, sections_in(here)


def _below(here: Any, key: str) -> Any:
    if get_origin(here) is Mapping:
        return get_args(here)[1]
    if get_origin(here) is tuple:
        return get_args(here)[0]
    for section in sections_in(here):
        if key in section.model_fields:
            field = section.model_fields[key]
            return next((mark for mark in field.metadata if isinstance(mark, ReadAs)), field.annotation)
    return None


def sections_in(annotation: Any) -> list[type[Section]]:
    """The tables a field may hold: none for a plain value, several when a `type` tells them apart."""
    if isinstance(annotation, ReadAs):
        return [annotation.form]
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [section for argument in get_args(annotation) for section in sections_in(argument)]


def _tag(section: type[Section]) -> object:
    return section.model_fields["type"].default if "type" in section.model_fields else None


def _known(sections: list[type[Section]]) -> list[str]:
    return list(dict.fromkeys(key for section in sections for key in section.model_fields)) or ["names"]


def _offer(unknown: str, sections: list[type[Section]]) -> str:
    known = _known(sections)
    return f"known here: {', '.join(known)}{nearest(unknown, known)}"
