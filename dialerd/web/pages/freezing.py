"""The emergency brake: on every page, for everything at once."""

from __future__ import annotations

from nicegui import ui

from dialerd.service import freezes
from dialerd.store.freezes import EVERYTHING, Freeze
from dialerd.web.pages.asking import ask
from dialerd.web.pages.visit import Visit


def button(visit: Visit) -> None:
    """Freezes everything, after a question that says what it does."""
    if visit.operates:
        ui.button("Freeze everything", icon="ac_unit", on_click=lambda: _freeze(visit)).props(
            "unelevated no-caps dense color=red-9 text-color=white padding='4px 10px'"
        )


async def banner(visit: Visit) -> None:
    """Says on every page that everything is frozen, as long as it is."""

    def show(found: list[Freeze]) -> None:
        of_all = next((each for each in found if each.campaign == EVERYTHING), None)
        line.set_visibility(of_all is not None)
        if of_all is not None:
            words.set_text(
                f"Everything is frozen since {visit.when(of_all.since)}, by {of_all.actor}: nobody is dialed"
            )

    with ui.row().classes("dial-alert items-center").props('role="alert"') as line:
        words = ui.label()
        if visit.operates:
            ui.button("Unfreeze", on_click=lambda: thaw(visit, None)).props("unelevated no-caps dense")
    line.set_visibility(False)
    show(await visit.follow("freezes", lambda site: freezes.standing(site.database), show))


async def _freeze(visit: Visit) -> None:
    words = (
        "Nobody is dialed any more, and every call is hung up, also answered ones. It lasts until somebody ends it, "
        "also over a restart."
    )
    if await ask("Freeze everything?", [words], "Freeze everything", danger=True):
        await visit.change(
            "campaign.freeze",
            lambda actor: freeze(visit, None, actor),
            done="Everything is frozen",
        )


def freeze(visit: Visit, campaign: str | None, actor: str) -> bool:
    """Freezes the campaign, or everything."""
    site = visit.site
    return freezes.freeze(
        site.database,
        campaign,
        configured=site.campaigns,
        actor=actor,
        now=site.now(),
        max_send_delay=site.settings.engine.max_send_delay,
    )


async def thaw(visit: Visit, campaign: str | None) -> None:
    """Ends a freeze, after a question."""
    subject = "everything" if campaign is None else f"campaign {campaign}"
    if await ask(f"Unfreeze {subject}?", ["What is Active dials on from where it was."], "Unfreeze"):
        await visit.change(
            "campaign.unfreeze",
            lambda actor: freezes.unfreeze(
                visit.database, campaign, configured=visit.site.campaigns, actor=actor, now=visit.site.now()
            ),
            done="Not frozen any more",
        )
