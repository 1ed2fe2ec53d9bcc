"""`numbers`: what the short cut through the numbering plans says about millions of numbers, beside libphonenumber.

Random and real-looking numbers of every region in every form, read by both policies and by lists that allow more or less;
other ones with each run, unless DIALERD_BENCH_SEED says which. Met when every verdict is the same. DIALERD_BENCH_NUMBERS
is how many, two million otherwise.
"""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from stage import note_load

from harness.numbers_written import REGIONS, differing

NUMBERS = int(os.environ.get("DIALERD_BENCH_NUMBERS", "2000000"))
SEED = int(os.environ.get("DIALERD_BENCH_SEED", random.SystemRandom().randrange(1_000_000)))
COUNT = 20
"""Numbers of each region for one seed, so that work is shared out evenly."""
BOTH_POLICIES = 2


def run(say):
    """Compare, and return the lines of the report and whether the promise was kept."""
    each = len(REGIONS) * COUNT * BOTH_POLICIES
    parts = -(-NUMBERS // each)
    started, wrong = time.monotonic(), []
    say(f"{parts * each:,} verdicts from seed {SEED}")
    with ProcessPoolExecutor() as pool:
        for place, found in enumerate(pool.map(partial(compared, SEED), range(parts)), start=1):
            wrong += found
            if place % 50 == 0:
                say(f"{place * each:,} compared, {len(wrong)} differ; {note_load()}")
    for text, rules in wrong[:10]:
        say(f"differs: {text!r} read by {rules}")
    seconds = time.monotonic() - started
    return [
        f"bench numbers_compared {parts * each} verdicts {len(REGIONS)} regions_in_{seconds:.0f}_s",
        f"bench numbers_differing {len(wrong)} verdicts - seed_{SEED}",
    ], not wrong


def compared(seed, part):
    """What differs in one part."""
    return list(differing(seed * 1_000_000 + part, COUNT))
