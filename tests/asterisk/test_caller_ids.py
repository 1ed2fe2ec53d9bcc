"""What the called party sees, by the carrier's own log."""

from __future__ import annotations

from collections import Counter, defaultdict

from harness.rig import numbers

WASHINGTON, NEW_YORK, LONDON = "+12025550123", "+12125550123", "+442079460123"
AGAIN = {"attempts": 2, "wait": "1s"}


def shown(rig):
    """The caller IDs that each number saw, call after call."""
    seen = defaultdict(list)
    for call in rig.calls():
        seen[call.number].append(call.caller_id)
    return seen


def written(rig):
    """The same as our ledger has it."""
    seen = defaultdict(list)
    for attempt in rig.attempts():
        seen[attempt.phone].append(attempt.caller_id)
    return seen


def test_numbers_take_turns_and_the_ledger_says_which_was_shown(rig):
    rig.run(numbers("486", times=30), caller_id={"numbers": [WASHINGTON, NEW_YORK, LONDON]})
    rig.wait_until_completed()
    used = Counter(caller_id for seen in shown(rig).values() for caller_id in seen)
    assert used == {WASHINGTON: 10, NEW_YORK: 10, LONDON: 10}
    assert shown(rig) == written(rig)


def test_who_is_called_again_sees_the_same_number(rig):
    pool = {"numbers": [WASHINGTON, NEW_YORK, LONDON], "sticky": True}
    rig.run(numbers("486", times=20), caller_id=pool, max_attempts=2, recycle={"busy": AGAIN})
    rig.wait_until_completed()
    assert all(len(seen) == 2 and len(set(seen)) == 1 for seen in shown(rig).values())
    assert {seen[0] for seen in shown(rig).values()} == {WASHINGTON, NEW_YORK, LONDON}
    assert shown(rig) == written(rig)


def test_people_see_a_number_of_their_area_and_a_rule_may_show_its_own(rig):
    pool = {"numbers": [WASHINGTON, NEW_YORK], "strategy": "same_area_code"}
    leads = [*numbers("486", times=10), "+12125550486", "+12125551486"]
    rig.run(leads, caller_id=pool, max_attempts=2, recycle={"busy": {**AGAIN, "caller_id": LONDON}})
    rig.wait_until_completed()
    for number, seen in shown(rig).items():
        assert seen == [NEW_YORK if number.startswith("+1212") else WASHINGTON, LONDON]
