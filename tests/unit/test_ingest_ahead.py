"""Large files are read by a process of their own: what comes from it is what the file says, however it ends."""

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from dialerd.domain.errors import BadInput, Unavailable
from dialerd.domain.phone import NumberRules, PhonePolicy
from dialerd.ingest.ahead import chunks
from dialerd.ingest.leadfile import Reading, open_leads

RULES = NumberRules(PhonePolicy.CLEAN, "US")
NEVER = 2**62


def write(path, count, end=""):
    bad, good = "12,Zoë\n", '(202) 555-{:04d},"said ""yes"", {}\nand more"\n'
    path.write_text("Phone,Note\n" + "".join(bad if n % 7 == 0 else good.format(n, n) for n in range(count)) + end)
    return path


def read(path, *, large, skip=0):
    with open_leads(path, Reading()) as file:
        return list(chunks(file, path, Reading(), RULES, skip, large=large))


@pytest.mark.parametrize("skip", [0, 1, 333, 1000, 2000])
def test_the_other_process_says_what_this_one_would_have(tmp_path, skip):
    path = write(tmp_path / "list.csv", 1000)
    here, there = read(path, large=NEVER, skip=skip), read(path, large=0, skip=skip)
    assert there == here
    assert sum(len(some.good) + len(some.bad) for some in there) == max(1000 - skip, 0)
    assert [row.fields for some in there for row in some.good] == [row.fields for some in here for row in some.good]


def test_a_file_that_cannot_be_read_on_is_refused_in_the_same_words(tmp_path):
    path = write(tmp_path / "list.csv", 500, end='(202) 555-9999,"never closed\n' + "x\n" * 200)
    said = set()
    for large in (0, NEVER):
        with pytest.raises(BadInput, match="is opened here and not closed") as caught:
            read(path, large=large)
        said.add(str(caught.value))
    assert len(said) == 1


def test_a_header_without_a_number_is_refused_before_a_process_is_started(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("name\nJohn\n")
    with open_leads(path, Reading()) as file, pytest.raises(BadInput, match="no phone_number column"):
        chunks(file, path, Reading(), RULES, large=0)


def children():
    return {int(pid) for task in Path("/proc/self/task").glob("*") for pid in (task / "children").read_text().split()}


def test_who_stops_in_the_middle_leaves_no_process(tmp_path):
    path, before = write(tmp_path / "list.csv", 50_000), children()
    with open_leads(path, Reading()) as file, closing(chunks(file, path, Reading(), RULES, large=0)) as rows:
        assert next(rows).good
        assert len(children() - before) == 1
    assert children() <= before


def test_an_import_whose_reader_is_gone_can_be_gone_on_with(tmp_path):
    path, before = write(tmp_path / "list.csv", 50_000), children()
    with open_leads(path, Reading()) as file, closing(chunks(file, path, Reading(), RULES, large=0)) as rows:
        next(rows)
        (reader,) = children() - before
        os.kill(reader, signal.SIGKILL)
        with pytest.raises(Unavailable, match="has ended in the middle"):
            list(rows)
