"""AGI as text: commands quoted so that nothing breaks out of them, replies and request headers read strictly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from dialerd.domain.errors import BadInput

# Asterisk before 20.16 and 22.6 reads a command into 2,048 bytes, its newline and a NUL included.
MAX_COMMAND_BYTES = 2046
# Of which EXEC MSet "" takes twelve.
MAX_MSET_BYTES = MAX_COMMAND_BYTES - 12
MAX_MSET_PAIRS = 24
LEAD_PREFIX = "DIALERD_LEAD_"
MAX_NAME_CHARACTERS = 64

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
# Escaped for the application first, then for AGI, which doubles backslashes and escapes quotes.
_ESCAPED_BYTES = {"\\": 4, '"': 4, "(": 3, ")": 3, "[": 3, "]": 3, ",": 3}
_SCRIPT_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_REPLY = re.compile(r"([0-9]{3})([ -]?)(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(-?[0-9]*)\S*(?: \((.*)\))?(?: endpos=([0-9]+))?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """What Asterisk asks for: `script` by name, `query` from agi://host/name?key=value, `env` all agi_ headers."""

    script: str
    query: Mapping[str, str]
    env: Mapping[str, str]
    peer: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One line Asterisk answered. `data` is what stood in brackets, None when nothing did."""

    code: int
    result: str = ""
    data: str | None = None
    endpos: str | None = None
    text: str = ""


def quote(text: str) -> str:
    """`text` as one argument of an AGI command. Raises BadInput for control characters: a newline starts a command."""
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise BadInput("AGI argument: a control character; clean() makes it a space")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def clean(text: str) -> str:
    """`text` with each control character (NUL, tab, CR, LF ...) as a space; everything else stays as it is."""
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)


def pack(variables: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The arguments for as few MSet as can set all `variables`, in order, and the names of those whose value was cut.

    One command for many variables, because each command costs Asterisk and us a turn. MSet takes its argument apart at
    commas, minding quotes and brackets, and evaluates nothing; so each of these is escaped. A value that no command can
    hold is cut at a whole character. Raises BadInput for a name that is not a plain variable's.
    """
    lines: list[str] = []
    cut: list[str] = []
    used = pairs = 0
    for name, value in variables.items():
        if _PLAIN_NAME.fullmatch(name) is None:
            raise BadInput(f"channel variable {name[:80]!a}: a name is made of A-Z, a-z, 0-9 and _")
        fitting = fit(value, MAX_MSET_BYTES - len(name) - 1)
        if len(fitting) < len(value):
            cut.append(name)
        pair = f"{name}={escape(fitting)}"
        size = len(quote(pair).encode("utf-8", "surrogateescape")) - 2
        if lines and pairs < MAX_MSET_PAIRS and used + 1 + size <= MAX_MSET_BYTES:
            lines[-1] += f",{pair}"
            used, pairs = used + 1 + size, pairs + 1
        else:
            lines.append(pair)
            used, pairs = size, 1
    return lines, cut


def escape(value: str) -> str:
    """`value` as part of an application's argument."""
    return re.sub(r'([\\"()\[\],])', r"\\\1", value)


def fit(value: str, budget: int) -> str:
    """The longest beginning of `value` that takes at most `budget` bytes as an escaped argument in a quoted one."""
    used = 0
    for index, character in enumerate(value):
        used += _ESCAPED_BYTES.get(character) or len(character.encode("utf-8", "surrogateescape"))
        if used > budget:
            return value[:index]
    return value


def lead_variable(column: str) -> str | None:
    """The channel variable for a column of a list: the prefix, then A-Z, 0-9 and underscores. None when nothing is left.

    Accents go, all else that is not allowed becomes an underscore, so `CHANNEL(x)` is DIALERD_LEAD_CHANNEL_X.
    """
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode().upper()
    name = re.sub(r"[^A-Z0-9]+", "_", plain).strip("_")[:MAX_NAME_CHARACTERS].rstrip("_")
    return LEAD_PREFIX + name if name else None


def read_reply(line: str) -> Reply:
    """One reply line. Raises BadInput for a line that is none."""
    match = _REPLY.fullmatch(line)
    if match is None:
        raise BadInput(f"AGI reply {line[:80]!a}: not three digits and a text")
    code, text = int(match[1]), match[3]
    result = _RESULT.fullmatch(text) if code == 200 else None
    if result is None:
        return Reply(code, text=match[2] + text)
    return Reply(code, result[1], result[2], result[3], text)


def read_request(header: bytes, peer: str) -> AgiRequest:
    """The request from what Asterisk sends first, up to the empty line. Raises BadInput when no script is named.

    Of a header that comes twice the first counts: the ids stand before what callers can choose.
    """
    env: dict[str, str] = {}
    for line in header.decode("utf-8", "surrogateescape").split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.startswith("agi_"):
            env.setdefault(name.strip(), value.strip())
    target = env.get("agi_network_script") or urlsplit(env.get("agi_request", "")).path
    path, _, query = target.partition("?")
    name = path.strip("/")
    if _SCRIPT_NAME.fullmatch(name) is None:
        raise BadInput(f"AGI request for {name[:80]!a}: a script's name is made of a-z, 0-9, _ and -")
    return AgiRequest(name, MappingProxyType(dict(parse_qsl(query))), MappingProxyType(env), peer)
