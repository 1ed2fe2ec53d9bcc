"""The modelled Asterisk with the carrier behind it: channels, events, FastAGI, and the log of who was really called."""

from __future__ import annotations

from dataclasses import dataclass

ENDS = {
    # Cause, last SIP message, reason of OriginateResponse.
    "busy": (17, "SIP 486 Busy Here", 5),
    "silent": (19, "SIP 180 Ringing", 3),
    "answer": (16, "SIP 200 OK", 4),
    "congestion": (34, "SIP 503 Service Unavailable", 8),
    "invalid": (1, "SIP 404 Not Found", 0),
}
RING_SECONDS = 2.0


@dataclass(eq=False)
class Channel:
    """One outgoing call. `plan` is what the callee does."""

    attempt_id: str
    number: str
    plan: str
    state: str = "Down"
    connected: str = ""
    gone: bool = False
    lossy: bool = False


class Asterisk:
    """One server. Frozen, it takes bytes and acts on them when it goes on; restarted, it has lost every channel."""

    def __init__(self, world, name="here/5038"):
        self._world = world
        self.name = name
        self.up = True
        self.boot = 1
        self.frozen_until = 0.0
        self.channels = {}
        self.wires = {}

    def connect(self, wire):
        """Raises OSError while there is nobody to answer."""
        if not self.up or self.frozen_until > self._world.time.now:
            raise OSError("connection refused")
        self.wires[wire] = None
        wire.session.attach(wire)

    def forget(self, wire):
        self.wires.pop(wire, None)

    def cut(self, reason):
        """Every connection ends."""
        for wire in list(self.wires):
            wire.cut(reason)

    def freeze(self, seconds):
        self.frozen_until = max(self.frozen_until, self._world.time.now + seconds)
        self._world.say(f"asterisk: frozen for {seconds:.1f} s")

    def restart(self, seconds):
        """As kill -9: channels are gone without a word."""
        self.up = False
        self.boot += 1
        for channel in self.channels.values():
            channel.gone = True
        self.channels.clear()
        self._world.say("asterisk: killed")
        self.cut("Asterisk closed the connection")
        self._world.time.after(seconds, self._start)

    def take(self, action, wire):
        """One action arrives."""
        boot = self.boot
        self._when_awake(lambda: self._act(action, wire) if self.up and self.boot == boot else None)

    def _start(self):
        self.up = True
        self._world.say("asterisk: is up again")

    def _when_awake(self, work):
        """Now, or when it goes on; in the order of arrival."""
        if self.frozen_until > self._world.time.now:
            self._world.time.at(self.frozen_until, None, work)
        else:
            work()

    def _act(self, action, wire):
        key = action["ActionID"]
        match action["Action"]:
            case "Originate":
                self._originate(action, wire)
            case "CoreStatus":
                wire.say({"Response": "Success", "ActionID": key, "CoreStartupTime": str(self.boot)})
            case "Getvar":
                wire.say({"Response": "Success", "ActionID": key, "Value": self.name})
            case "CoreShowChannels":
                wire.say({"Response": "Success", "ActionID": key, "EventList": "start"})
                for attempt_id in self.channels:
                    wire.say({"Event": "CoreShowChannel", "ActionID": key, "Uniqueid": attempt_id})
                count = str(len(self.channels))
                complete = {"Event": "CoreShowChannelsComplete", "EventList": "Complete", "ListItems": count}
                wire.say({**complete, "ActionID": key})
            case "Hangup":
                channel = self.channels.get(action["Channel"])
                wire.say({"Response": "Success" if channel else "Error", "ActionID": key})
                if channel is not None:
                    self._world.say(f"asterisk: {self._world.short(channel.attempt_id)} is hung up by an engine")
                    self._end(channel, 16, "", 0)
            case _:
                wire.say({"Response": "Success", "ActionID": key})

    def _originate(self, action, wire):
        attempt_id = action["ActionID"]
        fate = self._world.fate_of_originate()
        self._world.say(f"asterisk: Originate {self._world.short(attempt_id)} {fate}")
        if fate == "refused":
            wire.say({"Response": "Error", "ActionID": attempt_id, "Message": "Originate failed"})
            return
        if fate != "unanswered":
            wire.say({"Response": "Success", "ActionID": attempt_id, "Message": "queued"})
        if fate == "no channel":
            self._later(0.01, lambda: self._tell(None, self._response(attempt_id, 0)))
            return
        number = action["Channel"].removeprefix("PJSIP/").partition("@")[0]
        late = self._world.lateness() if fate == "late" else self._world.random.uniform(0.001, 0.02)
        self._later(late, lambda: self._call(attempt_id, number))

    def _call(self, attempt_id, number):
        plan = self._world.judge.invite(attempt_id, number)
        channel = Channel(attempt_id, number, plan, lossy=self._world.loses_an_event())
        self.channels[attempt_id] = channel
        self._tell(channel, {"Event": "Newchannel", "Uniqueid": attempt_id, "Channel": f"PJSIP/c-{attempt_id[-6:]}"})
        self._tell(channel, {"Event": "DialBegin", "DestUniqueid": attempt_id})
        wait = self._world.random.uniform(0.05, 0.5)
        if plan in ("busy", "congestion", "invalid"):
            self._on(channel, wait, lambda: self._end(channel, *ENDS[plan]))
        else:
            self._on(channel, wait, lambda: self._ring(channel))

    def _ring(self, channel):
        channel.state = "Ringing"
        self._tell(channel, {"Event": "Newstate", "Uniqueid": channel.attempt_id, "ChannelState": "5"})
        if channel.plan == "silent":
            self._on(channel, RING_SECONDS, lambda: self._end(channel, *ENDS["silent"]))
        else:
            self._on(channel, self._world.random.uniform(0.1, 1.0), lambda: self._answer(channel))

    def _answer(self, channel):
        channel.state = "Up"
        self._tell(channel, {"Event": "Newstate", "Uniqueid": channel.attempt_id, "ChannelState": "6"})
        self._tell(channel, self._response(channel.attempt_id, 4))
        self._world.agi.route(channel)
        talk = self._world.random.uniform(0.2, 1.5)
        self._on(channel, talk, lambda: self._end(channel, *ENDS["answer"]))

    def _end(self, channel, cause, tech, reason):
        """The hangup handler first, then the events, of which the two last come in any order."""
        if channel.gone:
            return
        channel.gone = True
        self._world.judge.ended(channel, tech)
        self._world.agi.ended(channel, cause, tech)
        self._later(self._world.random.uniform(0.0, 0.3), lambda: self._bury(channel, cause, tech, reason))

    def _bury(self, channel, cause, tech, reason):
        if self.channels.get(channel.attempt_id) is channel:
            del self.channels[channel.attempt_id]
        hangup = {"Event": "Hangup", "Uniqueid": channel.attempt_id, "Cause": str(cause), "TechCause": tech}
        last = [hangup]
        if channel.state != "Up":
            last.append(self._response(channel.attempt_id, reason))
        if self._world.chance(0.5):
            last.reverse()
        for message in last:
            self._tell(channel, message)

    @staticmethod
    def _response(attempt_id, reason):
        response = "Success" if reason == 4 else "Failure"
        return {"Event": "OriginateResponse", "ActionID": attempt_id, "Response": response, "Reason": str(reason)}

    def _tell(self, channel, message):
        """Every connection hears it; once, twice, late or not at all."""
        copies, delays = self._world.fate_of_event(channel)
        for wire in list(self.wires):
            for delay in delays[:copies]:
                wire.say(message, delay=delay)

    def _on(self, channel, seconds, step):
        self._later(seconds, lambda: None if channel.gone else step())

    def _later(self, seconds, step):
        """What it is at goes on after a freeze, and is lost with a restart."""
        boot = self.boot
        self._world.time.after(
            seconds, lambda: self._when_awake(lambda: step() if self.up and self.boot == boot else None)
        )
