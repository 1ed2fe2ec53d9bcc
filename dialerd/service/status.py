"""What is going on, and why something that should be dialed is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dialerd.domain.breaker import Phase
from dialerd.domain.eligibility import NoUntil, Yes, judge_schedule
from dialerd.domain.funnel import funnel
from dialerd.domain.lifecycle import CampaignState
from dialerd.service import registries, standings
from dialerd.service.abandoning import AbandonStatus, standing
from dialerd.service.here import Here, here
from dialerd.service.links import away, links_of
from dialerd.service.names import require_campaign
from dialerd.service.next_call import next_call
from dialerd.settings import Campaign, Settings, Trunk
from dialerd.store import attempts, breakers, campaigns, freezes, leads, nodes, reports, tallies
from dialerd.store.attempts import OpenCounts
from dialerd.store.breakers import BreakerRecord
from dialerd.store.campaigns import CampaignRecord
from dialerd.store.database import Connection, Database
from dialerd.store.freezes import Freeze
from dialerd.store.leases import SILENCE
from dialerd.store.nodes import NodeRecord

PACE_WINDOW = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """One engine as it last reported, `silent_for` seconds ago. `link` is its connection to Asterisk; `reload` is what
    its latest reload changed: `at`, the `number` of changes, and `changes`, each with `key`, `old` and `new`.
    """

    node: str
    alive: bool
    silent_for: float
    host: str
    pid: int
    version: str
    started_at: datetime
    link: str
    calls: int
    reload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrunkStatus:
    """One trunk: open attempts over all engines beside its cap, and its pace in calls per second.

    `state` is that of its breaker, the worst of all engines'; when it is not closed, `why` says what happened and on which
    engine, `since` when, and `next_probe_at` when it is tried again.
    """

    name: str
    calls: int
    max_calls: int
    calls_per_second: float
    state: Phase = Phase.CLOSED
    why: str = ""
    since: datetime | None = None
    next_probe_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """One campaign. `why` says what it is doing or why it is not dialing.

    `pace` is what was sent in the last 10 s and `target` what its file asks for, in calls per second; `due_now` are
    leads that could be dialed at once, `remaining` those to dial now or later or in a call. `held_to` are its compliance
    profiles with their dates, None without a file; `unlimited`: no profile limits it. `abandoned`: where it stands with
    each limit for abandoned calls.
    """

    name: str
    description: str
    state: CampaignState
    state_since: datetime | None
    started_at: datetime | None
    why: str
    lists: tuple[str, ...]
    calls: int
    max_calls: int | None
    pace: float
    target: float | None
    due_now: int
    remaining: int
    next_due: datetime | None
    dispositions: Mapping[str, int] = field(default_factory=dict)
    held_to: str | None = None
    unlimited: bool = False
    abandoned: tuple[AbandonStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """All of it at one instant. `problem` is the one thing to look at first, None when there is none. `here` is what is only
    known on the machine that asks.
    """

    at: datetime
    problem: str | None
    engines: tuple[EngineStatus, ...]
    trunks: tuple[TrunkStatus, ...]
    campaigns: tuple[CampaignStatus, ...]
    here: Here


def system(database: Database, settings: Settings, *, now: datetime, archived: bool = False) -> SystemStatus:
    """Engines, trunks and campaigns, those with a file and those with a past; archived ones only when asked for."""
    with database.snapshot() as conn:
        reported = nodes.all(conn)
        records = {record.name: record for record in campaigns.all(conn)}
        opened = attempts.open_counts(conn)
        failing, frozen = breakers.all(conn), freezes.all(conn)
        hidden = {name for name, record in records.items() if record.state is CampaignState.ARCHIVED and not archived}
        shown = tuple(
            _campaign(conn, name, records.get(name), settings.campaigns.get(name), reported, opened, frozen, now)
            for name in sorted({*settings.campaigns, *records} - hidden)
        )
    trunks = tuple(
        _trunk(name, trunk, opened.trunks.get(name, 0), [record for record in failing if record.trunk == name])
        for name, trunk in sorted(settings.trunks.items())
    )
    engines = tuple(_engine(node) for node in reported)
    problem = _frozen_all(frozen) or engine_problem(reported) or away(filter(_lives, reported))
    return SystemStatus(now, problem, engines, trunks, shown, here(settings.paths))


def campaign(database: Database, name: str, settings: Settings, *, now: datetime) -> CampaignStatus:
    """One campaign. Raises NotFound."""
    with database.snapshot() as conn:
        require_campaign(conn, name, settings.campaigns)
        record, file = campaigns.get(conn, name), settings.campaigns.get(name)
        reported, opened, frozen = nodes.all(conn), attempts.open_counts(conn), freezes.all(conn)
        return _campaign(conn, name, record, file, reported, opened, frozen, now)


def _campaign(
    conn: Connection,
    name: str,
    record: CampaignRecord | None,
    file: Campaign | None,
    reported: list[NodeRecord],
    opened: OpenCounts,
    frozen: list[Freeze],
    now: datetime,
) -> CampaignStatus:
    assigned = campaigns.lists_of(conn, name)
    counted = standings.of_lists(conn, {found.list_id: file for found in assigned}, now).values()
    parts = funnel([(group, file.rules if file else None) for groups in counted for group in groups], now)
    sent = reports.dialed_between(conn, now - PACE_WINDOW, now, campaign=name)
    return CampaignStatus(
        name=name,
        description=file.description if file else "",
        state=record.state if record else CampaignState.DRAFT,
        state_since=record.state_since if record else None,
        started_at=record.started_at if record else None,
        why=frozen_words(name, frozen)
        or _why(conn, name, record, file, [found.name for found in assigned], reported, now),
        lists=tuple(found.name for found in assigned),
        calls=opened.campaigns.get(name, 0),
        max_calls=file.max_calls if file else None,
        pace=round(sent / PACE_WINDOW.total_seconds(), 2),
        target=file.calls_per_second if file else None,
        due_now=parts.dialable,
        remaining=leads.remaining(conn, name),
        next_due=next_call(conn, file, now).at if file else leads.next_due(conn, name),
        dispositions=tallies.attempts_of_campaign(conn, name).ended,
        held_to=file.compliance.version if file else None,
        unlimited=file is not None and file.compliance.is_none,
        abandoned=standing(conn, file, now) if file else (),
    )


def _why(
    conn: Connection,
    name: str,
    record: CampaignRecord | None,
    file: Campaign | None,
    assigned: list[str],
    reported: list[NodeRecord],
    now: datetime,
) -> str:
    state = record.state if record else CampaignState.DRAFT
    if file is None:
        return "its configuration file is gone; put it back"
    if state is not CampaignState.ACTIVE:
        return resting_words(name, state, record.stop_reason if record else None, assigned)
    alive = [node for node in reported if _lives(node)]
    if not alive:
        return "no engine is running; start one: dialerd run"
    for verdict in (registries.verdict(conn, file, now), judge_schedule(file.rules, now)):
        if not isinstance(verdict, Yes):
            until = f", until {verdict.at:%Y-%m-%d %H:%M} UTC" if isinstance(verdict, NoUntil) else ""
            return f"{verdict.reason}{until}"
    told = [str(_said(node, name).get("reason", "has not looked at it yet")) for node in alive]
    return "; ".join(dict.fromkeys(told))


def resting_words(name: str, state: CampaignState, stop_reason: str | None, assigned: list[str]) -> str:
    """Why a campaign that is not active rests, and the way out."""
    if state is CampaignState.DRAFT and not assigned:
        return f"no list is assigned: dialerd campaign assign {name} LIST"
    way_out = {
        CampaignState.DRAFT: f"start it: dialerd campaign start {name}",
        CampaignState.PAUSED: f"go on: dialerd campaign resume {name}",
        CampaignState.COMPLETED: "import more leads and start it again",
        CampaignState.ARCHIVED: f"bring it back: dialerd campaign unarchive {name}",
    }
    parts = (stop_reason or state.value, way_out.get(state))
    return "; ".join(part for part in parts if part)


def frozen_words(name: str, found: list[Freeze]) -> str:
    """Who froze the campaign, or everything, and the way out; empty when nothing is frozen."""
    freeze = freezes.of(found, name)
    if freeze is None:
        return ""
    everything = freeze.campaign == freezes.EVERYTHING
    since = (
        f"{'everything is ' if everything else ''}frozen by {freeze.actor} since {freeze.since:%Y-%m-%d %H:%M:%S} UTC"
    )
    return f"{since}; dialerd campaign unfreeze{'' if everything else f' {name}'}"


def _frozen_all(found: list[Freeze]) -> str | None:
    return frozen_words("", found) or None


def _said(node: NodeRecord, campaign_name: str) -> Mapping[str, object]:
    told = node.status.get("campaigns", {}).get(campaign_name, {})
    return told if isinstance(told, Mapping) else {}


def engine_problem(reported: list[NodeRecord]) -> str | None:
    """Why no engine dials, whatever the campaigns say; None when they do."""
    alive = [node for node in reported if _lives(node)]
    if not reported:
        return "no engine is running; start one: dialerd run"
    if not alive:
        newest = max(node.heartbeat_at for node in reported)
        return (
            f"no engine is running: the last sign of life came {newest:%Y-%m-%d %H:%M:%S} UTC; start one: dialerd run"
        )
    for node in alive:
        link = str(node.status.get("link", "connected"))
        if link != "connected":
            return f"engine {node.name} is not connected to Asterisk: {link}"
    return None


def _trunk(name: str, trunk: Trunk, calls: int, failing: list[BreakerRecord]) -> TrunkStatus:
    shown = TrunkStatus(name, calls, trunk.max_calls, trunk.calls_per_second)
    if not failing:
        return shown
    worst = max(failing, key=lambda record: list(Phase).index(record.phase))
    return replace(
        shown,
        state=worst.phase,
        why="; ".join(f"{record.reason} (engine {record.node})" for record in failing),
        since=min(record.since for record in failing),
        next_probe_at=worst.next_probe_at,
    )


def _engine(node: NodeRecord) -> EngineStatus:
    return EngineStatus(
        node=node.name,
        alive=_lives(node),
        silent_for=round(node.silent_for.total_seconds(), 1),
        host=node.host,
        pid=node.pid,
        version=node.version,
        started_at=node.started_at,
        link=links_of(node),
        calls=int(node.status.get("calls", 0)),
        reload=node.status.get("reload", {}),
    )


def _lives(node: NodeRecord) -> bool:
    return node.silent_for <= SILENCE
