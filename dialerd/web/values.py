"""Values as the API takes them, each read once, here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt

MAX_ID = 2**63 - 1
"""The largest number a database keeps."""
MAX_NUMBER = 2**31 - 1


def _kept(text: str) -> str:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("has a character that no database keeps: NUL, or half of a pair")
    return text


Text = Annotated[str, AfterValidator(_kept)]
"""Any text that a database keeps."""

Word = Annotated[str, Field(max_length=200), AfterValidator(_kept)]
"""A text of a query that may have many of them; an address as a whole has some 64 KB at most."""

Words = Annotated[list[Word] | None, Field(max_length=60)]

Short = Annotated[str, Field(max_length=1000), AfterValidator(_kept)]

ListId = Annotated[int, Path(ge=1, le=MAX_ID, description="The list's `list_id`.")]
LeadId = Annotated[int, Path(ge=1, le=MAX_ID, description="The lead's `lead_id`.")]
VersionNumber = Annotated[int, Path(ge=1, le=MAX_NUMBER, description="The version's number in its list.")]
CampaignName = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The campaign's name, as its file has it.")
]
Switch = StrictBool
Priority = Annotated[StrictInt, Field(ge=0, le=9, description="0 to 9, higher is dialed first.")]


class Form(BaseModel):
    """What a request brings. A key that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")
