"""An engine without calls, as a process of its own: claims, sends and ends until nothing is left; prints what it won.

python claimer.py URL NODE

Says "ready" and "claimed" (its first leads), and goes on behind each when it reads a line.
"""

import sys
from datetime import UTC, datetime

from dialerd.store import attempts, claims, leads
from dialerd.store.database import Database
from harness.world import World, claim_request, yes

CAP = 25


def main(url: str, node: str) -> None:
    database = Database(url)
    world = World(database)
    request = claim_request(limit=7, node=node, owner=node, max_calls=CAP)
    turns = iter(("ready", "claimed"))
    say_and_wait(next(turns))
    while True:
        now = datetime.now(UTC)
        with database.write() as conn:
            claimed = claims.claim(conn, request, yes, now)
            used = attempts.open_counts(conn).campaigns.get("spring", 0)
        if used > CAP:
            sys.stdout.write(f"over the cap: {used}\n")
        if claimed and (turn := next(turns, None)):
            say_and_wait(turn)
        if not claimed:
            with database.read() as conn:
                if leads.next_due(conn, "spring") is None:
                    return
            continue
        with database.write() as conn:
            won = claims.mark_sending(conn, [lead.attempt_id for lead in claimed], node, now)
        for lead in claimed:
            if lead.attempt_id in won:
                sys.stdout.write(f"sent {lead.phone}\n")
                world.end(lead.attempt_id)
                world.recycle(lead.lead_id, closed="done")


def say_and_wait(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    sys.stdin.readline()


main(*sys.argv[1:])
