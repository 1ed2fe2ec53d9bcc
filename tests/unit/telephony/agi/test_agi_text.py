"""Nothing in a value breaks out of an AGI command, and nothing in a reply is taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.errors import BadInput
from dialerd.telephony.agi_text import Reply, clean, escape, fit, lead_variable, pack, quote, read_reply, read_request
from harness.fake_asterisk import split_arguments, split_pairs

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(text=TEXT)
def test_a_quoted_text_is_one_argument_and_comes_out_as_it_went_in(text):
    assert split_arguments(f"SET VARIABLE X {quote(clean(text))}") == ["SET", "VARIABLE", "X", clean(text)]


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "\x85", "\x7f"])
def test_a_control_character_is_refused_and_cleaned_to_a_space(text):
    with pytest.raises(BadInput, match="control character"):
        quote(text)
    assert clean(text) == "".join(" " if c in "\n\r\0\x85\x7f" else c for c in text)


def test_what_only_looks_dangerous_stays_as_it_is():
    text = 'Ann "x" \\ ${SHELL(id)} hangup 200 result=-1 \u202e 名前'
    assert clean(text) == text


@given(TEXT, st.integers(min_value=0, max_value=200))
def test_what_fits_is_a_beginning_that_takes_no_more_than_the_budget(text, budget):
    text = clean(text)
    fitting = fit(text, budget)
    assert text.startswith(fitting)
    assert len(quote(escape(fitting)).encode()) - 2 <= budget
    if fitting != text:
        assert len(quote(escape(text[: len(fitting) + 1])).encode()) - 2 > budget


NAMES = st.from_regex(r"DIALERD_[A-Z0-9_]{1,20}", fullmatch=True)


@given(variables=st.dictionaries(NAMES, TEXT.map(clean) | st.text('"\\(),[]=', max_size=400), max_size=60))
def test_packed_variables_come_out_as_they_went_in_and_every_command_is_short_enough(variables):
    arguments, cut = pack(variables)
    assert cut == []
    found = {}
    for argument in arguments:
        line = f"EXEC MSet {quote(argument)}"
        assert len(line.encode()) <= 2046
        pairs = split_pairs(split_arguments(line)[2])
        assert len(pairs) <= 24
        found |= dict(pair.split("=", 1) for pair in pairs)
    assert list(found.items()) == list(variables.items())


def test_packing_takes_few_commands():
    arguments, _ = pack({f"DIALERD_LEAD_{number}": "some value" for number in range(20)})
    assert len(arguments) == 1


@pytest.mark.parametrize("name", ["", "A B", "CHANNEL(x)", "A=1", "A,B", "1A", "Ä", "A\n"])
def test_a_name_that_is_not_a_plain_variables_is_refused(name):
    with pytest.raises(BadInput, match="channel variable"):
        pack({name: "x"})


@pytest.mark.parametrize(
    ("column", "variable"),
    [
        ("first_name", "DIALERD_LEAD_FIRST_NAME"),
        ("First Name", "DIALERD_LEAD_FIRST_NAME"),
        ("prénom", "DIALERD_LEAD_PRENOM"),
        ("CHANNEL(x)", "DIALERD_LEAD_CHANNEL_X"),
        ("__proto__", "DIALERD_LEAD_PROTO"),
        ("a=1,DIALERD_OK", "DIALERD_LEAD_A_1_DIALERD_OK"),
        ("${EXTEN}", "DIALERD_LEAD_EXTEN"),
        ("x" * 1000, "DIALERD_LEAD_" + "X" * 64),
        ("名前", None),
        ("()", None),
        ("", None),
    ],
)
def test_a_column_becomes_a_variable_of_its_own_kind_whatever_it_is_called(column, variable):
    assert lead_variable(column) == variable


@given(st.text())
def test_no_column_gets_another_prefix_or_a_function(column):
    variable = lead_variable(column)
    assert variable is None or (variable.startswith("DIALERD_LEAD_") and variable.replace("_", "A").isalnum())
    assert variable is None or variable.isascii()


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=1", Reply(200, "1", None, None, "result=1")),
        ("200 result=1 (hangup)", Reply(200, "1", "hangup", None, "result=1 (hangup)")),
        ("200 result=1 (200 result=-1)", Reply(200, "1", "200 result=-1", None, "result=1 (200 result=-1)")),
        ("200 result=1 (a) b (c)", Reply(200, "1", "a) b (c", None, "result=1 (a) b (c)")),
        ("200 result=1 ()", Reply(200, "1", "", None, "result=1 ()")),
        ("200 result=0 endpos=160", Reply(200, "0", None, "160", "result=0 endpos=160")),
        ("200 result= (timeout)", Reply(200, "", "timeout", None, "result= (timeout)")),
        ("100 Trying...", Reply(100, text=" Trying...")),
        ("520-Invalid command syntax.", Reply(520, text="-Invalid command syntax.")),
    ],
)
def test_a_reply_is_read_as_it_was_meant(line, reply):
    assert read_reply(line) == reply


@pytest.mark.parametrize("line", ["", "HANGUP", "20 result=1", "hello"])
def test_a_line_that_is_no_reply_is_refused(line):
    with pytest.raises(BadInput):
        read_reply(line)


def test_the_script_and_its_query_are_read_from_the_request():
    request = read_request(b"agi_network: yes\nagi_network_script: route?x=y&z=1\nagi_uniqueid: 5", "127.0.0.1")
    assert (request.script, dict(request.query), request.env["agi_uniqueid"]) == ("route", {"x": "y", "z": "1"}, "5")


def test_the_script_is_read_from_the_address_where_asterisk_names_none():
    assert read_request(b"agi_request: agi://10.0.0.1:4573/ended\n", "10.0.0.1").script == "ended"


def test_of_a_header_that_comes_twice_the_first_counts():
    header = b"agi_network_script: ended\nagi_uniqueid: real\nagi_calleridname: x\nagi_uniqueid: forged\n"
    assert read_request(header, "127.0.0.1").env["agi_uniqueid"] == "real"


@pytest.mark.parametrize("script", ["", "/", "Route", "../x", "a/b", "a b", "a.py", "é", "a%2fb"])
def test_a_script_that_is_not_a_plain_name_is_refused(script):
    with pytest.raises(BadInput, match="script's name"):
        read_request(f"agi_network_script: {script}\n".encode(), "127.0.0.1")
