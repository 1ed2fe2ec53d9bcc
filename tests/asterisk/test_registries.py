"""A campaign that is held to a do-not-call registry calls nobody before there is a copy, and then only who is not in it."""

from __future__ import annotations

from dialerd.domain.lifecycle import CampaignAction
from dialerd.ingest.leadfile import Reading
from dialerd.service import dnc_files, status
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.service.registries import taken
from dialerd.settings import load
from harness.rig import numbers

STAYS = "201"
HELD = {"profile": ["none"], "registries": [{"name": "us-national", "max_age": "31d"}]}


def test_no_call_leaves_before_a_copy_is_there_and_then_none_to_its_numbers(make_rig, lab):
    rig = make_rig(lab)
    rig.write_campaign("held", destination={"type": "hangup"}, compliance=HELD)
    listed, free = numbers(STAYS, times=2, area=44)
    rig.seed([listed, free], campaign="held")
    rig.start()
    rig.act(CampaignAction.START, "held")
    campaigns = load(rig.config).campaigns

    rig.wait(
        lambda: "no copy of the do-not-call registry us-national" in rig.reason("held"),
        "the engine said why it does not dial",
    )
    assert (
        "dialerd dnc import FILE --registry us-national"
        in status.campaign(rig.database, "held", load(rig.config), now=rig.now()).why
    )
    assert rig.attempts("held") == []

    file = rig.folder / "copy.csv"
    file.write_text(f"{listed}\n")
    dnc_files.import_file(
        rig.database,
        file,
        Reading(),
        DncWish(),
        DncTerms(),
        configured=campaigns,
        actor="the tests",
        clock=rig.now,
        max_send_delay=0.1,
        copy=taken("us-national", None, campaigns, rig.now()),
    )
    rig.wait(lambda: rig.state("held") == "completed", "the campaign completed", 20)
    rig.wait_for_carrier()
    assert [attempt.phone for attempt in rig.attempts("held")] == [free]
    rig.require_agreement()
