"""An engine without calls, as a process of its own: claims, sends and ends until nothing is left; prints what it won.

python claimer.py URL NODE
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
    while True:
        now = datetime.now(UTC)
        with database.write() as conn:
            claimed = claims.claim(conn, request, yes, now)
            used = attempts.open_counts(conn).campaigns.get("spring", 0)
        if used > CAP:
            sys.stdout.write(f"over the cap: {used}\n")
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


main(*sys.argv[1:])
