"""The files of a dialer under test: short waits, everything else as on a real machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dialerd.lab.lab import Lab

CAMPAIGN: Mapping[str, Any] = {
    "trunks": ["carrier"],
    "caller_id": "+12025550123",
    "calls_per_second": 20,
    "max_calls": 100,
    "ring_timeout": "1s",
    "max_talk_time": "1s",
    "max_attempts": 1,
    "uncounted_wait": "60s",
    "unknown_hold": "60s",
    "destination": {"type": "extension", "context": "dialerd-demo", "exten": "stay"},
    "schedule": {"timezone": "UTC", "hours": ["daily 00:00-24:00"]},
    "compliance": {"profile": ["none"]},
}
"""One call per lead, so that a number that is dialed twice was dialed twice."""

DIALERD_TOML = """
[node]
name = "test"
[paths]
state_dir = "."
campaigns = "campaigns.d"
[trunks.carrier]
endpoint = "carrier"
calls_per_second = 5
max_calls = 10
"""
"""The file of a dialer that dials nobody: what a command line or a web server is tested with."""
CAMPAIGN_TOML = """
name = "{name}"
trunks = ["carrier"]
caller_id = "+12025550100"
calls_per_second = 2
max_calls = 7
destination = {{ type = "hangup" }}
schedule = {{ timezone = "UTC", hours = ["{hours}"] }}
compliance = {{ profile = ["none"] }}
"""
"""The file of a campaign of it."""


def sections(lab: Lab, url: str) -> dict[str, dict[str, Any]]:
    """The tables of dialerd.toml for a dialer on this lab and database."""
    return {
        "node": {"name": "test"},
        "paths": {"state_dir": ".", "campaigns": "campaigns.d", "agi_scripts": "agi"},
        "database": {"url": url},
        "asterisk": {
            "port": lab.ports.ami,
            "username": "dialerd",
            "secret": lab.ami_secret,
            "ping_interval": "1s",
            "ping_timeout": "2s",
        },
        "agi": {"port": lab.ports.agi, "metrics_port": 0},
        "engine": {"metrics_port": 0, "hopper_seconds": 0.5, "drain_timeout": "10s", "recovery_grace": "1s"},
        "trunks": {"carrier": {"endpoint": "carrier", "prefix": "+", "calls_per_second": 200, "max_calls": 1000}},
    }


def write(path: Path, tables: Mapping[str, Any]) -> None:
    """The file, readable by its owner only since it may hold a password, there at once as a whole."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text("\n".join(_lines(tables, ())) + "\n")
    new.replace(path)


def _lines(table: Mapping[str, Any], above: tuple[str, ...]) -> list[str]:
    plain = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    lines = [f"[{'.'.join(above)}]", *plain] if above and plain else plain
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += _lines(value, (*above, key))
    return lines


def _value(value: Any) -> str:
    """A value on one line, also a list of tables."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)
