"""Schemathesis over the whole OpenAPI document finds nothing."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from dialerd.domain.people import Role
from dialerd.ingest.leadfile import Reading
from dialerd.service import campaigns, lists, tokens
from dialerd.service.imports import import_file

SEED = "20261125"
CONFIG = """
max-stream-events = 1

[parameters]
list_id = { dictionary = "lists", probability = 0.7 }
lead_id = { dictionary = "lists", probability = 0.7 }
"path.number" = { dictionary = "one", probability = 0.7 }
"path.name" = { dictionary = "names", probability = 0.7 }

# What is wrong at each boundary is left to chance: to try all of it takes minutes.
[phases.coverage]
generation = { mode = "positive" }

[dictionaries]
lists = { values = [1, 2, 3] }
one = { values = [1] }
names = { values = ["spring", "alice"] }

# What fits the schema may still be refused by a rule: a number that nobody has, a name that is taken.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "403", "404", "409", "412", "413", "415", "422"]

# No engine runs here, so nobody is called, and that is what it says.
[[operations]]
include-path = "/campaigns/{name}/try"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "503"]
checks.positive_data_acceptance.expected-statuses = ["404", "409", "422", "503"]

# It finds its own token among the answers, and would go on with a revoked one.
[[operations]]
include-path = "/tokens/{name}/revoke"
parameters = { name = "other" }
"""

HOOKS = """
import itertools
import schemathesis

numbers = itertools.count(1)

@schemathesis.hook
def before_call(context, case, kwargs):
    # It sends one key with all it tries, and every request but the first would be refused for that alone.
    if case.headers and case.headers.get("Idempotency-Key") and next(numbers) % 4:
        case.headers["Idempotency-Key"] = f"key-{next(numbers)}"
"""


def furnish(office, folder):
    """Lists with leads in them, one of them assigned, so that more is asked for than what is not there."""
    database, now = office.site.database, office.site.now
    path = folder / "leads.csv"
    path.write_text("phone_number,first_name\n+14155551234,John\n+14155555678,Jane\nx,y\n")
    for name in ("a", "b", "c"):
        lists.create(database, name, actor="test", now=now())
        import_file(database, name, path, Reading(), actor="test", clock=now)
    campaigns.assign(database, "spring", "a", configured=office.site.campaigns, actor="test", now=now())
    tokens.add(database, "other", Role.VIEWER, lasts=timedelta(hours=1), actor="test", now=now())
    office.user("alice")
    office.user("root")


@pytest.mark.timeout(300)
def test_schemathesis_finds_nothing(served_office, tmp_path):
    furnish(served_office, tmp_path)
    served_office.program(Role.ADMIN)
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    (tmp_path / "hooks_of_keys.py").write_text(HOOKS)
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", config, "run"]
    command += [f"{served_office.url}/api/v1/openapi.json", "--header"]
    command += [f"Authorization: Bearer {served_office.made[Role.ADMIN]}", "--seed", SEED]
    command += [
        "--phases",
        "coverage,fuzzing",
        "--max-examples",
        "2",
        "--continue-on-failure",
        "--request-timeout",
        "15",
    ]
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "COLUMNS": "200", "SCHEMATHESIS_HOOKS": "hooks_of_keys", "PYTHONPATH": str(tmp_path)},
    )
    told = "\n".join(line[:300] for line in ran.stdout.splitlines())
    assert ran.returncode == 0, told
    assert "Tested: 8" in told or "Tested: 9" in told, told
