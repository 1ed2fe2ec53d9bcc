"""One dialer with its console for all tests of a file: `dialerd web` on SQLite, the engine, a real Asterisk, Chromium."""

import pytest

from dialerd.domain.people import Role
from harness.console import Console, chromium
from harness.fixtures import rig_maker


# Not for the session: while it is there, no other test in this process can run an event loop.
@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def console(lab, browser, tmp_path_factory):
    """People are olga, an operator, and vera, a viewer. The campaigns spring and autumn are drafts without lists."""
    with rig_maker(tmp_path_factory.mktemp("console")) as make:
        rig = make(lab)
        for name in ("spring", "autumn"):
            rig.write_campaign(
                name,
                calls_per_second=4,
                max_talk_time="30s",
                recycle={"no_answer": {"attempts": 2, "wait": "10m"}},
                max_attempts=2,
            )
        console = Console(rig, browser)
        console.user("olga", Role.OPERATOR)
        console.user("vera", Role.VIEWER)
        try:
            console.start()
            rig.start()
            yield console
            assert [entry for entry in console.web.entries() if entry["level"] in ("error", "critical")] == []
        finally:
            console.close()
