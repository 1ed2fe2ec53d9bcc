"""TOML files -> one frozen, validated object; every mistake listed at once, with file and key."""

from dialerd.settings.campaign import Campaign, Destination, Extension, HangUp, Playback, Schedule
from dialerd.settings.dispositions import DispositionForm
from dialerd.settings.load import DEFAULT_FILE, load
from dialerd.settings.model import Agi, Asterisk, Database, Engine, Log, Node, Paths, Settings, Trunk

__all__ = [
    "DEFAULT_FILE",
    "Agi",
    "Asterisk",
    "Campaign",
    "Database",
    "Destination",
    "DispositionForm",
    "Engine",
    "Extension",
    "HangUp",
    "Log",
    "Node",
    "Paths",
    "Playback",
    "Schedule",
    "Settings",
    "Trunk",
    "load",
]
