"""Sounds for the lab, made here so that no sound package is needed: mu-law, 8 kHz, one channel."""

from __future__ import annotations

import math
from pathlib import Path

_RATE = 8000
_SILENCE = b"\xff"


def write_sounds(folder: Path) -> None:
    """Writes `hello` (1 s), `person` (a greeting of 0.9 s) and `machine` (a greeting of 4 s, then a beep)."""
    folder.mkdir(parents=True, exist_ok=True)
    greeting = _tone(160, 0.3) + _pause(0.2) + _tone(210, 0.4)
    announcement = b"".join(_tone(pitch, 0.35) + _pause(0.15) for pitch in (160, 200, 250, 160, 210, 180, 250, 160))
    for name, sound in {
        "hello": _tone(400, 1.0),
        "person": greeting,
        "machine": announcement + _pause(0.5) + _tone(1000, 0.5),
    }.items():
        (folder / f"{name}.ulaw").write_bytes(sound)


def _tone(hertz: int, seconds: float) -> bytes:
    period = round(_RATE / hertz)
    wave = bytes(_mu_law(round(8000 * math.sin(2 * math.pi * step / period))) for step in range(period))
    return (wave * (round(seconds * hertz) + 1))[: round(seconds * _RATE)]


def _pause(seconds: float) -> bytes:
    return _SILENCE * round(seconds * _RATE)


def _mu_law(sample: int) -> int:
    """One 16-bit sample as ITU-T G.711 mu-law."""
    sign, size = (0x80, -sample) if sample < 0 else (0, sample)
    size = min(size, 32635) + 132
    exponent = size.bit_length() - 8
    return ~(sign | exponent << 4 | (size >> exponent + 3) & 0x0F) & 0xFF
