"""One engine per SQLite file and per node name on a machine; the kernel frees the lock however the process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialerd.domain.errors import Unavailable

_SQLITE = "sqlite:///"


@contextmanager
def only_engine(database_url: str, state_dir: Path, node: str) -> Iterator[None]:
    """Hold the lock for the block. Raises Unavailable when another engine holds it, or the folder cannot be used.

    On SQLite the database file is what only one engine may drive; on PostgreSQL many may, each under its own node name.
    """
    if database_url.startswith(_SQLITE):
        path = Path(database_url.removeprefix(_SQLITE) + ".engine.lock")
        what = f"database file {path.with_suffix('').with_suffix('')}: SQLite serves one engine"
        cure = "stop it, or use PostgreSQL for several"
    else:
        path = state_dir / f"engine-{node}.lock"
        what = f"node {node}: each engine needs its own name"
        cure = "stop it, or set node.name"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise Unavailable(
            f"{path}: {error.strerror}; create the folder, or give it to the user that runs dialerd"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Unavailable(f"{what}, and another engine runs; {cure}") from None
    try:
        yield
    finally:
        os.close(descriptor)
