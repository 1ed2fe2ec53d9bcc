"""A campaign tried with a telephone of one's own, and what became of that."""

from __future__ import annotations

from nicegui import ui

from dialerd.domain.errors import DialerdError
from dialerd.service import trials
from dialerd.store.trials import TrialRecord
from dialerd.web import trying
from dialerd.web.pages.asking import form
from dialerd.web.pages.visit import Visit, tell
from dialerd.web.pages.words import plain


class Trying:
    """What an operator's button asks for, and the line that says how the latest trial goes."""

    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name
        self._said = ui.label().classes("dial-pre").props('role="status"')
        self._said.set_visibility(False)
        self._key: tuple[str, str] | None = None

    async def ask(self) -> None:
        """Asks which telephone, says what will happen, has it called, and follows the call."""
        visit, name = self._visit, self._name
        with form(f"Try {name}", "Call it") as dialog:
            ui.label(
                "An engine calls this telephone of your own. Answer it, and the call goes where this campaign's go."
            )
            ui.label("No lead is dialed, and the call counts nowhere.")
            told = ui.input("PJSIP endpoint, such as PJSIP/101").props("outlined autofocus").classes("w-full")
        if not await dialog:
            return
        telephone = (told.value or "").strip()

        def work(actor: str) -> str:
            endpoint, now = trials.endpoint_of(telephone), visit.site.now()
            return trials.ask(visit.database, name, endpoint, settings=visit.site.settings, actor=actor, now=now)

        trial_id = await visit.change("campaign.try", work)
        if trial_id is None:
            return
        if self._key is not None:
            visit.unfollow(self._key)
        self._key = ("trial", trial_id)
        try:
            self._put(await visit.follow(self._key, lambda site: trials.read(site.database, trial_id), self._put))
            # Withdraws it when no engine takes it.
            await trying.placed(visit.site, trial_id)
        except DialerdError as error:
            with visit.client:
                tell(error)

    def _put(self, trial: TrialRecord) -> None:
        self._said.set_text(f"Trial with PJSIP/{trial.endpoint}: {plain(trials.in_words(trial))}")
        self._said.set_visibility(True)
