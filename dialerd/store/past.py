"""What became of numbers before: the attempts on them by all campaigns, as far back as a rule looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, or_, select

from dialerd.domain.compliance import Dial
from dialerd.domain.dispositions import SYSTEM, Catalogue
from dialerd.store.database import Connection
from dialerd.store.ids import first_attempt_id
from dialerd.store.tables import attempts

# An attempt is found by when it was claimed, and may have ended two days later: it waits for seconds and lasts a day at
# the most, and what Asterisk reports afterwards does not move its end.
_LONGEST_ATTEMPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class LookBack:
    """How far back attempts on a number matter (Compliance.look_back), and what their dispositions mean."""

    span: timedelta
    dispositions: Catalogue = SYSTEM


NO_LOOK_BACK = LookBack(timedelta())
"""No rule asks what became of a number before."""


def dialed(
    conn: Connection, phones: Iterable[str], back: LookBack, now: datetime, *, but_not: Collection[str] = ()
) -> dict[str, list[Dial]]:
    """The attempts on these numbers that may matter at `now`, by number, the oldest first, in one question. Some that
    began and ended earlier may be among them; those with an id in `but_not` are not.
    """
    wanted = list(phones) if back.span else []
    first = first_attempt_id(now - back.span - _LONGEST_ATTEMPT)
    found: dict[str, list[Dial]] = {}
    for row in conn.execute(_DIALED, {"phones": wanted, "first": first}) if wanted else ():
        if row.id in but_not:
            continue
        ended = row.ended_at is not None
        found.setdefault(row.phone, []).append(
            Dial(
                at=row.began_at,
                campaign=row.campaign,
                outcome=row.disposition,
                ended_at=row.ended_at,
                rang=row.rang or not ended,
                contacted=ended and back.dispositions[row.disposition].contacted,
            )
        )
    return found


_DIALED = (
    select(
        *(attempts.c[name] for name in ("id", "phone", "campaign", "disposition", "ended_at")),
        func.coalesce(attempts.c.sending_at, attempts.c.claimed_at, type_=attempts.c.claimed_at.type).label("began_at"),
        or_(attempts.c.counts, attempts.c.ringing_at.is_not(None), attempts.c.answered_at.is_not(None)).label("rang"),
    )
    .where(attempts.c.phone.in_(bindparam("phones", expanding=True)), attempts.c.id >= bindparam("first"))
    .order_by(attempts.c.phone, attempts.c.id)
)
