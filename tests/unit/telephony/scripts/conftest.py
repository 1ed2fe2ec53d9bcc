"""A desk that serves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.desk import Desk


@pytest.fixture
def desk(tmp_path, sqlite_url) -> Iterator[Desk]:
    desk = Desk(tmp_path, sqlite_url)
    try:
        desk.start()
        yield desk
    finally:
        desk.close()
