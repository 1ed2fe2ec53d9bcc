"""TOML files -> one frozen, validated object; every mistake listed at once, with file and key."""

from dialerd.settings.amd import Amd
from dialerd.settings.campaign import Campaign, Schedule
from dialerd.settings.destinations import (
    Balanced,
    Destination,
    Endpoint,
    Extension,
    HangUp,
    Playback,
    Queue,
    RingGroup,
    Share,
    Single,
)
from dialerd.settings.dispositions import DispositionForm
from dialerd.settings.freeze import FreezeCodes
from dialerd.settings.load import DEFAULT_FILE, load
from dialerd.settings.model import Agi, Asterisk, Database, Engine, Log, Node, Paths, Settings, Trunk

__all__ = [
    "DEFAULT_FILE",
    "Agi",
    "Amd",
    "Asterisk",
    "Balanced",
    "Campaign",
    "Database",
    "Destination",
    "DispositionForm",
    "Endpoint",
    "Engine",
    "Extension",
    "FreezeCodes",
    "HangUp",
    "Log",
    "Node",
    "Paths",
    "Playback",
    "Queue",
    "RingGroup",
    "Schedule",
    "Settings",
    "Share",
    "Single",
    "Trunk",
    "load",
]
