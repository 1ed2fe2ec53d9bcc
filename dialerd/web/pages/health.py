"""Health: engines, trunks with their breakers, what is frozen, the database, versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from nicegui import ui

from dialerd import __version__
from dialerd.domain.breaker import Phase
from dialerd.service import freezes, status
from dialerd.service.here import Here, here
from dialerd.service.status import EngineStatus, SystemStatus
from dialerd.store.freezes import EVERYTHING, Freeze
from dialerd.web.pages.frame import alert, heading
from dialerd.web.pages.tables import Column, empty, pairs, put, table
from dialerd.web.pages.visit import Visit
from dialerd.web.pages.words import NOTHING, several, spoken
from dialerd.web.site import Site

_ENGINES = (
    Column("name", "Engine"),
    Column("state", "State", marked=True),
    Column("link", "Asterisk"),
    Column("calls", "Calls", number=True),
    Column("host", "On"),
    Column("version", "Version"),
    Column("since", "Since"),
)
_TRUNKS = (
    Column("name", "Trunk"),
    Column("state", "Breaker", marked=True),
    Column("calls", "Calls", number=True),
    Column("pace", "Calls/s at most", number=True),
    Column("why", "Why"),
    Column("since", "Since"),
    Column("probe", "Tried again"),
)
_AGI = (
    Column("listen", "Listens on"),
    Column("process", "Process", number=True),
    Column("since", "Since"),
    Column("restarts", "Started again", number=True),
)
_TONES = {Phase.CLOSED: "good", Phase.OPEN: "bad"}
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """All of it, without what changes by itself."""

    system: SystemStatus
    frozen: tuple[Freeze, ...]
    here: Here


def _look(site: Site) -> Look:
    found = status.system(site.database, site.settings, now=site.now())
    steady = tuple(replace(each, silent_for=0.0) if each.alive else each for each in found.engines)
    return Look(
        replace(found, at=_NO_TIME, engines=steady, campaigns=()),
        tuple(freezes.standing(site.database)),
        here(site.settings.paths),
    )


async def show(visit: Visit) -> None:
    """The page."""
    heading("Health")
    problem = ui.column().classes("w-full")
    heading("Engines", 2)
    engines = table(_ENGINES, (), label="Engines", key="name")
    heading("Trunks", 2)
    trunks = table(_TRUNKS, (), label="Trunks", key="name")
    heading("FastAGI on this machine", 2)
    agi = table(_AGI, (), label="FastAGI on this machine")
    no_agi = ui.label("None runs with this state folder; on another machine it may.")
    heading("This server", 2)
    pairs(
        [
            ("Version", __version__),
            ("Database", visit.database.safe_url),
            ("Campaigns with a file", len(visit.site.campaigns)),
            ("Times are those of", visit.zone.key),
        ]
    )

    def fill(found: Look) -> None:
        problem.clear()
        with problem:
            _tell(visit, found)
        put(engines, [_engine(visit, each) for each in found.system.engines])
        engines.set_visibility(bool(found.system.engines))
        put(trunks, _trunks(visit, found.system))
        put(agi, _agi(visit, found.here))
        agi.set_visibility(bool(found.here.processes))
        no_agi.set_visibility(not found.here.processes)

    fill(await visit.follow("health", _look, fill))


def _tell(visit: Visit, found: Look) -> None:
    if found.system.problem:
        alert(found.system.problem)
    else:
        ui.label("Nothing is wrong.").props('role="status"')
    if found.here.journal.reports:
        alert(f"{several(found.here.journal.reports, 'report')} of calls wait on this machine for the database.")
    if not found.system.engines:
        empty("No engine is running, so nobody is dialed. Start one on the server: dialerd run")
    for freeze in found.frozen:
        what = "Everything" if freeze.campaign == EVERYTHING else f"Campaign {freeze.campaign}"
        alert(f"{what} is frozen since {visit.when(freeze.since)}, by {freeze.actor}")


def _agi(visit: Visit, found: Here) -> list[dict[str, object]]:
    return [
        {
            "id": one.number,
            "listen": found.listen or NOTHING,
            "process": one.pid,
            "since": visit.when(one.since),
            "restarts": one.restarts,
        }
        for one in found.processes
    ]


def _engine(visit: Visit, each: EngineStatus) -> dict[str, object]:
    return {
        "name": each.node,
        "state": "Alive" if each.alive else f"Silent for {each.silent_for:.0f} s",
        "state_tone": "good" if each.alive else "bad",
        "link": each.link,
        "calls": each.calls,
        "host": f"{each.host}, process {each.pid}",
        "version": each.version,
        "since": visit.when(each.started_at),
    }


def _trunks(visit: Visit, found: SystemStatus) -> list[dict[str, object]]:
    return [
        {
            "name": each.name,
            "state": spoken(each.state.value),
            "state_tone": _TONES.get(each.state, "busy"),
            "calls": f"{each.calls:,} of {each.max_calls:,}",
            "pace": f"{each.calls_per_second:g}",
            "why": each.why or NOTHING,
            "since": visit.when(each.since),
            "probe": visit.when(each.next_probe_at),
        }
        for each in found.trunks
    ]
