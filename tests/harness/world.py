"""A database with lists, leads and attempts in it, said in few words. Time stands still unless a test moves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import select, text

from dialerd.domain.dispositions import SYSTEM, Disposition
from dialerd.domain.eligibility import Verdict, Yes
from dialerd.domain.facts import ClaimedLead, EndFacts, Witness
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import attempts, campaigns, claims, leads, lists, sending, tables, versions
from dialerd.store.attempts import AttemptRecord
from dialerd.store.claim_rows import CallerIds
from dialerd.store.database import Connection, Database
from dialerd.store.heads import Candidate
from dialerd.store.leads import LeadRecord, StagedLead
from dialerd.store.past import NO_LOOK_BACK, LookBack
from dialerd.store.room import ClaimRequest
from dialerd.store.sending import Commitment
from dialerd.store.versions import Buckets

NOW = datetime(2026, 3, 2, 15, 30, 12, 345678, tzinfo=UTC)
CAMPAIGN = "spring"

T = TypeVar("T")


def phones(count: int, first: int = 0) -> list[str]:
    """Fictional numbers, each another one."""
    return [f"+1202555{number:04d}" for number in range(first, first + count)]


def yes(_candidate: Candidate) -> Verdict:
    return Yes()


def waiting_for_locks(world: World) -> int:
    """How many transactions of PostgreSQL wait for another."""
    return world.read(lambda conn: conn.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) or 0)


class World:
    """A database with the active campaign `spring`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.campaign(CAMPAIGN)

    def read(self, look: Callable[[Connection], T]) -> T:
        with self.database.read() as conn:
            return look(conn)

    def write(self, work: Callable[[Connection], T]) -> T:
        with self.database.write() as conn:
            return work(conn)

    def campaign(self, name: str, state: CampaignState = CampaignState.ACTIVE) -> None:
        with self.database.write() as conn:
            campaigns.ensure(conn, [name], NOW)
            campaigns.set_state(conn, name, state, NOW)

    def add_list(
        self,
        numbers: Sequence[str] | Sequence[StagedLead],
        *,
        name: str = "first",
        campaign: str | None = CAMPAIGN,
        due: datetime = NOW,
    ) -> int:
        """A list of these numbers, imported, armed for `due` and assigned; returns its id."""
        with self.database.write() as conn:
            list_id = lists.create(conn, name=name, now=NOW)
            if campaign is not None:
                lists.assign(conn, list_id, campaign, NOW)
        self.add_version(list_id, numbers, due=due)
        return list_id

    def add_version(self, list_id: int, numbers: Sequence[str] | Sequence[StagedLead], *, due: datetime = NOW) -> int:
        """One more version of the list, published and armed; returns its number."""
        staged = [row if isinstance(row, StagedLead) else lead(row, line=line) for line, row in enumerate(numbers, 2)]
        with self.database.write() as conn:
            number = versions.begin(conn, list_id, file_name="a.csv", sha256="0" * 64, created_by="tests", now=NOW)
            leads.stage(conn, list_id, number, staged, NOW)
            versions.publish(conn, list_id, number, Buckets(rows=len(staged), imported=len(staged)), NOW)
            leads.arm(conn, list_id, number, due, 0, len(staged) + 1)
            versions.finish(conn, list_id, number, NOW)
        return number

    def claim(
        self,
        limit: int = 10,
        *,
        judge: Callable[[Candidate], Verdict] = yes,
        now: datetime = NOW,
        caller_ids: CallerIds | None = None,
        open_among: Callable[[Sequence[str]], list[str]] | None = None,
        back: LookBack = NO_LOOK_BACK,
        **request: Any,
    ) -> list[ClaimedLead]:
        """Claims for node `n` and owner `o` on trunk `t`, with caps that are out of the way, unless told otherwise."""
        asked = claim_request(limit=limit, **request)
        return self.write(
            lambda conn: claims.claim(conn, asked, judge, now, caller_ids=caller_ids, open_among=open_among, back=back)
        )

    def send(self, *claimed: ClaimedLead, owner: str = "o", now: datetime = NOW) -> frozenset[str]:
        ids = [lead.attempt_id for lead in claimed]
        return self.write(lambda conn: claims.mark_sending(conn, ids, owner, now))

    def commit(
        self,
        *claimed: ClaimedLead,
        judge: Callable[[Candidate], Verdict] = yes,
        campaign: str = CAMPAIGN,
        owner: str = "o",
        now: datetime = NOW,
        by: sending.Basis = sending.Basis(),  # noqa: B008 - frozen
        asterisk: str = "",
        back: LookBack = NO_LOOK_BACK,
    ) -> Commitment:
        """As `send`, with the gates asked once more."""
        ids = [lead.attempt_id for lead in claimed]
        return self.write(
            lambda conn: sending.commit(conn, campaign, ids, owner, judge, now, by=by, asterisk=asterisk, back=back)
        )

    def end(
        self,
        attempt_id: str,
        disposition: Disposition = Disposition.BUSY,
        *,
        facts: EndFacts = EndFacts(),  # noqa: B008 - frozen
        now: datetime = NOW,
    ) -> bool:
        """Ends the attempt; the lead is as it was."""
        return self.write(
            lambda conn: attempts.write_end(
                conn,
                attempt_id,
                disposition=disposition,
                counts=SYSTEM[disposition].counts,
                facts=facts,
                ended_by=Witness.AMI,
                detail="",
                ended_at=now,
            )
        )

    def recycle(
        self,
        lead_id: int,
        *,
        due: datetime | None = None,
        closed: str | None = None,
        disposition: Disposition = Disposition.BUSY,
        counted: int = 1,
        now: datetime = NOW,
    ) -> None:
        """What service.attempts writes into the lead when an attempt ended."""
        self.write(
            lambda conn: leads.set_after_attempt(
                conn,
                lead_id,
                disposition=disposition,
                attempts=counted,
                due_at=due,
                closed=closed,
                last_attempt_at=now,
                contacted=SYSTEM[disposition].contacted,
            )
        )

    def attempt(self, attempt_id: str) -> AttemptRecord | None:
        return self.read(lambda conn: attempts.load(conn, attempt_id))

    def attempts(self) -> list[AttemptRecord]:
        """All attempts, oldest first."""
        return self.read(lambda conn: attempts.page(conn, limit=100_000))[::-1]

    def asterisks(self) -> list[str]:
        """Which Asterisk each attempt was sent to, oldest first."""
        return self.read(
            lambda conn: list(conn.scalars(select(tables.attempts.c.asterisk).order_by(tables.attempts.c.id)))
        )

    def lead(self, lead_id: int) -> LeadRecord | None:
        return self.read(lambda conn: leads.load(conn, lead_id))

    def leads(self) -> list[LeadRecord]:
        """All leads in the order they came."""
        return self.read(lambda conn: leads.page(conn, limit=100_000))


def lead(phone: str, *, zone: str = "", priority: int = 0, line: int = 2, **fields: str) -> StagedLead:
    return StagedLead(phone, zone, priority, line, fields)


def claim_request(**changes: Any) -> ClaimRequest:
    plain = {"campaign": CAMPAIGN, "trunk": "t", "node": "n", "owner": "o", "limit": 10}
    return ClaimRequest(**{**plain, "max_calls": 1_000_000, "trunk_max_calls": 1_000_000, **changes})
