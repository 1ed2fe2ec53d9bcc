"""What every table of a settings file is: frozen, and without keys that nobody knows."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

T_co = TypeVar("T_co", covariant=True)


class Section(BaseModel):
    """A table of a settings file. Its fields are final values; a mistake is collected, with the place, by pydantic."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class Form(Protocol[T_co]):
    """A section that stands for a value of the domain."""

    def finished(self) -> T_co: ...


class ReadAs:
    """Marks a field of a domain type that a file writes as the given form; the finished value is taken as it is."""

    def __init__(self, form: type[Section]) -> None:
        self.form = form

    def __get_pydantic_core_schema__(self, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, inner: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return value if isinstance(value, source) else inner(value).finished()

        return core_schema.no_info_wrap_validator_function(read, handler.generate_schema(self.form))
