"""A connection between the product's own AmiSession and a modelled Asterisk: bytes one way, messages the other."""

from __future__ import annotations

from dialerd.telephony.ami import AmiLink


class Wire:
    """One TCP connection: what the session takes for its protocol and its transport. Bytes keep their order; when the
    connection is cut, what was on its way to Asterisk may arrive or not, and what was on its way here does not.
    """

    def __init__(self, world, asterisk, session, process):
        self._world, self._asterisk, self._process = world, asterisk, process
        self.session = session
        self.cut_at = None
        self._there_at = self._here_at = 0.0
        self.transport = self

    @property
    def open(self):
        return self.cut_at is None and not self._process.dead

    def write(self, data):
        """The session writes whole actions."""
        action = dict(line.split(": ", 1) for line in data.decode().split("\r\n") if line)
        if action["Action"] == "Originate":
            self._world.judge.sent(action["ActionID"], self._process.name)
        self._there_at = max(self._there_at, self._world.time.now + self._world.wire_seconds())
        self._world.time.at(self._there_at, None, self._arrive, (action, self._world.chance(0.5)))

    def abort(self):
        """Our side closes."""
        if self.cut_at is None:
            self.cut_at = self._world.time.now
            self._asterisk.forget(self)

    def cut(self, reason):
        """The network, or Asterisk, ends it. The engine hears of it at once, or, when `silent`, not before it asks."""
        if self.open:
            self.abort()
            self._process.call_soon(self.session.disconnected, reason)

    def say(self, message, *, delay=0.0):
        """A message from Asterisk, behind those before it unless it is delayed."""
        if self.open:
            at = self._world.time.now + self._world.wire_seconds()
            if delay:
                at += delay
            else:
                at = self._here_at = max(self._here_at, at)
            self._process.call_at(at, self._hear, message)

    def _hear(self, message):
        if self.open:
            self.session.received(message)

    def _arrive(self, action, lucky):
        if self.cut_at is None or lucky:
            self._asterisk.take(action, self)


class Link(AmiLink):
    """The product's link; only its socket is another."""

    def __init__(self, world, asterisk, process, target, on_event):
        super().__init__(target, on_event, jitter=world.random.random)
        self._world, self._asterisk, self._process = world, asterisk, process

    async def _open(self, session):
        self._asterisk.connect(Wire(self._world, self._asterisk, session, self._process))
        session.booted.set_result(None)
