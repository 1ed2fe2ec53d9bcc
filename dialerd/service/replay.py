"""Reports that waited in a journal, written down at last: each counts from the instant at which it was told.

Everything may come twice, and late: a report whose commit was cut off is in the database and in the journal, the engine and
FastAGI may replay one file at the same time, and other witnesses may have ended the call meanwhile. So a report that the
evidence has already is left out; an end that comes second is evidence, or corrects an unknown one; and a disposition that
somebody said is given to the call also when it has ended, unless more was said of it since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from dialerd.domain.errors import DialerdError, NotFound, Refused
from dialerd.domain.facts import AttemptState, ChannelState, EndFacts, OriginateFault, Witness
from dialerd.ops.journal_format import Report
from dialerd.service.attempts import Ending, EndRequest, EndResult
from dialerd.service.call_changes import PERSON, NewWord, recall
from dialerd.service.reported_ends import end_reported
from dialerd.service.words import DIALPLAN, Word, say_each
from dialerd.settings import Campaign, Settings
from dialerd.store import attempts
from dialerd.store.attempts import AttemptRecord, EvidenceRow
from dialerd.store.database import Connection


class Kind(StrEnum):
    """What a report says."""

    ENDED = "ended"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class Replayed:
    """`endings` are the ends that were written; `refused` says of each report that no rule allows any more, why."""

    endings: tuple[EndResult, ...]
    refused: tuple[str, ...]


def ended_report(request: EndRequest) -> Report:
    """The end of a call, for the journal."""
    facts = {field.name: getattr(request.ending.facts, field.name) for field in fields(EndFacts)}
    said = {name: value for name, value in facts.items() if value not in (None, "")}
    return {**_head(Kind.ENDED, request.ending.attempt_id, request.now), "facts": said}


def said_report(word: Word) -> Report | None:
    """A disposition that the dialplan said, for the journal; None for one that no answered call ends with."""
    if word.disposition not in word.settings.dispositions.of_answered_calls:
        return None
    return {**_head(Kind.SAID, word.attempt_id, word.now), "disposition": str(word.disposition)}


def replay(conn: Connection, reports: Sequence[Report], settings: Settings) -> Replayed:
    """Writes down what is new in these reports, in one transaction and in their order.

    The attempts must be locked (store.attempts.lock). Raises ValueError, KeyError or TypeError for a report that is none.
    """
    known = attempts.witnessed(conn, [report["attempt"] for report in reports])
    endings: list[EndResult] = []
    refused: list[str] = []
    for kind, group in groupby(reports, key=lambda report: Kind(report["kind"])):
        fresh = [one for one in group if _mark(kind, one) not in known]
        if kind is Kind.ENDED:
            endings += _end(conn, fresh, settings.campaigns, refused)
        else:
            for report in fresh:
                _say(conn, report, settings, refused)
    return Replayed(tuple(endings), tuple(refused))


def attempts_of(reports: Iterable[Report]) -> list[str]:
    """The attempts that these reports are about."""
    return sorted({str(report.get("attempt")) for report in reports})


def _end(
    conn: Connection, reports: Sequence[Report], campaigns: Mapping[str, Campaign], refused: list[str]
) -> list[EndResult]:
    requests = [
        EndRequest(Ending(one["attempt"], _facts(one["facts"]), Witness.AGI), campaigns, _at(one)) for one in reports
    ]
    results = end_reported(conn, requests)
    refused += [str(result) for result in results if isinstance(result, NotFound)]
    return [result for result in results if isinstance(result, EndResult) and result.applied]


def _say(conn: Connection, report: Report, settings: Settings, refused: list[str]) -> None:
    at, disposition = _at(report), str(report["disposition"])
    word = Word(report["attempt"], disposition, settings, at)
    record = attempts.load(conn, word.attempt_id, lock=True)
    try:
        if record is not None and _overtaken(conn, word):
            _note(conn, word, "more was said of the call since")
        elif record is not None and record.state is AttemptState.ENDED:
            _recall(conn, record, word)
        else:
            (answer,) = say_each(conn, [word])
            if isinstance(answer, DialerdError):
                raise answer
    except DialerdError as error:
        refused.append(str(error))
        if record is not None:
            _note(conn, word, str(error))


def _overtaken(conn: Connection, word: Word) -> bool:
    """Somebody said what became of the call after this was said. Who said no has said no, whatever came after."""
    if word.settings.dispositions[word.disposition].do_not_call:
        return False
    rows = attempts.evidence_of(conn, word.attempt_id)
    said = [row for row in rows if row.source in (DIALPLAN, PERSON) and row.at > word.now]
    return any("disposition" in row.facts and "refused" not in row.facts for row in said)


def _recall(conn: Connection, record: AttemptRecord, word: Word) -> None:
    """The call ended before this could be written: it becomes what was said of it. Raises Refused."""
    dispositions, before = word.settings.dispositions, record.disposition or ""
    if before == word.disposition:
        _note(conn, word, "")
        return
    if dispositions[before].do_not_call and not dispositions[word.disposition].do_not_call:
        raise Refused(f"attempt {record.attempt_id}: the called party said {before}, and that stays")
    new = NewWord(record.attempt_id, word.disposition)
    recall(conn, record, new, word.settings, actor=DIALPLAN, source=DIALPLAN, now=word.now)


def _note(conn: Connection, word: Word, refused: str) -> None:
    facts = {"disposition": str(word.disposition), **({"refused": refused} if refused else {})}
    attempts.add_evidence(conn, [EvidenceRow(word.attempt_id, DIALPLAN, word.now, facts)])


def _head(kind: Kind, attempt_id: str, at: datetime) -> dict[str, Any]:
    return {"kind": kind.value, "attempt": attempt_id, "at": at.isoformat()}


def _mark(kind: Kind, report: Report) -> tuple[str, str, datetime, str]:
    """What the evidence has of this report once it is written down, as store.evidence.witnessed gives it."""
    source = Witness.AGI.value if kind is Kind.ENDED else DIALPLAN
    return report["attempt"], source, _at(report), report.get("disposition", "")


def _at(report: Report) -> datetime:
    return datetime.fromisoformat(report["at"])


def _facts(said: Mapping[str, Any]) -> EndFacts:
    state, fault = said.get("channel_state"), said.get("fault")
    kinds = {
        "channel_state": None if state is None else ChannelState(state),
        "fault": None if fault is None else OriginateFault(fault),
    }
    return EndFacts(**{**said, **kinds})
