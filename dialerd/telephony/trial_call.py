"""The call of a trial: to a telephone of one's own, by the Asterisk where the campaign's calls begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dialerd.domain.facts import AttemptState, EndFacts
from dialerd.settings import Settings
from dialerd.telephony.originate import OriginateOrder, originate_trial
from dialerd.telephony.single_call import SingleCall
from dialerd.telephony.targets import target_of


async def call_telephone(
    settings: Settings,
    name: str,
    trial_id: str,
    endpoint: str,
    *,
    now: Callable[[], datetime],
    told: Callable[[AttemptState], None],
) -> EndFacts:
    """Calls the endpoint for this trial of the campaign, and follows the call to its end. Raises as SingleCall.make."""
    campaign = settings.campaigns[name]
    order = OriginateOrder(
        attempt_id=trial_id,
        endpoint=endpoint,
        dial_number="",
        caller_id=campaign.caller_id.first,
        ring_timeout=campaign.ring_timeout,
        max_talk=round(campaign.max_talk_time),
    )
    server = settings.servers[settings.trunks[campaign.trunks[0]].asterisk]
    return await SingleCall(trial_id, now, told).make(target_of(server), originate_trial(order))
