"""Every example of docs/api.md does what the page says, in its order."""

import re
import shlex
from pathlib import Path

import pytest

from dialerd.domain.people import Role
from harness.played_engine import played_engine

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"^    (curl .+)$", PAGE, re.MULTILINE)
PEOPLE = b"phone_number,first_name\n+14155551234,John\n(415) 555-5678,Jane\nnobody,Bad\n"


def ask(office, line):
    """What curl would do, by the few options that the page uses."""
    words = shlex.split(line.replace("$TOKEN", office.made[Role.OPERATOR]).replace("$API", "https://127.0.0.1/api/v1"))
    method, headers, body, url = None, {}, None, None
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = next(rest)
        elif word == "-d":
            body = next(rest).encode()
        elif word == "--data-binary":
            assert next(rest) == "@people.csv"
            body = PEOPLE
        else:
            assert url is None, f"{word}: an option that this test does not know"
            url = word
    return office.program(Role.OPERATOR).request(
        method or ("GET" if body is None else "POST"), url, headers=headers, content=body
    )


def test_every_example_of_the_page_works(office):
    office.program(Role.OPERATOR)
    assert len(EXAMPLES) > 15
    with played_engine(office.site):
        for example in EXAMPLES:
            answer = ask(office, example)
            assert answer.is_success, f"{example}\n{answer.status_code} {answer.text}"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 409, 412, 413, 422, 503])
def test_every_kind_of_problem_is_called_on_the_page_what_it_is(status):
    from dialerd.web.problems import KINDS

    assert f"| {status} | `urn:dialerd:{KINDS[status][0]}` |" in PAGE
