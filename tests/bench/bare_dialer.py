"""The least an AMI dialer can do: originate, count hang-ups, originate again. One asyncio protocol on a raw socket.

Reads its orders as JSON on standard input, prints how many calls it started and how many ended. No parsing beyond the
one event it needs, no database, no pacing: what is left is the cost of Asterisk, and of asking it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

LAST_CALLS_SECONDS = 15.0
ORIGINATE = (
    "Action: Originate\r\nActionID: {id}\r\nChannel: PJSIP/{number}@{endpoint}\r\nChannelId: {id}\r\n"
    "Context: dialerd-answered\r\nExten: s\r\nPriority: 1\r\nTimeout: 30000\r\nAsync: true\r\n"
    "CallerID: +12025550123\r\nVariable: DIALERD_ATTEMPT={id}\r\nVariable: DIALERD_AGI={agi}\r\n"
    'Variable: CHANNEL(hangup_handler_push)="dialerd-ended,s,1"\r\n\r\n'
)


class BareDialer(asyncio.Protocol):
    """Keeps `calls` calls in the air until told to stop."""

    def __init__(self, orders):
        self.orders = orders
        self.in_air = set()
        self.started = 0
        self.ended = 0
        self.dialing = False
        self.ready = asyncio.get_running_loop().create_future()
        self.empty = asyncio.Event()
        self.rest = b""

    def connection_made(self, transport):
        self.transport = transport
        login = "Action: Login\r\nUsername: {username}\r\nSecret: {secret}\r\n\r\n"
        transport.write(login.format(**self.orders).encode())

    def data_received(self, data):
        *messages, self.rest = (self.rest + data).split(b"\r\n\r\n")
        freed = 0
        for message in messages:
            if message.startswith(b"Event: Hangup"):
                freed += self.leave(message, b"\nUniqueid: ")
            elif message.startswith(b"Event: OriginateResponse") and b"\nResponse: Failure" in message:
                freed += self.leave(message, b"\nActionID: ")
            elif b"Authentication accepted" in message:
                self.ready.set_result(None)
        self.ended += freed
        if self.dialing and freed:
            self.originate(freed)
        elif not self.in_air:
            self.empty.set()

    def leave(self, message, header):
        start = message.index(header) + len(header)
        call = message[start : message.index(b"\r", start)]
        there = call in self.in_air
        self.in_air.discard(call)
        return there

    def originate(self, calls):
        orders, text = self.orders, []
        for _ in range(calls):
            self.started += 1
            call = f"bare-{orders['round']}-{self.started}"
            number = f"+1646{5550000 + self.started}"
            text.append(ORIGINATE.format(id=call, number=number, endpoint=orders["endpoint"], agi=orders["agi"]))
            self.in_air.add(call.encode())
        self.transport.write("".join(text).encode())


async def main(orders):
    """Dial for `seconds`, then see the calls in the air to their end."""
    loop = asyncio.get_running_loop()
    _, dialer = await loop.create_connection(lambda: BareDialer(orders), orders["host"], orders["port"])
    await dialer.ready
    dialer.dialing = True
    dialer.originate(orders["calls"])
    await asyncio.sleep(orders["seconds"])
    dialer.dialing = False
    dialer.empty.clear()
    if dialer.in_air:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_CALLS_SECONDS):
                await dialer.empty.wait()
    return {"started": dialer.started, "ended": dialer.ended}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.load(sys.stdin)))) + "\n")
