"""Which column of a file is which field of a lead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialerd.domain.errors import BadInput
from dialerd.ingest.exported import explains, field_of, is_export, is_ours
from dialerd.ingest.titles import PHONE, PHONE_BESIDES, key, known_field, plain_name

LEFT_OUT = "-"
"""In a mapping: the column is not kept."""
LONGEST_FIELD = 100
NOTHING_MAPPED: Mapping[str, str] = {}

_LOOKS_DIALABLE = re.compile(r"\+?[0-9][0-9 ().-]{6,}")


@dataclass(frozen=True, slots=True)
class Columns:
    """The places of the cells: `phone` always; `priority` and `timezone` when the file has them.

    `fields` are the (place, field name) of everything kept with the lead, in the file's order. `ours` is True for
    a file of rejected rows, or of leads, that we wrote ourselves.
    """

    phone: int
    priority: int | None
    timezone: int | None
    fields: tuple[tuple[int, str], ...]
    ours: bool

    def names(self, width: int) -> list[str]:
        """The field of each column of a file of that width; LEFT_OUT for what is not kept."""
        found = dict(self.fields) | {self.phone: "phone_number"}
        if self.priority is not None:
            found[self.priority] = "priority"
        return [found.get(place, LEFT_OUT) for place in range(width)]


def choose_columns(
    header: Sequence[str], phone_column: str | None = None, mapping: Mapping[str, str] = NOTHING_MAPPED
) -> Columns:
    """The columns of a file by its header.

    `mapping` (title in any case -> field, LEFT_OUT or "" for none) and `phone_column` decide, then exact names, then
    names that mean a field in any spelling. The number is `phone_number`, else the one column that may be it. Raises
    BadInput when there is none, more than one, when two columns share a name, or a mapped column is not there.
    """
    mapped = _mapped(header, mapping)
    if phone_column is not None:
        place = place_of(header, phone_column)
        _refuse_other_phone(header, mapped, place)
        mapped[place] = "phone_number"
    names = _names(header, mapped)
    if "phone_number" not in names:
        names[_phone(header, mapped)] = "phone_number"
    names = [LEFT_OUT if explains(name) else name for name in names]
    _refuse_twins(header, names)
    skipped = {"phone_number", "priority", LEFT_OUT}
    return Columns(
        phone=names.index("phone_number"),
        priority=_place(names, "priority"),
        timezone=_place(names, "timezone"),
        fields=tuple((place, name) for place, name in enumerate(names) if name not in skipped),
        ours=is_ours(header),
    )


def place_of(header: Sequence[str], wanted: str) -> int:
    """The place of the column with this title, in any case. Raises BadInput when there is none."""
    for place, title in enumerate(header):
        if title.strip().casefold() == wanted.strip().casefold():
            return place
    raise BadInput(f"there is no column {wanted[:LONGEST_FIELD]!r}, only: {_titles(header)}")


def checked_field(text: str) -> str:
    """A field as a mapping names it, in the form it is kept. Raises BadInput for one that cannot be."""
    if text.strip() in ("", LEFT_OUT):
        return LEFT_OUT
    name = known_field(text) or plain_name(text, 0)
    if key(text) in PHONE:
        name = "phone_number"
    if len(name) > LONGEST_FIELD or explains(name) or not re.search(r"\w", text):
        raise BadInput(f"field {text[:40]!r}: cannot be the name of a field")
    return name


def _mapped(header: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    return {place_of(header, title): checked_field(field) for title, field in mapping.items()}


def _names(header: Sequence[str], mapped: dict[int, str]) -> list[str]:
    """The field of each column. Of several that mean the same field the exact one gets it, else the first one; the
    others keep their own names.
    """
    names = [mapped.get(place) or plain_name(title, place) for place, title in enumerate(header)]
    if is_export(header):
        # Its titles are the fields themselves.
        names = [name if place in mapped else field_of(name) or LEFT_OUT for place, name in enumerate(names)]
    else:
        for place, title in enumerate(header):
            meant = None if place in mapped else known_field(title)
            if meant is not None and meant not in names:
                names[place] = meant
    if "phone_number" in mapped.values():
        # The column called phone_number is not the number this time.
        names = [
            "phone_number_column" if name == "phone_number" and place not in mapped else name
            for place, name in enumerate(names)
        ]
    return names


def _phone(header: Sequence[str], mapped: dict[int, str]) -> int:
    for titles in (PHONE, PHONE_BESIDES):
        found = [place for place, title in enumerate(header) if place not in mapped and key(title) in titles]
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(header[place].strip() for place in found)
            raise BadInput(f"several columns may be the phone number ({several}); choose one with --phone-column")
    if any(_LOOKS_DIALABLE.fullmatch(title.strip()) for title in header):
        raise BadInput(
            f"there is no header: line 1 begins {header[0][:40]!r}; put a line like phone_number,... above it"
        )
    raise BadInput(
        f"there is no phone_number column, only: {_titles(header)}; rename one or choose it with --phone-column"
    )


def _refuse_other_phone(header: Sequence[str], mapped: dict[int, str], phone: int) -> None:
    others = [place for place, field in mapped.items() if field == "phone_number" and place != phone]
    if others or mapped.get(phone, "phone_number") != "phone_number":
        raise BadInput(f"--phone-column {header[phone].strip()!r} and the mapping disagree; leave one of them out")


def _refuse_twins(header: Sequence[str], names: list[str]) -> None:
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in seen and name != LEFT_OUT:
            first, second = header[seen[name]].strip(), header[place].strip()
            raise BadInput(f"the columns {first!r} and {second!r} both mean {name}; rename or remove one")
        seen[name] = place


def _place(names: list[str], name: str) -> int | None:
    return names.index(name) if name in names else None


def _titles(header: Sequence[str]) -> str:
    shown = ", ".join(title.strip()[:40] or "(no name)" for title in header[:10])
    return shown if len(header) <= 10 else f"{shown} and {len(header) - 10} more"
