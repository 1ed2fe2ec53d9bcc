"""What a journal holds after a cut at any byte, a full disk, a damaged line, and from process to process."""

from __future__ import annotations

import resource
import stat
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.errors import Unavailable
from dialerd.ops import journal
from dialerd.ops.journal import Journal
from dialerd.ops.journal_format import Reader, line_of, report_of

WORDS = st.text(max_size=30) | st.integers() | st.booleans() | st.none()
REPORTS = st.dictionaries(
    st.text(max_size=8), WORDS | st.dictionaries(st.text(max_size=5), WORDS, max_size=3), max_size=5
)


def report(number=1):
    return {"kind": "ended", "attempt": f"a{number}", "at": "2026-03-02T15:30:12.345678+00:00", "facts": {"cause": 17}}


def read(path):
    with Reader(path) as reader:
        return reader.next(1000), reader.damaged, reader.newer


@pytest.fixture
def ours(tmp_path):
    made = Journal(tmp_path / "journal")
    yield made
    made.close()


def the_file(ours):
    (path,) = journal.files(ours.folder)
    return path


@given(st.lists(REPORTS, max_size=6), st.data())
def test_a_file_cut_at_any_byte_gives_every_whole_line_and_nothing_else(tmp_path_factory, reports, data):
    lines = [line_of(one) for one in reports]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.mktemp("cut") / "one.jsonl"
    path.write_bytes(whole[:cut])
    kept = 0
    while kept < len(lines) and sum(map(len, lines[: kept + 1])) <= cut:
        kept += 1
    assert read(path) == (reports[:kept], 0, False)


@given(REPORTS, st.data())
def test_a_line_with_one_wrong_byte_is_never_another_report(report, data):
    line = bytearray(line_of(report))
    place = data.draw(st.integers(0, len(line) - 2))
    line[place] ^= data.draw(st.integers(1, 255))
    try:
        found = report_of(bytes(line))
    except ValueError:
        return
    # A letter of the checksum may be written in either case elsewhere in the line, never with another meaning.
    assert found in (None, report)


def test_bytes_that_came_over_the_wire_as_no_text_go_through_as_they_are():
    words = b"SIP 486 \xff\xfe \x00".decode("utf-8", "surrogateescape")
    assert report_of(line_of({"sip_text": words})) == {"sip_text": words}


def test_a_report_is_in_a_file_that_only_we_can_read_before_append_returns(ours):
    ours.append(report())
    path = the_file(ours)
    assert read(path) == ([report()], 0, False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ours.folder.stat().st_mode) == 0o700
    assert ours.waiting


def test_what_is_appended_while_others_are_replayed_stands_behind_them_and_the_file_goes_when_all_are(ours):
    ours.append(report(1))
    path, found = ours.replayable(10)
    assert found == [report(1)]
    ours.append(report(2))
    assert not ours.replayed(keep=False)
    assert ours.replayable(10) == (path, [report(2)])
    assert ours.replayed(keep=False)
    assert not ours.waiting
    assert journal.files(ours.folder) == []
    ours.append(report(3))
    assert read(the_file(ours))[0] == [report(3)]


def test_many_threads_lose_nothing_and_each_keeps_its_order(ours):
    def write(thread):
        for turn in range(20):
            ours.append({"attempt": f"{thread}", "turn": turn})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found, damaged, _ = read(the_file(ours))
    assert damaged == 0
    for number in range(8):
        assert [one["turn"] for one in found if one["attempt"] == str(number)] == list(range(20))


def test_a_full_journal_refuses_and_keeps_what_it_has(tmp_path):
    ours = Journal(tmp_path, max_bytes=len(line_of(report())) * 2)
    ours.append(report(1))
    ours.append(report(2))
    with pytest.raises(Unavailable, match="full"):
        ours.append(report(3))
    assert read(the_file(ours))[0] == [report(1), report(2)]
    ours.close()


def test_half_a_line_that_a_full_disk_left_is_never_written_on(ours):
    ours.append(report(1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (the_file(ours).stat().st_size + 20, limits[1]))
    try:
        with pytest.raises(Unavailable, match="journal folder"):
            ours.append(report(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    ours.append(report(3))
    first, second = journal.files(ours.folder)
    assert first.read_bytes().startswith(line_of(report(1)))
    assert first.stat().st_size == len(line_of(report(1))) + 20
    assert [read(path)[0] for path in (first, second)] == [[report(1)], [report(3)]]
    with journal.adopted(first) as free:
        assert free


def test_the_file_of_a_living_process_is_nobody_elses_and_that_of_a_dead_one_is_anybodys(ours):
    ours.append(report())
    path = the_file(ours)
    with journal.adopted(path) as free:
        assert not free
    ours.close()
    with journal.adopted(path) as free:
        assert free
        with journal.adopted(path) as again:
            assert not again
    assert read(path)[0] == [report()]


def test_a_damaged_line_with_good_ones_behind_it_is_told_from_a_torn_end(tmp_path):
    good = line_of(report())
    path = tmp_path / "one.jsonl"
    path.write_bytes(good + b'{"v": 1, "crc": "00000000", "report": {}}\n' + good)
    assert read(path) == ([report(), report()], 1, False)
    path.write_bytes(good + good[:-9] + b"\n")
    assert read(path) == ([report()], 0, False)
    path.write_bytes(good + b'{"v": 2, "anything": 1, "crc": "", "report": {}}\n' + good)
    assert read(path) == ([report()], 0, True)


def test_what_waits_is_counted_and_what_was_set_aside_is_named(ours):
    assert journal.waiting(ours.folder) == journal.Waiting()
    ours.append(report(1))
    ours.append(report(2))
    found = journal.waiting(ours.folder)
    assert (found.reports, found.files, found.set_aside) == (2, 1, ())
    assert found.since is not None
    ours.replayable(10)
    assert ours.replayed(keep=True)
    (aside,) = journal.waiting(ours.folder).set_aside
    assert aside.endswith(".jsonl.set-aside")
    assert journal.waiting(ours.folder).reports == 0


def test_a_folder_that_cannot_be_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match=r"journal folder .*paths\.state_dir"):
        Journal(tmp_path / "file" / "journal")
    assert "cannot be written" in journal.folder_problem(tmp_path / "file" / "journal")
    assert journal.folder_problem(tmp_path / "new" / "journal") is None
