"""A FastAGI client that plays Asterisk: asks for a script, then obeys AGI commands on variables of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field

DEADLINE = 10.0


def split_arguments(line: str) -> list[str]:
    """A command line cut as Asterisk cuts it: blanks separate, quotes hold together, a backslash takes what follows."""
    arguments: list[str] = []
    current: list[str] | None = None
    quoted = escaped = False
    for character in line:
        if escaped:
            current = [*(current or []), character]
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
            current = current or []
        elif character in " \t" and not quoted:
            if current is not None:
                arguments.append("".join(current))
            current = None
        else:
            current = [*(current or []), character]
    return arguments if current is None else [*arguments, "".join(current)]


def split_pairs(argument: str) -> list[str]:
    """MSet's argument cut as Asterisk cuts it: at commas outside quotes and brackets, a backslash takes what follows."""
    pairs, depth = [""], 0
    quoted = escaped = False
    for character in argument:
        if escaped or character not in '\\"()[],':
            pairs[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted and depth == 0:
            pairs.append("")
        else:
            pairs[-1] += character
            depth += (character in "([") - (character in ")]")
    return pairs


@dataclass
class FakeAsterisk:
    """One AGI call from Asterisk's side. `obey` runs until the server closes."""

    sock: socket.socket
    variables: dict[str, str] = field(default_factory=dict)
    expressions: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)  # by the command's first words, instead of obeying it
    presses: Callable[[], str] = lambda: "200 result=0\n"  # the reply when a key is waited for

    def header(self, script: str, uniqueid: str = "1700000000.1", **more: str) -> None:
        lines = {"agi_network": "yes", "agi_network_script": script, "agi_uniqueid": uniqueid, **more}
        for name, value in lines.items():
            self.sock.sendall(f"{name}: {value}\n".encode())
        self.sock.sendall(b"\n")

    def obey(self) -> None:
        for line in self.sock.makefile("r", encoding="utf-8", newline="\n"):
            self.commands.append(line.rstrip("\n"))
            self.sock.sendall(self._answer(line.rstrip("\n")).encode())

    def closed(self) -> bool:
        """Wait until the server closed the connection."""
        try:
            return self.sock.recv(1 << 16) == b""
        except ConnectionResetError:
            return True

    def _answer(self, line: str) -> str:
        for beginning, reply in self.replies.items():
            if line.startswith(beginning):
                return reply
        if line.startswith(("STREAM FILE ", "WAIT FOR DIGIT ")):
            return self.presses()
        return self._obeyed(line)

    def _obeyed(self, line: str) -> str:
        match split_arguments(line):
            case ["SET", "VARIABLE", name, value]:
                self.variables[name] = value
                return "200 result=1\n"
            case ["EXEC", "MSet", argument]:
                for pair in split_pairs(argument):
                    name, _, value = pair.partition("=")
                    self.variables[name] = value
                return "200 result=0\n"
            case ["GET", "VARIABLE", name]:
                value = self.variables.get(name)
                return "200 result=0\n" if value is None else f"200 result=1 ({value})\n"
            case ["GET", "FULL", "VARIABLE", expression]:
                return f"200 result=1 ({self.expressions.get(expression, '')})\n"
            case _:
                return "510 Invalid or unknown command\n"


def call(address: tuple[str, int]) -> FakeAsterisk:
    """A connection to this FastAGI server."""
    return FakeAsterisk(socket.create_connection(address, timeout=DEADLINE))
