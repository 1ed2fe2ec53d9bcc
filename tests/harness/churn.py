"""Random changes of leads: everything that happens to them in their lives, in any order.

As a process of its own: `python churn.py URL SEED TRANSACTIONS` does so until it is done or killed.
"""

from __future__ import annotations

import random
import sys
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from dialerd.domain.dispositions import SYSTEM, Disposition
from dialerd.domain.eligibility import Never, NoUntil, Verdict, Wait, Yes
from dialerd.domain.facts import EndFacts, Witness
from dialerd.store import attempts, claims, tallies
from dialerd.store.claims import WITHDRAWN
from dialerd.store.database import Connection, Database
from dialerd.store.heads import Candidate
from dialerd.store.leads import set_after_attempt
from dialerd.store.tables import leads
from harness.world import NOW, claim_request

ENDS = [name for name in Disposition if name is not Disposition.NEW]
SPREAD = 200
"""Due times lie this many seconds around the clock: in the minute that goes on, and in others."""


class Churn:
    """Changes leads of these lists at random. `now` moves on by itself."""

    def __init__(self, database: Database, list_ids: list[int], seed: int) -> None:
        self.now = NOW
        self._database = database
        self._lists = list_ids
        self._random = random.Random(seed)
        self._owner = f"owner{seed}"
        self._acts = (self.claim, self.claim, self.end, self.end, self.give_back)
        self._acts += (self.withdraw, self.reset, self.move, self.delete, self.close)

    def transaction(self) -> None:
        """A few changes that are committed together."""
        self.now += timedelta(seconds=self._random.random() * 20)
        with self._database.write() as conn:
            for _ in range(self._random.randint(1, 4)):
                self._random.choice(self._acts)(conn)

    def claim(self, conn: Connection) -> None:
        request = claim_request(limit=self._random.randint(1, 5), owner=self._owner, node=self._owner)
        claimed = [lead.attempt_id for lead in claims.claim(conn, request, self._judge, self.now)]
        claims.mark_sending(conn, claimed[::2], self._owner, self.now)

    def end(self, conn: Connection) -> None:
        opened = [found for found in attempts.open_attempts(conn, self._owner) if found.state != "claimed"]
        for attempt in opened[: self._random.randint(1, 4)]:
            disposition = self._random.choice(ENDS)
            attempts.write_end(
                conn,
                attempt.attempt_id,
                disposition=disposition,
                counts=SYSTEM[disposition].counts,
                facts=EndFacts(waited_ms=self._random.choice([None, 900, 2000, 2001, 30_000])),
                ended_by=Witness.AMI,
                detail="",
                ended_at=self.now,
            )
            again = self._random.random() < 0.7
            set_after_attempt(
                conn,
                attempt.lead_id,
                disposition=disposition,
                attempts=self._random.randint(0, 3),
                due_at=self._about_now() if again else None,
                closed=None if again else self._random.choice(["all attempts used: 3 of 3", f"{disposition} is final"]),
                last_attempt_at=self.now,
                contacted=SYSTEM[disposition].contacted,
            )

    def give_back(self, conn: Connection) -> None:
        claims.give_back(conn, [found.attempt_id for found in attempts.open_attempts(conn, self._owner)], self.now)

    def withdraw(self, conn: Connection) -> None:
        conn.execute(update(leads).where(leads.c.id.in_(self._some(conn))).values(due_at=None, closed=WITHDRAWN))

    def reset(self, conn: Connection) -> None:
        fresh = {"due_at": self._about_now(), "closed": None, "disposition": "new", "attempts": 0, "waits_for": None}
        ids = [lead_id for lead_id in self._some(conn) if lead_id not in self._in_call(conn)]
        conn.execute(update(leads).where(leads.c.id.in_(ids)).values(**fresh))

    def move(self, conn: Connection) -> None:
        conn.execute(
            update(leads).where(leads.c.id.in_(self._some(conn))).values(list_id=self._random.choice(self._lists))
        )

    def delete(self, conn: Connection) -> None:
        ids = [lead_id for lead_id in self._some(conn)[:1] if lead_id not in self._in_call(conn)]
        conn.execute(delete(leads).where(leads.c.id.in_(ids)))

    def close(self, conn: Connection) -> None:
        conn.execute(update(leads).where(leads.c.id.in_(self._some(conn))).values(due_at=None, closed="closed by hand"))

    def fold(self) -> None:
        with self._database.write() as conn:
            tallies.fold(conn, self._random.randint(1, 50))

    def _judge(self, _lead: Candidate) -> Verdict:
        verdicts = (Yes(), Yes(), NoUntil(self._about_now(), "x", self._random.choice(list(Wait))), Never("never"))
        return self._random.choice(verdicts)

    def _about_now(self) -> datetime:
        around = timedelta(seconds=self._random.uniform(-SPREAD, SPREAD))
        at = self.now + around
        # Whole minutes are where slots begin and end.
        return at.replace(second=0, microsecond=0) if self._random.random() < 0.3 else at

    def _some(self, conn: Connection) -> list[int]:
        """Up to five leads, locked in the order of their ids so that several processes never wait in a circle."""
        highest = conn.scalar(select(func.max(leads.c.id))) or 1
        wanted = self._random.choices(range(1, highest + 1), k=5)
        chosen = select(leads.c.id).where(leads.c.id.in_(wanted)).order_by(leads.c.id).with_for_update(skip_locked=True)
        return list(conn.scalars(chosen))

    def _in_call(self, conn: Connection) -> set[int]:
        return {attempt.lead_id for attempt in attempts.open_attempts(conn)}


def main(url: str, seed: str, transactions: str, *list_ids: str) -> None:
    """As the module says."""
    database = Database(url)
    churn = Churn(database, [int(list_id) for list_id in list_ids], int(seed))
    for number in range(int(transactions)):
        churn.transaction()
        if number % 10 == 0:
            churn.fold()
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
