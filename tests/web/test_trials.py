"""A campaign tried over HTTP: what is answered while there is no engine, and by what an engine does with it."""

from datetime import timedelta

import pytest

from dialerd.domain.people import Role
from dialerd.service import freezes
from dialerd.store import nodes
from dialerd.store import trials as rows
from harness.played_engine import played_engine

TRY = "/campaigns/spring/try"
PHONE = {"to": "PJSIP/101"}


@pytest.fixture
def api(each_office):
    return each_office.program(Role.OPERATOR)


def test_without_an_engine_nobody_is_called_and_the_answer_says_what_to_start(api, each_office):
    answer = api.post(TRY, json=PHONE)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:dialerd:unavailable")
    assert "start one, dialerd run" in answer.json()["detail"]
    assert each_office.deeds("campaign.try") == []


def test_an_engine_calls_once_however_often_the_same_is_asked(api, each_office):
    with played_engine(each_office.site):
        answers = [api.post(TRY, json=PHONE, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    trial = answers[0].json()
    assert answers[1].json() == trial
    (deed,) = each_office.deeds("campaign.try")
    assert (deed.actor, deed.subject, deed.detail) == ("token operator-program", "campaign spring", {"endpoint": "101"})
    shown = each_office.program(Role.VIEWER).get(f"/campaigns/spring/trials/{trial['trial_id']}").json()
    assert (shown["endpoint"], shown["placed_at"], shown["ended_at"]) == ("101", trial["placed_at"], None)
    assert api.get(f"/campaigns/autumn/trials/{trial['trial_id']}").status_code == 404


def test_a_call_that_cannot_be_made_is_unavailable_with_the_words_of_the_engine(api, each_office):
    def fail(conn, trial_id, now):
        rows.end(conn, trial_id, "failed", "Asterisk is not reached", now)

    with played_engine(each_office.site, fail):
        answer = api.post(TRY, json=PHONE)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "PJSIP/101 is not called: Asterisk is not reached"


def test_what_may_not_be_called_is_refused_with_the_rule_and_written_down(api, each_office):
    site = each_office.site
    with played_engine(each_office.site):
        assert api.post(TRY, json={"to": "PJSIP/101,x"}).status_code == 422
        trunk = api.post(TRY, json={"to": "PJSIP/carrier"})
        freezes.freeze(site.database, None, configured=["spring"], actor="bob", now=site.now(), max_send_delay=0.0)
        frozen = api.post(TRY, json=PHONE)
    assert [trunk.status_code, frozen.status_code] == [409, 409]
    assert "is trunk carrier" in trunk.json()["detail"]
    assert "is frozen by bob" in frozen.json()["detail"]
    assert len(each_office.deeds("refused")) == 2


def test_an_engine_that_is_silent_is_none(api, each_office):
    with each_office.site.database.write() as conn:
        nodes.register(conn, "played", instance="1", pid=1, host="here", version="1")
        conn.execute(nodes.nodes.update().values(heartbeat_at=each_office.site.now() - timedelta(minutes=5)))
    assert api.post(TRY, json=PHONE).status_code == 503
