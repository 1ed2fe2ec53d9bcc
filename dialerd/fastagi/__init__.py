"""The FastAGI server, `dialerd agi`: one process, or several on one port."""

from dialerd.fastagi.process import run
from dialerd.fastagi.server import FastAgi

__all__ = ["FastAgi", "run"]
