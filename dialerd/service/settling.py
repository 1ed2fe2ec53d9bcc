"""What has to be done about leads once a version is the current one, or is so no more: in steps that may be repeated."""

from __future__ import annotations

from dialerd.domain.importing import Phase
from dialerd.ingest.load import whole_minute
from dialerd.service.version_work import EVERY, Work
from dialerd.store import arming, lists, others
from dialerd.store.database import Connection


def settle(work: Work) -> None:
    """Withdraws and arms what the published version changed; nobody has to wait for it."""
    record = work.record
    # One due time for all of them: among equals the id decides, which is the order of the file.
    due_at = whole_minute(record.published_at or work.clock())
    known = record.highest_before
    up_to = known if record.born_armed and _undialed(work) else EVERY

    def arm(conn: Connection, after: int, rows: int) -> int | None:
        return arming.arm(conn, *work.place, due_at, after, rows, up_to=up_to, known_up_to=known)

    work.walk(Phase.WITHDRAWING, lambda conn, after, rows: arming.withdraw(conn, *work.place, after, rows), last=known)
    work.walk(Phase.ARMING, arm, after=record.armed_up_to or 0, last=up_to, mark=True)


def undo(work: Work) -> None:
    """Takes back what the version did; the one before it is the current one already. What other lists took over of it is
    in versions of their own.
    """
    work.drain(lambda conn, rows: arming.restore_begun(conn, *work.place, rows))
    work.drain(lambda conn, rows: arming.restore_ended(conn, *work.place, work.clock(), rows))
    work.drain(lambda conn, rows: others.drop(conn, *work.place, rows))


def forget_known(work: Work) -> None:
    """Drops the notes on which known leads the file of the version named. They are of no use once it is published."""
    steps = work.steps()
    left = 1
    while left:
        with steps.write() as conn:
            for rows in steps.portions():
                left = arming.forget_known(conn, *work.place, rows)
                if not left:
                    break
        steps.rest()


def _undialed(work: Work) -> bool:
    with work.database.read() as conn:
        home = lists.by_id(conn, work.record.list_id)
    return home is not None and home.campaign is None
