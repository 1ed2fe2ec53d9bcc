"""What is printed: stable JSON, and text that has no power over a terminal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dialerd.cli.output import plain, print_table
from dialerd.cli.text import printable
from dialerd.domain.dispositions import Disposition


@dataclass
class Thing:
    at: datetime
    kind: Disposition
    parts: tuple[int, ...]


def test_values_become_json_with_times_in_utc_and_enums_as_stored():
    berlin = timezone(timedelta(hours=2))
    thing = Thing(datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=berlin), Disposition.NO_ANSWER, (1, 2))
    assert plain({"thing": thing, "wait": timedelta(minutes=1), Disposition.BUSY: Path("/a")}) == {
        "thing": {"at": "2026-07-01T10:00:00.123Z", "kind": "no_answer", "parts": [1, 2]},
        "wait": 60.0,
        "busy": "/a",
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Łukasz 李", "Zoë Łukasz 李"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\r\nb", "a\\r\\nb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\udcffb", "a\\udcffb"),
    ],
)
def test_control_characters_are_shown_and_letters_are_kept(text, shown):
    assert printable(text) == shown


def test_a_pipe_gets_whole_lines_and_markup_is_text(capsys):
    print_table(["name", "count"], [["[bold]x[/nonsense] " + "y" * 300, 1234], ["b", None]], empty="")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("[bold]x[/nonsense] " + "y" * 300)
    assert lines[1].endswith("1,234")
    assert lines[2].split() == ["b", "-"]


def test_an_empty_table_says_what_to_do(capsys):
    print_table(["name"], [], empty="No lists.")
    assert capsys.readouterr().out == "No lists.\n"


def test_times_in_tables_are_of_this_machine(capsys):
    at = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    print_table(["at"], [[at]], empty="")
    assert capsys.readouterr().out.split("\n")[1] == at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
