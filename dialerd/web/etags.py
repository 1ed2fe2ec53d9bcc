"""Entity tags: whoever changes a thing may say which state of it they know (RFC 9110, 8.8.3 and 13.1.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated

from fastapi import Header

from dialerd.web.problems import Changed

IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of what you know: when it was changed since, the answer is 412 and nothing is done.",
    ),
]


def tag(*facts: object) -> str:
    """The tag of a thing by what can be edited of it."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def checker(wanted: str | None, what: str) -> Callable[[str], None]:
    """A function that takes the tag of the thing as it is, and raises Changed when it is not the wanted one."""

    def check(now: str) -> None:
        if wanted is None or wanted.strip() == "*":
            return
        if now not in [part.strip() for part in wanted.split(",")]:
            raise Changed(f"{what} was changed since you read it; read it again, and decide anew")

    return check
