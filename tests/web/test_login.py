"""Logins, the sessions they open, and how both end."""

from datetime import timedelta

import pytest

from dialerd.domain.people import Role
from dialerd.service import people, sessions
from dialerd.web.people import COOKIE, CSRF_HEADER

PASSWORD = "correct horse battery"
WHO = "/api/v1/session"


def log_in(browser, name="alice", password=PASSWORD, **more):
    return browser.post("/login", data={"name": name, "password": password, **more})


def test_a_login_opens_a_session_that_says_who_asks(each_office):
    browser = each_office.logged_in("alice", Role.OPERATOR)
    answer = browser.get(WHO).json()
    assert (answer["name"], answer["role"]) == ("alice", "operator")
    (deed,) = each_office.deeds("login")
    assert (deed.actor, deed.subject, deed.source) == ("alice", "user alice", "192.0.2.7")


def test_the_cookie_is_for_this_host_alone_and_for_no_script(office):
    office.user()
    cookie = log_in(office.browser()).headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_each_login_opens_another_session_and_ends_the_one_before(office):
    browser = office.logged_in()
    before = browser.cookies[COOKIE]
    log_in(browser)
    after = browser.cookies[COOKIE]
    assert after != before
    stranger = office.browser(cookies={COOKIE: before})
    assert stranger.get(WHO).status_code == 401


def test_a_session_that_somebody_planted_is_not_taken_over(office):
    office.user()
    browser = office.browser(cookies={COOKIE: "planted"})
    log_in(browser)
    assert office.browser(cookies={COOKIE: "planted"}).get(WHO).status_code == 401


def test_a_wrong_password_and_nobody_get_the_same_answer_and_are_in_the_audit(office):
    office.user()
    wrong, nobody = log_in(office.browser(), password="wrong horse battery"), log_in(office.browser(), name="bob")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace(_nonce(wrong), "") == nobody.text.replace(_nonce(nobody), "")
    assert [deed.subject for deed in office.deeds("login.refused")] == ["user alice", "user bob"]
    assert PASSWORD not in str(office.deeds())


def test_after_five_failures_even_the_right_password_waits(each_office):
    office = each_office
    office.user()
    browser = office.browser()
    for _ in range(5):
        assert log_in(browser, password="wrong horse battery").status_code == 401
    assert log_in(browser).status_code == 429
    office.clock.ahead = timedelta(minutes=15, seconds=1)
    assert log_in(browser).status_code == 303


def test_logins_that_succeed_do_not_count(office):
    office.user()
    assert [log_in(office.browser()).status_code for _ in range(7)] == [303] * 7


@pytest.mark.parametrize("end", ["logout", "idle", "lifetime", "disable", "passwd"])
def test_a_session_ends(office, end):
    office.user("root")
    browser = office.logged_in("alice")
    database, now = office.site.database, office.site.now()
    if end == "logout":
        secret = browser.cookies[COOKIE]
        assert browser.post("/logout").headers["location"] == "/login"
        browser.cookies.set(COOKIE, secret)
    elif end == "disable":
        people.disable(database, "alice", actor="test", now=now)
    elif end == "passwd":
        people.set_password(database, "alice", "another horse battery", actor="test", now=now)
    else:
        web = office.site.settings.web
        office.clock.ahead = web.idle if end == "idle" else web.lifetime
    assert browser.get(WHO).status_code == 401


def test_a_session_that_is_used_goes_on_until_its_lifetime_is_over(office):
    browser = office.logged_in()
    hours = []
    for hour in range(14):
        office.clock.ahead = timedelta(hours=hour)
        if browser.get(WHO).status_code == 200:
            hours.append(hour)
    assert hours == list(range(12))


def test_another_role_holds_for_sessions_that_are_open(office):
    office.user("root")
    browser = office.logged_in("alice")
    people.set_role(office.site.database, "alice", Role.VIEWER, actor="test", now=office.site.now())
    assert browser.get(WHO).json()["role"] == "viewer"


def test_a_link_logs_in_once_and_looking_at_it_changes_nothing(each_office):
    office = each_office
    office.user(password=None)
    link = people.link(office.site.database, "alice", actor="test", now=office.site.now())
    browser = office.browser()
    for _ in range(2):
        assert "Log in with this link" in browser.get("/login/link", params={"key": link.secret}).text
    assert browser.post("/login/link", data={"key": link.secret}).status_code == 303
    assert browser.get(WHO).json()["name"] == "alice"
    assert office.browser().post("/login/link", data={"key": link.secret}).status_code == 401


def test_a_link_is_over_after_its_time(office):
    office.user(password=None)
    link = people.link(office.site.database, "alice", actor="test", now=office.site.now())
    office.clock.ahead = people.LINK_LASTS
    assert office.browser().post("/login/link", data={"key": link.secret}).status_code == 401


def test_a_user_without_a_password_has_none_that_fits(office):
    office.user(password=None)
    assert log_in(office.browser(), password="").status_code == 401


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_a_login_leads_nowhere_but_to_our_pages(office, where):
    office.user()
    assert log_in(office.browser(), next=where).headers["location"] == "/"


def test_a_cookie_alone_writes_nothing(office):
    browser = office.logged_in()
    del browser.headers[CSRF_HEADER]
    assert browser.delete(WHO).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://127.0.0.1.evil.example"])
def test_pages_of_other_origins_can_neither_write_nor_log_in(office, origin):
    browser = office.logged_in()
    browser.headers["Origin"] = origin
    assert browser.delete(WHO).status_code == 403
    assert log_in(browser).status_code == 403
    assert browser.post("/logout").status_code == 403
    assert [deed.subject for deed in office.deeds("refused")][-1] == "POST /logout"


def test_a_name_that_points_to_our_address_is_not_our_name(office):
    browser = office.browser()
    assert browser.get("/login", headers={"Host": "evil.example"}).status_code == 421


def test_a_page_is_for_nobody_who_has_not_logged_in(office):
    assert office.browser().get("/lists").headers["location"] == "/login?next=/lists"
    program = office.program()
    assert program.get("https://127.0.0.1/lists").status_code == 303


@pytest.mark.parametrize("path", ["/login", "/api/v1/session", "/api/v1/nothing", "/lists"])
def test_every_answer_forbids_what_browsers_do_on_their_own(office, path):
    headers = office.browser().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(each_office):
    from concurrent.futures import ThreadPoolExecutor

    office = each_office
    office.user()

    def guess(_):
        try:
            words = {"source": "10.0.0.9", "now": office.site.now(), "lifetime": timedelta(hours=1)}
            sessions.login(office.site.database, "alice", "wrong horse battery", **words)
        except sessions.NotLoggedIn:
            return "looked at"
        except sessions.TooManyLogins:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(12)))
    assert answers.count("looked at") == 5


def _nonce(answer):
    return answer.text.partition('nonce="')[2].partition('"')[0]
