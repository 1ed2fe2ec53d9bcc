"""The benchmarks: `run.py [calls] [pace] [weights] [engines] [imports] [pace_import] [numbers] [console]`, all without
arguments. Lines that begin with `bench` are the result:

    bench <name> <value> <unit> <ratio> <against>

The exit code is 1 when something measured is not what is promised.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))  # the harness of the tests

MODULES = {
    "calls": "calls",
    "pace": "pace",
    "weights": "weights",
    "engines": "engines",
    "imports": "imports",
    "pace_import": "pace_import",
    "numbers": "verdicts",
    "console": "console",
}
"""What each is called, and where it is: the standard library has a module `numbers` too."""


def say(text):
    """A line for those who watch."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(names):
    """Run the named benchmarks one after the other."""
    wrong = [name for name in names if name not in MODULES]
    if wrong:
        say(f"no benchmark {' '.join(wrong)}; there are: {' '.join(MODULES)}")
        return 2
    good = True
    for name in names or MODULES:
        say(f"{name} ...")
        lines, met = importlib.import_module(MODULES[name]).run(say)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        good = good and met
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
