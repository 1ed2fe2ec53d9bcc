"""One FastAGI conversation, as scripts see it: pyst2's AGI with its reading, quoting and error handling replaced.

pyst2's commands stay as they are. Its constructor would take the process's SIGHUP, its replies can be forged by data
(a variable that says `hangup`), a lost caller looks like a fault, and its quoting escapes nothing.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from typing import Any

import structlog
from asterisk.agi import (
    AGI,
    AGIAppError,
    AGIDBError,
    AGIError,
    AGIException,
    AGIHangup,
    AGIInvalidCommand,
    AGIUsageError,
)

from dialerd.domain.errors import BadInput
from dialerd.telephony.agi_text import MAX_COMMAND_BYTES, Reply, clean, pack, quote, read_reply

MAX_REPLY_BYTES = 1 << 16

log = structlog.get_logger("dialerd.agi")


class CallerGone(AGIHangup):  # type: ignore[misc] # pyst2 has no types
    """The call ended, or Asterisk closed the connection: nothing more can be asked or set. Usually no fault."""


class AgiTimeout(AGIException):  # type: ignore[misc] # pyst2 has no types
    """Asterisk did not answer in time; the connection is of no more use."""


class AgiWire:
    """A connected socket as the text stream pyst2 wants. Each read waits at most `read_timeout` seconds."""

    def __init__(self, sock: socket.socket, read_timeout: float, rest: bytes = b"") -> None:
        """`rest` is what was already read behind the request's header."""
        # The kernel keeps the time: Python's own timeout asks for each read and write twice, and gives up its lock twice.
        sock.setblocking(True)
        limit = struct.pack("@ll", int(read_timeout), int(read_timeout % 1 * 1_000_000))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._sock = sock
        self._read_timeout = read_timeout
        self._buffer = bytearray(rest)

    def readline(self) -> str:
        """One line without its end. Raises CallerGone at the end of the stream, AgiTimeout, BadInput when endless."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_REPLY_BYTES:
                raise BadInput(f"AGI reply: longer than {MAX_REPLY_BYTES} bytes")
            self._buffer += self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.decode("utf-8", "surrogateescape").rstrip("\r")

    def write(self, text: str) -> None:
        """Send it all."""
        try:
            self._sock.sendall(text.encode("utf-8", "surrogateescape"))
        except BlockingIOError:
            raise AgiTimeout("Asterisk does not read what it is told") from None
        except OSError as error:
            raise CallerGone(f"Asterisk closed the connection: {error.strerror}") from None

    def flush(self) -> None:
        """Nothing waits."""

    def _receive(self) -> bytes:
        try:
            data = self._sock.recv(4096)
        except BlockingIOError:
            raise AgiTimeout(f"no answer from Asterisk within {self._read_timeout:g} s") from None
        except OSError as error:
            raise CallerGone(f"Asterisk closed the connection: {error.strerror}") from None
        if not data:
            raise CallerGone("Asterisk closed the connection")
        return data


class _Nowhere:
    """pyst2 writes every command, with the numbers in it, to a log stream: to this one."""

    def write(self, text: str) -> None:
        """Forget it."""


class AgiSession(AGI):  # type: ignore[misc] # pyst2 has no types
    """What a script talks to. `env` holds the agi_ headers, `query` what stood behind the question mark of agi://...?name=
    value; `hung_up` is True once Asterisk said the caller left.

    All of pyst2's commands work (`set_variable`, `get_full_variable`, `appexec`, `verbose` ...). Every one may raise
    CallerGone (the call is over), AgiTimeout, BadInput (a control character in an argument), AGIInvalidCommand and
    AGIUsageError (Asterisk does not know the command, or not like this).
    """

    def __init__(self, wire: AgiWire, env: Mapping[str, str], query: Mapping[str, str] | None = None) -> None:
        """The header has been read already; pyst2's own constructor is not run, because it takes SIGHUP."""
        self.stdin = self.stdout = wire
        self.stderr = _Nowhere()
        self.env = dict(env)
        self.query = dict(query or {})
        self.hung_up = False

    @property
    def uniqueid(self) -> str:
        """The channel's id; for a call of ours that is the attempt."""
        return self.env.get("agi_uniqueid", "")

    def arguments(self) -> list[str]:
        """What stood behind the address in the dialplan: AGI(agi://host/script,one,two)."""
        found: list[str] = []
        while (argument := self.env.get(f"agi_arg_{len(found) + 1}")) is not None:
            found.append(argument)
        return found

    def test_hangup(self) -> None:
        """Nothing: there is no SIGHUP to look for."""

    def set_variables(self, variables: Mapping[str, str]) -> None:
        """Set channel variables, in order, in as few commands as possible; for a channel that is up.

        Control characters become spaces; what a command cannot hold is cut off, at a whole character, and logged.
        Nothing in a value is evaluated.
        """
        arguments, cut = pack({name: clean(value) for name, value in variables.items()})
        for argument in arguments:
            if self.appexec("MSet", argument) != "0":
                raise AGIAppError("Asterisk could not run MSet")
        if cut:
            log.warning("values_cut", variables=cut, attempt_id=self.uniqueid)

    def get_variable(self, name: str) -> str:
        """The variable's value, '' when it is not set. Asterisk gives its first 1,023 bytes; `get_full_variable` all."""
        return self._value("GET VARIABLE", name)

    def get_full_variable(self, name: str, channel: str | None = None) -> str:
        """What Asterisk makes of an expression such as `${CHANNEL(state)}`, '' when it is nothing."""
        return self._value("GET FULL VARIABLE", name, *([channel] if channel else []))

    def database_get(self, family: str, key: str) -> str:
        """A value of Asterisk's own database. Raises AGIDBError when there is none. (pyst2 quotes twice.)"""
        result = self.execute("DATABASE GET", self._quote(family), self._quote(key))["result"]
        if result[0] != "1":
            raise AGIDBError(f"no entry {family}/{key} in Asterisk's database")
        return str(result[1])

    def execute(self, command: str, *args: object) -> dict[str, Any]:
        """Send one command, return pyst2's form of its reply: {'result': (value, data)}."""
        self.send_command(command, *args)
        return self.get_result()

    def send_command(self, command: str, *args: object) -> None:
        """Write one line. Raises BadInput when it would be two, or longer than Asterisk reads."""
        line = " ".join([command.strip(), *map(str, args)]).strip()
        if "\n" in line or "\r" in line or "\0" in line:
            raise BadInput(f"AGI command {command}: a line break in an argument; nothing was sent")
        if len(line.encode("utf-8", "surrogateescape")) > MAX_COMMAND_BYTES:
            raise BadInput(f"AGI command {command}: longer than {MAX_COMMAND_BYTES} bytes; nothing was sent")
        self.stdout.write(line + "\n")

    def get_result(self, stdin: object = None) -> dict[str, Any]:  # noqa: ARG002 - pyst2's signature
        """Read one reply."""
        return self._result(self._reply())

    def _value(self, command: str, *args: str) -> str:
        self.send_command(command, *map(self._quote, args))
        line = self._line()
        # A value with line breaks comes as it is; only the bracket tells its end.
        while line.startswith("200 result=1 (") and not line.endswith(")"):
            line += "\n" + self.stdin.readline()
        return str(self._result(read_reply(line))["result"][1])

    def _line(self) -> str:
        """The next reply, past the HANGUP that Asterisk throws in unless AGISIGHUP=no."""
        while (line := self.stdin.readline()) == "HANGUP":
            self.hung_up = True
        return str(line)

    def _reply(self) -> Reply:
        while (reply := read_reply(self._line())).code == 100:
            pass
        return reply

    def _result(self, reply: Reply) -> dict[str, Any]:
        match reply.code:
            case 200 if reply.result != "-1":
                found: dict[str, Any] = {"result": (reply.result, reply.data or "")}
                return found | ({"endpos": (reply.endpos, "")} if reply.endpos else {})
            case 200 | 511:
                self.hung_up = True
                raise CallerGone(f"the call ended: {reply.code} {reply.text.strip()}")
            case 510:
                raise AGIInvalidCommand(reply.text.strip())
            case 520:
                raise AGIUsageError(self._usage(reply))
            case _:
                raise AGIError(f"Asterisk answered {reply.code} {reply.text.strip()}")

    def _usage(self, reply: Reply) -> str:
        lines = [reply.text]
        while reply.text.startswith("-"):
            lines.append(self.stdin.readline())
            if lines[-1].startswith("520"):
                break
        return "\n".join(lines)

    def _quote(self, string: object) -> str:
        return quote(str(string))
