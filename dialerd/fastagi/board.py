"""What a parent and the processes it forked can all see: a little shared memory with a place for each of them."""

from __future__ import annotations

import mmap
import struct
import time

_PLACE = struct.Struct("=d")
BEAT_SECONDS = 0.5


class Board:
    """When the process of each place last said that it works, in monotonic seconds; 0 before it ever did."""

    def __init__(self, places: int) -> None:
        self._memory = mmap.mmap(-1, places * _PLACE.size)

    def clear(self, place: int) -> None:
        """Another process is about to take the place."""
        self._set(place, 0.0)

    def beat(self, place: int) -> None:
        """The process of this place works."""
        self._set(place, time.monotonic())

    def read(self, place: int) -> float:
        """When it last said so."""
        return float(_PLACE.unpack_from(self._memory, place * _PLACE.size)[0])

    def _set(self, place: int, value: float) -> None:
        _PLACE.pack_into(self._memory, place * _PLACE.size, value)


class Seat:
    """The place of one process, by which its parent hears how it goes (serving.Overseer)."""

    watchdog_interval: float | None = BEAT_SECONDS

    def __init__(self, board: Board, place: int) -> None:
        self._board = board
        self._place = place

    def ready(self, status: str) -> None:
        """Serving, or reloaded."""
        del status
        self.watchdog()

    def watchdog(self) -> None:
        """Still alive."""
        self._board.beat(self._place)

    def reloading(self) -> None:
        """The parent, who asked for it, knows."""

    def stopping(self, status: str) -> None:
        """As above."""
        del status
