"""Pages: some items, and a cursor that goes on behind the last of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from dialerd.domain.errors import BadInput
from dialerd.web.values import MAX_ID

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=500, description="At most so many items.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """Some of the items; `next`, as `cursor`, asks for those behind them, and is null when there are none."""

    items: Sequence[T]
    next: str | None = Field(description="The cursor of the next page.")


def page(found: Sequence[T], limit: int, place: Callable[[T], int | str]) -> Page[T]:
    """A page of what was found when one more than `limit` was asked for; `place` is where an item stands."""
    items = found[:limit]
    more = len(found) > limit
    return Page[T](items=items, next=write_cursor(place(items[-1])) if more else None)


def write_cursor(place: int | str) -> str:
    """The place as an opaque text: clients that build their own would break when it changes."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_number(cursor: str | None) -> int | None:
    """The place when it is a number. Raises BadInput."""
    place = _read(cursor)
    if place is None or (isinstance(place, int) and not isinstance(place, bool) and 0 <= place <= MAX_ID):
        return place
    raise bad_cursor()


def read_text(cursor: str | None) -> str | None:
    """The place when it is a text. Raises BadInput."""
    place = _read(cursor)
    if place is None or (isinstance(place, str) and place.isprintable()):
        return place
    raise bad_cursor()


def _read(cursor: str | None) -> object:
    if cursor is None:
        return None
    try:
        found: object = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if found is None:
        raise bad_cursor()
    return found


def bad_cursor() -> BadInput:
    """What a cursor is that we did not make."""
    return BadInput("cursor: is none of ours; take `next` of the page before, or leave it out for the first page")
