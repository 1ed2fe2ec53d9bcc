"""Options that say which leads of a list are meant, the same for every command that takes some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

from dialerd.cli.dispositions import DispositionName
from dialerd.domain.errors import BadInput
from dialerd.service.which import lead_filter

Command = TypeVar("Command", bound=Callable[..., Any])
Attempts = tuple[int | None, int | None]


class AttemptSpan(click.ParamType[Attempts]):
    """So many attempts: `0`, `1-3` or `2-`."""

    name = "N|N-M|N-"

    def convert(self, value: str | Attempts, param: click.Parameter | None, ctx: click.Context | None) -> Attempts:
        """At least and at most so many; None is no bound. Fails with a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        least, dash, most = value.partition("-")
        if not _is_count(least) or (most and not _is_count(most)):
            self.fail(f"{value!r} is not so many attempts, such as 0, 1-3 or 2-", param, ctx)
        return int(least), (int(most) if most else None) if dash else int(least)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


dispositions_option = click.option(
    "--disposition",
    "dispositions",
    type=DispositionName(),
    multiple=True,
    help="Only leads with this one; may be given several times.",
)
_OPTIONS = (
    dispositions_option,
    click.option("--attempts", type=AttemptSpan(), help="Only leads with so many attempts that counted."),
    click.option(
        "--field",
        "where",
        multiple=True,
        metavar="NAME=TEXT",
        help="Only leads with exactly this text; several must all fit; an empty text: without the field.",
    ),
    click.option("--search", metavar="TEXT", help="Only leads with these words in their fields, or this number."),
)


def which_options(command: Command) -> Command:
    """Adds the options; the command gets them as the keyword `which`, a LeadFilter."""

    @wraps(command)
    def with_which(
        *args: Any,
        dispositions: tuple[str, ...],
        attempts: Attempts | None,
        where: tuple[str, ...],
        search: str | None,
        **options: Any,
    ) -> Any:
        which = lead_filter(
            dispositions=dispositions,
            attempts=attempts or (None, None),
            fields=field_pairs(where),
            text=search,
        )
        return command(*args, which=which, **options)

    made: Any = with_which
    for option in reversed(_OPTIONS):
        made = option(made)
    found: Command = made
    return found


def field_pairs(fields: Sequence[str]) -> dict[str, str]:
    """Each NAME=TEXT taken apart at its first `=`. Raises BadInput."""
    pairs: dict[str, str] = {}
    for field in fields:
        name, equals, text = field.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"--field {field[:40]!r}: must be NAME=TEXT")
        pairs[name] = text
    return pairs
