"""A trial that was asked for on the web: an engine makes its call, and here one waits until it is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anyio import to_thread

from dialerd.service import trials
from dialerd.store.trials import TrialRecord
from dialerd.web.site import Site

LOOK_SECONDS = 0.2
TAKEN_WITHIN_SECONDS = trials.TAKE_WITHIN.total_seconds()
PLACED_WITHIN_SECONDS = 25.0
"""From the engine's taking it: longer than a connection and the answer of Asterisk may take (telephony.single_call)."""


async def placed(site: Site, trial_id: str) -> TrialRecord:
    """The trial once Asterisk makes its call or it has ended; as it is when that takes too long. One that no engine takes in
    time is withdrawn. No thread is held meanwhile.
    """
    found = await _until(site, trial_id, lambda trial: trial.taken_at is not None, TAKEN_WITHIN_SECONDS)
    if found.taken_at is None:
        await to_thread.run_sync(trials.withdraw, site.database, trial_id, site.now())
    return await _until(site, trial_id, lambda trial: trial.placed_at is not None, PLACED_WITHIN_SECONDS)


async def _until(site: Site, trial_id: str, is_so: Callable[[TrialRecord], bool], seconds: float) -> TrialRecord:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        found = await to_thread.run_sync(trials.read, site.database, trial_id)
        if is_so(found) or found.ended_at is not None or loop.time() >= until:
            return found
        await asyncio.sleep(LOOK_SECONDS)
