"""[freeze]: the codes by which a telephone stops all dialing and lets it go on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import PlainValidator, SecretStr, model_validator

from dialerd.settings import values
from dialerd.settings.section import Section

_ALLOWED = "6 to 12 digits in quotes, not all of them the same"


def pin(value: object) -> SecretStr:
    """What somebody types on a telephone. Never shown in a message."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{6,12}", text) or len(set(text)) == 1:
        raise values.UnfitError(f"will not do (not shown here); {_ALLOWED}")
    return SecretStr(text)


Pin = Annotated[SecretStr, PlainValidator(pin)]
PinFile = Annotated[Path, PlainValidator(values.folder)]


class FreezeCodes(Section):
    """`pin` freezes everything, `thaw_pin` ends that; None: not by telephone. A file's content becomes the code itself."""

    pin: Pin | None = None
    pin_file: PinFile | None = None
    thaw_pin: Pin | None = None
    thaw_pin_file: PinFile | None = None

    @model_validator(mode="after")
    def _two_codes(self) -> Self:
        problem = self.problem
        if problem is not None:
            raise ValueError(problem)
        return self

    @property
    def problem(self) -> str | None:
        """What is wrong with the two of them together."""
        if self.pin is not None and self.pin == self.thaw_pin:
            return "pin and thaw_pin are the same; two codes that differ"
        return None
