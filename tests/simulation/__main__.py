"""`python -m simulation SEED`: plays one world and tells what happened in it; status 1 when something went wrong."""

from __future__ import annotations

import argparse
import sys

from simulation.run import Failure, played

parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
parser.add_argument("seed", type=int)
seed = parser.parse_args().seed
error, trace = played(seed)
print("\n".join(trace) if error is None else Failure(seed, error, trace))  # noqa: T201 - a command
sys.exit(error is not None)
