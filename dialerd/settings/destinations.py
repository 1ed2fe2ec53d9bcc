"""Where answered calls go. Each kind is a table with its own `type`; `text` is what is written down with the attempt."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from dialerd.settings import values
from dialerd.settings.section import Section

_CONTEXT = "a dialplan context: 1 to 79 of A-Z a-z 0-9 _ . -"
_SOUND = "a sound file's name as Asterisk's Playback takes it, without its extension, such as custom/hello"
_ENDPOINT = r"[A-Za-z][A-Za-z0-9_]{0,31}/[A-Za-z0-9_.@:+/-]{1,150}(?:\([A-Za-z0-9_]{0,40}\))?"
_ENDPOINT_WORDS = "what Asterisk's Dial takes, such as PJSIP/101, without & , and $"
_MOST = 20

Ring = Annotated[float, PlainValidator(values.seconds(1, 300))]
SoundFile = Annotated[str, PlainValidator(values.matching(r"(?!.*\.\.)[A-Za-z0-9_/-][A-Za-z0-9_./-]{0,199}", _SOUND))]
EndpointName = Annotated[str, PlainValidator(values.matching(_ENDPOINT, _ENDPOINT_WORDS))]


def _endpoints(value: object) -> tuple[str, ...]:
    """A list of endpoints, at least one, none twice."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= _MOST:
        raise values.UnfitError(f"{values.shown(value)} is no list of 1 to {_MOST}; {_ENDPOINT_WORDS}")
    read = values.matching(_ENDPOINT, _ENDPOINT_WORDS)
    found = tuple(read(item) for item in value)
    if len(set(found)) < len(found):
        raise values.UnfitError(f"{values.shown(list(found))} names one twice; each endpoint once")
    return found


class Extension(Section):
    """Answered calls go on in the admin's dialplan at `context,exten,1`."""

    type: Literal["extension"] = "extension"
    context: Annotated[str, PlainValidator(values.matching(r"[A-Za-z0-9_.-]{1,79}", _CONTEXT))]
    exten: Annotated[
        str, PlainValidator(values.matching(r"[A-Za-z0-9_.+*#-]{1,79}", "an extension, such as 100 or s"))
    ] = "s"

    @property
    def text(self) -> str:
        """As written down with the attempt."""
        return f"extension {self.exten}@{self.context}"


class Queue(Section):
    """Answered calls wait in a queue of Asterisk's, at most `wait` seconds, until a member takes them."""

    type: Literal["queue"] = "queue"
    queue: Annotated[str, PlainValidator(values.matching(r"[A-Za-z0-9_.-]{1,79}", "a queue's name in queues.conf"))]
    wait: Annotated[float, PlainValidator(values.seconds(1, 3600))] = 60.0

    @property
    def text(self) -> str:
        """As written down with the attempt."""
        return f"queue {self.queue}"


class RingGroup(Section):
    """Answered calls ring all `endpoints` at once, at most `ring` seconds; the first to answer gets the call."""

    type: Literal["ring_group"] = "ring_group"
    endpoints: Annotated[tuple[str, ...], PlainValidator(_endpoints)]
    ring: Ring = 20.0

    @property
    def text(self) -> str:
        """As written down with the attempt."""
        return f"ring group {' '.join(self.endpoints)}"


class Endpoint(Section):
    """Answered calls are connected to one endpoint, a telephone or an agent that is a program, for which it rings at most
    `ring` seconds.
    """

    type: Literal["endpoint"] = "endpoint"
    endpoint: EndpointName
    ring: Ring = 20.0

    @property
    def text(self) -> str:
        """As written down with the attempt."""
        return f"endpoint {self.endpoint}"


class Playback(Section):
    """Answered calls hear a recording and are hung up."""

    type: Literal["playback"] = "playback"
    file: SoundFile

    @property
    def text(self) -> str:
        """As written down with the attempt."""
        return f"playback {self.file}"


class HangUp(Section):
    """Answered calls are hung up at once: for tests of a trunk."""

    type: Literal["hangup"] = "hangup"

    @property
    def text(self) -> str:
        """As written down with the attempt."""
        return "hangup"


Single = Extension | Queue | RingGroup | Endpoint | Playback | HangUp
"""Where one call goes."""


class Share(Section):
    """One of several destinations; it gets calls in proportion to `weight`."""

    weight: Annotated[int, PlainValidator(values.whole(1, 1000, "a whole number"))] = 1
    to: Annotated[Single, Field(discriminator="type")]


def _several(value: Any) -> Any:
    """TOML has lists; anything else is left to pydantic to refuse."""
    if isinstance(value, list):
        if not value:
            raise values.UnfitError("is an empty list; one destination or more, each with its weight")
        return tuple(value)
    return value


class Balanced(Section):
    """Answered calls go to one of several destinations: the one with the fewest calls for its weight."""

    type: Literal["balanced"] = "balanced"
    shares: Annotated[tuple[Share, ...], BeforeValidator(_several)]


Destination = Single | Balanced
