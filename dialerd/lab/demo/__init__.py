"""`dialerd demo`: a real list through a real Asterisk, with a crash in the middle, judged by the carrier's log."""

from dialerd.lab.demo.story import run, stop

__all__ = ["run", "stop"]
