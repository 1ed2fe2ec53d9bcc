"""What a changed flag of a disposition makes of the leads that have it: judged anew in short steps, by whoever starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.dispositions import FLAG_NAMES, SYSTEM, Catalogue, Flags
from dialerd.domain.recycle import Again, History, decide
from dialerd.ingest.load import whole_minute
from dialerd.service.said_no import by_flag, put_on_dnc
from dialerd.settings import Campaign
from dialerd.store import attempts, audit, dispositions
from dialerd.store.database import Connection, Database
from dialerd.store.dispositions import Judged, Standing, Used
from dialerd.store.steps import Steps

_PASSES = 3
"""A lead that somebody else was changing when its turn came has another turn."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of leads by changed flags. `changed`: the dispositions; `closed` leads are not dialed any more, `due`
    ones are again, of `recounted` ones it turned out otherwise whether they were contacted, and the numbers of `stopped`
    ones are on do-not-call.
    """

    changed: tuple[str, ...] = ()
    closed: int = 0
    due: int = 0
    recounted: int = 0
    stopped: int = 0


def adopt(
    database: Database,
    catalogue: Catalogue,
    campaigns: Mapping[str, Campaign],
    *,
    actor: str,
    clock: Clock,
    stopped: Callable[[], bool] = lambda: False,
) -> Adopted:
    """Takes the catalogue's flags over into the database and judges the leads anew that have a disposition whose flags
    changed: what is over now is closed; what is not any more is due again by its recycling rule, or closed by it; who was
    contacted is counted again; and where do_not_call is new, the numbers go on do-not-call. Leads in a call are left to
    its end.

    It goes in small steps, ends early when `stopped` says so, and goes on where it was interrupted; it does nothing when
    nothing has changed. When another process takes over other flags meanwhile, it leaves them alone.
    """
    changed = _begin(database, catalogue, actor, clock())
    with database.read() as conn:
        pending = [entry for entry in dispositions.used(conn).values() if entry.pending]
    walk = _Walk(database, catalogue, campaigns, clock, stopped)
    for entry in pending:
        walk.numbers(entry)
        walk.contacted(entry)
        walk.standing(entry)
    return Adopted(tuple(changed), walk.closed, walk.due, walk.recounted, walk.stopped)


def _begin(database: Database, catalogue: Catalogue, actor: str, now: datetime) -> list[str]:
    """Writes down what is new, and that leads have to be looked at; the names of what changed."""
    with database.read() as conn:
        if not list(_differences(dispositions.used(conn), catalogue)):
            return []
    with database.write() as conn:
        before = dispositions.used(conn, lock=True)
        found = {was.name: (was, flags) for was, flags in _differences(before, catalogue)}
        for name, (was, flags) in found.items():
            contacts = was.flags.contacted != flags.contacted
            judged = was.flags.over != flags.over
            dispositions.put(
                conn,
                Used(
                    name,
                    flags,
                    standing_after=0 if judged else was.standing_after,
                    contacted_after=0 if contacts else was.contacted_after,
                    numbers_after=0 if flags.do_not_call and not was.flags.do_not_call else was.numbers_after,
                ),
            )
        if found:
            detail = {name: _changes(was.flags, flags) for name, (was, flags) in found.items()}
            audit.add(conn, at=now, actor=actor, action="dispositions.change", subject="dispositions", detail=detail)
    return sorted(found)


def _differences(before: Mapping[str, Used], catalogue: Catalogue) -> Iterator[tuple[Used, Flags]]:
    """What is not as it was last used; what was never used was as the system has it, or as an answered call."""
    for name in dict.fromkeys((*catalogue.names, *before)):
        was = before.get(name) or Used(name, SYSTEM[name])
        if was.flags != catalogue[name]:
            yield was, catalogue[name]


def _changes(before: Flags, after: Flags) -> dict[str, list[bool]]:
    pairs = {flag: [getattr(before, flag), getattr(after, flag)] for flag in FLAG_NAMES}
    return {flag: values for flag, values in pairs.items() if values[0] != values[1]}


class _Walk:
    """Goes through the leads, a step in a transaction, and counts what it changed."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        campaigns: Mapping[str, Campaign],
        clock: Clock,
        stopped: Callable[[], bool],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._campaigns = campaigns
        self._clock = clock
        self._told_to_stop = stopped
        self.closed = self.due = self.recounted = self.stopped = 0

    def numbers(self, entry: Used) -> None:
        """Puts the numbers of the leads on do-not-call."""
        after = entry.numbers_after
        steps = Steps(self._database)
        while after is not None and not self._told_to_stop():
            with self._database.read() as conn:
                found, following = dispositions.numbers(conn, entry.name, after, steps.size)
            with steps.write() as conn:
                if not self._is_current(conn, entry):
                    return
                said = [by_flag(ended, entry.name, self._campaigns) for ended in found]
                put_on_dnc(conn, said, actor="engine", now=self._clock())
                dispositions.move_on(conn, entry, numbers_after=following)
            self.stopped += len(found)
            after = following
            steps.rest()

    def contacted(self, entry: Used) -> None:
        """Counts anew which leads were contacted, of those some call of which ended so."""
        nobody = [name for name, flags in self._catalogue.flags.items() if not flags.contacted]
        after = entry.contacted_after
        steps = Steps(self._database)
        while after is not None and not self._told_to_stop():
            with self._database.read() as conn:
                ids, following = dispositions.called_so(conn, entry.name, after, steps.size)
            with steps.write() as conn:
                if not self._is_current(conn, entry):
                    return
                self.recounted += dispositions.recount_contacted(conn, ids, nobody)
                dispositions.move_on(conn, entry, contacted_after=following)
            after = following
            steps.rest()

    def standing(self, entry: Used) -> None:
        """Closes the leads, or makes them due, as the flags now have it."""
        if entry.standing_after is None:
            return
        after: int | None = entry.standing_after
        for _ in range(_PASSES):
            left = self._pass(entry, after or 0)
            if left is None:
                return
            if not left:
                break
            after = 0
        with self._database.write() as conn:
            if self._is_current(conn, entry):
                dispositions.move_on(conn, entry, standing_after=None)

    def _pass(self, entry: Used, after: int) -> int | None:
        """How many leads somebody else was changing; None when it ends early, or the flags are not ours any more."""
        # Over: whatever waits. Else: what was closed for being over.
        reasons = [] if entry.flags.over else [f"{entry.name} is final", f"{entry.name} is not recyclable"]
        steps = Steps(self._database)
        left = 0
        following: int | None = after
        while following is not None:
            if self._told_to_stop():
                return None
            with self._database.read() as conn:
                ids, following = dispositions.to_judge(conn, entry.name, reasons, following, steps.size)
            with steps.write() as conn:
                if not self._is_current(conn, entry):
                    return None
                found = dispositions.settle(conn, entry.name, reasons, ids)
                judged = self._judged(conn, entry, found)
                dispositions.set_judged(conn, judged)
                if following is not None:
                    dispositions.move_on(conn, entry, standing_after=following)
            left += len(ids) - len(found)
            again = sum(lead.due_at is not None for lead in judged)
            self.due += again
            self.closed += len(judged) - again if entry.flags.over else 0
            steps.rest()
        return left

    def _judged(self, conn: Connection, entry: Used, found: list[Standing]) -> list[Judged]:
        if entry.flags.over:
            return [Judged(lead.lead_id, None, f"{entry.name} is {entry.flags.over}") for lead in found]
        pasts = attempts.histories(conn, [lead.lead_id for lead in found])
        return [self._again(entry.name, lead, pasts[lead.lead_id]) for lead in found]

    def _again(self, name: str, lead: Standing, past: attempts.LeadHistory) -> Judged:
        campaign = self._campaigns.get(lead.campaign or "")
        if campaign is None:
            return Judged(lead.lead_id, None, f"no recycling rule for {name}")
        now = self._clock()
        history = History(lead.attempts, past.ended.get(name, 0), past.uncounted)
        # As it would have been decided when the call ended; what is due since then is due now.
        verdict = decide(campaign.plan, name, history, lead.ended_at or now, lead.zone)
        if isinstance(verdict, Again):
            return Judged(lead.lead_id, max(verdict.at, whole_minute(now)), None)
        return Judged(lead.lead_id, None, verdict.reason)

    def _is_current(self, conn: Connection, entry: Used) -> bool:
        now = dispositions.used(conn, entry.name, lock=True).get(entry.name)
        return now is not None and now.flags == entry.flags == self._catalogue[entry.name]
