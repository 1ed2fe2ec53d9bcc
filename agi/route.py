"""agi://.../route: the call was answered; where does it go, and what does the dialplan get to know?

Sets DIALERD_DEST_TYPE and the variables of that destination, DIALERD_NUMBER, DIALERD_CAMPAIGN, DIALERD_LIST,
DIALERD_ATTEMPT_NUMBER, a DIALERD_LEAD_<COLUMN> for each column of the list, a DIALERD_ATTR_<NAME> for each fact that an
earlier call attached (agi/attr.py), DIALERD_AMD=1 when a machine is to be looked for first, DIALERD_OPTOUT_KEY for a
recording with a key to opt out, and DIALERD_OK=1 as the last of all.
"""

from __future__ import annotations

from dialerd.service.routing import RouteOrder, RouteRequest, route_each
from dialerd.settings import Endpoint, Extension, HangUp, Playback, Queue, RingGroup
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession
from dialerd.telephony.agi_text import lead_variable
from dialerd.telephony.originate import ATTEMPT_VARIABLE


def run(session: AgiSession, context: AgiContext) -> None:
    """Answer the dialplan. Raises Refused and NotFound for a call that is not a live attempt of ours."""
    # The dialplan hands the variable over as an argument, which saves a question; without one it is asked for.
    attempt_id = own_attempt(session, session.env.get("agi_arg_1") or session.get_variable(ATTEMPT_VARIABLE))
    request = RouteRequest(attempt_id, context.settings().campaigns, context.now())
    order = context.commit_item(route_each, request, attempt_id=attempt_id)
    session.set_variables(variables(order) | {OK_VARIABLE: "1"})
    context.log.info("routed", attempt_id=attempt_id, campaign=order.campaign, destination=order.destination.text)


def variables(order: RouteOrder) -> dict[str, str]:
    """Channel variables in the order they are set. A column cannot take the name of anything else: all have a prefix."""
    found = {
        "DIALERD_NUMBER": order.lead.phone,
        "DIALERD_CAMPAIGN": order.campaign,
        "DIALERD_LIST": order.list_name,
        "DIALERD_ATTEMPT_NUMBER": str(order.number),
    }
    for column, value in order.lead.values.items():
        name = lead_variable(column)
        if name is not None:
            found.setdefault(name, value)
    if order.amd:
        found["DIALERD_AMD"] = "1"
    if order.optout_key is not None and isinstance(order.destination, Playback):
        found["DIALERD_OPTOUT_KEY"] = order.optout_key
    found |= {f"DIALERD_ATTR_{name.upper()}": value for name, value in order.attributes.items()}
    return found | _destination(order)


def _destination(order: RouteOrder) -> dict[str, str]:
    """What the dialplan needs to know of it. An endpoint and a ring group are one kind there: what Dial takes."""
    match order.destination:
        case Extension(context=context, exten=exten):
            told = {"CONTEXT": context, "EXTEN": exten, "TYPE": "extension"}
        case Queue(queue=queue, wait=wait):
            told = {"QUEUE": queue, "TIMEOUT": _seconds(wait), "TYPE": "queue"}
        case RingGroup(endpoints=endpoints, ring=ring):
            told = {"DIAL": "&".join(endpoints), "TIMEOUT": _seconds(ring), "TYPE": "dial"}
        case Endpoint(endpoint=endpoint, ring=ring):
            told = {"DIAL": endpoint, "TIMEOUT": _seconds(ring), "TYPE": "dial"}
        case Playback(file=file):
            told = {"FILE": file, "TYPE": "playback"}
        case HangUp():
            told = {"TYPE": "hangup"}
    return {f"DIALERD_DEST_{name}": value for name, value in told.items()}


def _seconds(seconds: float) -> str:
    """Whole ones: Queue and Dial know no others, and none means for ever to both."""
    return str(max(1, round(seconds)))
