"""Options that say how a file of leads is to be read, the same for every command that reads one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click

from dialerd.ingest.columns import LEFT_OUT, checked_field
from dialerd.ingest.leadfile import Reading
from dialerd.service import mappings
from dialerd.store.database import Database

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--delimiter", metavar="NAME", help="comma, semicolon, tab or pipe  [default: found in the header]"),
    click.option("--encoding", metavar="NAME", help="Such as cp1252  [default: by its byte order mark, else UTF-8]"),
    click.option("--sheet", metavar="NAME", help="The sheet of a workbook  [default: the first one]"),
    click.option("--phone-column", metavar="TITLE", help="The column that is the number  [default: phone_number]"),
    click.option(
        "--map",
        "mapped",
        multiple=True,
        metavar="TITLE=FIELD",
        help='Which field a column is, as "Cell=phone_number"; "Fax=-" leaves it out. Can be repeated.',
    ),
    click.option("--mapping", metavar="NAME", help="A template of `dialerd mapping save`; --map goes before it."),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options as they were typed."""

    delimiter: str | None
    encoding: str | None
    sheet: str | None
    phone_column: str | None
    mapped: dict[str, str]
    mapping: str | None

    def reading(self, database: Database) -> Reading:
        """The same with the template looked up. Raises NotFound, BadInput for a field that cannot be."""
        template = mappings.show(database, self.mapping).columns if self.mapping is not None else {}
        mapped = {title.strip(): checked_field(field) for title, field in self.mapped.items()}
        titles = {title.casefold() for title in (*mapped, (self.phone_column or "").strip())}
        fields = {*mapped.values(), *(["phone_number"] if self.phone_column else [])}
        kept = {
            title: field
            for title, field in template.items()
            if title.casefold() not in titles and (field not in fields or field == LEFT_OUT)
        }
        return Reading(
            delimiter=self.delimiter,
            encoding=self.encoding,
            phone_column=self.phone_column,
            sheet=self.sheet,
            mapping={**kept, **mapped},
        )


def reading_options(command: Command) -> Command:
    """Adds the options; the command gets them as the keyword `wanted`, a Wanted."""

    @wraps(command)
    def with_wanted(*args: Any, mapped: tuple[str, ...], **options: Any) -> Any:
        names = ("delimiter", "encoding", "sheet", "phone_column", "mapping")
        wanted = Wanted(mapped=pairs(mapped), **{name: options.pop(name) for name in names})
        return command(*args, wanted=wanted, **options)

    made: Any = with_wanted
    for option in reversed(_OPTIONS):
        made = option(made)
    found: Command = made
    return found


def pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """Each `TITLE=FIELD` taken apart at its last `=`: a title may have one, a field has none."""
    found: dict[str, str] = {}
    for text in texts:
        title, equals, field = text.rpartition("=")
        if not equals or not title.strip():
            raise click.BadParameter(f"{text!r} is not TITLE=FIELD", param_hint="--map")
        if title.strip().casefold() in {known.strip().casefold() for known in found}:
            raise click.BadParameter(f"{title.strip()!r} is mapped twice", param_hint="--map")
        found[title] = field
    return found
