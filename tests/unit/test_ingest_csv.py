"""Files as people have them: what is read, what is refused as a row, what is refused as a whole."""

import codecs
import csv
import io
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.errors import BadInput
from dialerd.ingest.csvfile import BadRow, CsvFile, Row, delimiter_named, sniff
from dialerd.ingest.source import LINE_LIMIT, Source, first_bad_line, sha256_of

HEADER = "phone_number,first_name\n"


@pytest.fixture
def read(tmp_path):
    """Writes the bytes (or text, as UTF-8) to a file and reads it as CSV: the header and the rows."""

    def read_file(content, *, encoding=None, delimiter=None):
        path = tmp_path / "list.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with Source(path, encoding) as source:
            file = CsvFile(source, delimiter)
            return file.header, list(file.rows())

    return read_file


def cells(rows):
    return [row.cells for row in rows]


def test_a_plain_file_gives_its_rows_with_line_and_text(read):
    header, rows = read(HEADER + "+14155551234,John\n+14155555678,Jane\n")
    assert header == ("phone_number", "first_name")
    assert rows == [
        Row(2, ("+14155551234", "John"), "+14155551234,John"),
        Row(3, ("+14155555678", "Jane"), "+14155555678,Jane"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_sniffed_from_the_header(read, delimiter):
    header, rows = read(f"phone_number{delimiter}name\n+1{delimiter}a,b;c|d\n".replace("a,b;c|d", '"a,b;c|d"'))
    assert header == ("phone_number", "name")
    assert cells(rows) == [("+1", "a,b;c|d")]


def test_delimiters_inside_quotes_of_the_header_do_not_count():
    assert sniff('phone_number;"a,b,c,d"') == ";"


def test_a_file_with_one_column_needs_no_delimiter(read):
    assert cells(read("phone_number\n+1\n+2\n")[1]) == [("+1",), ("+2",)]


def test_a_delimiter_can_be_named(read):
    assert cells(read("a,b|c\n1,2|3\n", delimiter="pipe")[1]) == [("1,2", "3")]
    assert [delimiter_named(name) for name in ("comma", "TAB", "\\t", ";")] == [",", "\t", "\t", ";"]


def test_an_unknown_delimiter_is_refused_with_those_that_exist():
    with pytest.raises(BadInput, match="delimiter 'x': is not one of comma, semicolon, tab, pipe"):
        delimiter_named("x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_the_encoding(read, encoding):
    header, rows = read((HEADER + "+1,Zoë Łuk\n").encode(encoding))
    assert header == ("phone_number", "first_name")
    assert cells(rows) == [("+1", "Zoë Łuk")]


def test_utf_16_of_the_other_byte_order_is_known_by_its_mark(read):
    content = codecs.BOM_UTF16_BE + (HEADER + "+1,Zoë\n").encode("utf-16-be")
    assert cells(read(content)[1]) == [("+1", "Zoë")]


def test_a_named_encoding_is_used(read):
    assert cells(read((HEADER + "+1,Zoë €\n").encode("cp1252"), encoding="cp1252")[1]) == [("+1", "Zoë €")]


def test_a_wrong_encoding_fails_the_file_with_the_line_and_the_way_out(read):
    content = HEADER.encode() + b"+1,ok\n" * 5000 + "+1,Zoë\n".encode("cp1252") + b"+1,ok\n"
    with pytest.raises(BadInput, match=r"line 5002: byte 0xeb is not UTF-8; .*--encoding cp1252"):
        read(content)


def test_utf_16_without_a_mark_is_told_apart(read):
    with pytest.raises(BadInput, match="UTF-16"):
        read((HEADER + "+1,John\n").encode("utf-16-le"))


@pytest.mark.parametrize("name", ["klingon", "hex", "utf-7", "unicode_escape"])
def test_an_encoding_that_is_none_for_lists_is_refused(read, name):
    with pytest.raises(BadInput, match=f"encoding '{name}'"):
        read(HEADER, encoding=name)


@given(lines=st.lists(st.text("ab\u20ac", max_size=5), max_size=30), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_line_of_a_bad_byte_is_found_for_every_kind_of_line_end(tmp_path_factory, lines, end):
    path = tmp_path_factory.mktemp("bytes") / "list.csv"
    good = "".join(line + end for line in lines)
    path.write_bytes(good.encode() + b"x\xff")
    assert first_bad_line(path, "utf-8") == len(lines) + 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_ends_a_row(read, end):
    _, rows = read(f"phone_number,name{end}+1,a{end}+2,b{end}")
    assert [(row.line, row.cells) for row in rows] == [(2, ("+1", "a")), (3, ("+2", "b"))]


def test_blank_lines_are_no_rows_but_keep_the_line_numbers_right(read):
    _, rows = read("\n" + HEADER + "\n+1,a\n\n\n+2,b\n")
    assert [(row.line, row.cells[0]) for row in rows] == [(4, "+1"), (7, "+2")]


def test_quoted_fields_keep_delimiters_quotes_and_line_ends(read):
    _, rows = read(HEADER + '+1,"O""Brien, ""Jo""\nsecond line"\n+2,b\n')
    assert rows[0].cells == ("+1", 'O"Brien, "Jo"\nsecond line')
    assert rows[0].text == '+1,"O""Brien, ""Jo""\nsecond line"'
    assert (rows[1].line, rows[1].cells) == (4, ("+2", "b"))


def test_a_row_with_too_many_cells_is_refused_with_its_text(read):
    _, rows = read(HEADER + "+1,Doe,John\n+2,b\n")
    assert rows[0] == BadRow(
        2, "has 3 cells but the header has 2; quote the text that contains the delimiter", "+1,Doe,John"
    )
    assert rows[1].cells == ("+2", "b")


def test_a_row_with_too_few_cells_is_read(read):
    assert cells(read("phone_number,a,b\n+1\n")[1]) == [("+1",)]


def test_wrong_quotes_in_a_row_cost_that_row_only(read):
    _, rows = read(HEADER + '+1,"John "Johnny" Doe"\n+2,b\n')
    assert isinstance(rows[0], BadRow)
    assert "quotes are wrong" in rows[0].reason
    assert rows[0].text == '+1,"John "Johnny" Doe"'
    assert rows[1].cells == ("+2", "b")


def test_an_unterminated_quote_fails_the_file_with_the_line_where_it_begins(read):
    with pytest.raises(BadInput, match=r"line 3: a quote .* is opened here and not closed"):
        read(HEADER + '+1,a\n+2,"b\n+3,c\n+4,d\n')


def test_a_quote_that_swallows_many_rows_before_it_meets_another_fails_the_file(read):
    rows = "".join(f"+{n},x\n" for n in range(200))
    with pytest.raises(BadInput, match="line 2: a quote"):
        read(HEADER + '+1,"b\n' + rows + '+9,c"\n')


def test_a_nul_character_refuses_the_row_and_is_shown(read):
    _, rows = read(HEADER + "+1,a\0b\n+2,c\n")
    assert rows[0] == BadRow(2, "contains a NUL character", "+1,a\\0b")
    assert rows[1].cells == ("+2", "c")


@pytest.mark.parametrize("length", [5_000, 1_000_000])
def test_an_overlong_field_refuses_the_row_and_keeps_the_beginning_of_its_text(read, length):
    _, rows = read(HEADER + "+1," + "x" * length + "\n+2,c\n")
    assert rows[0].reason == "a field is longer than 4,096 characters"
    assert len(rows[0].text) == 2000
    assert rows[1].cells == ("+2", "c")


def test_an_endless_line_fails_the_file_without_filling_the_memory(tmp_path):
    path = tmp_path / "list.csv"
    with path.open("w") as out:
        out.write(HEADER + "+1,")
        for _ in range(40):
            out.write("x" * 1_000_000)
    tracemalloc.start()
    try:
        with Source(path) as source, pytest.raises(BadInput, match="line 2: is longer than"):
            list(CsvFile(source).rows())
        assert tracemalloc.get_traced_memory()[1] < 8 * LINE_LIMIT
    finally:
        tracemalloc.stop()


def test_rows_are_streamed_in_constant_memory(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "+14155551234,John\n" * 100_000)
    tracemalloc.start()
    try:
        with Source(path) as source:
            assert sum(1 for _ in CsvFile(source).rows()) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_the_position_tells_how_far_the_reading_is(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "+14155551234,John\n" * 1000)
    with Source(path) as source:
        assert source.position() < source.size
        list(CsvFile(source).rows())
        assert source.position() == source.size == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; the first line must name the columns"),
        (b"\n\n  \n", "is empty; the first line must name the columns"),
        (codecs.BOM_UTF8, "is empty; the first line must name the columns"),
        (b"PK\x03\x04rest of a zip", "spreadsheet or zip file, not CSV"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is HTML or XML, not CSV"),
        (b",".join(b"c%d" % n for n in range(10_000)), "has 10,000 columns; at most 500"),
        (b"phone_number," + b"x" * 200 + b"\n", "is longer than 100 characters"),
        (b'phone_number,"first_name\n+1,a\n', "the header cannot be read"),
    ],
)
def test_what_is_not_a_list_fails_with_one_clear_line(read, content, message):
    with pytest.raises(BadInput, match=message) as refused:
        read(content)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_opened_fails_with_one_clear_line(tmp_path):
    for path, message in [
        (tmp_path, "is a folder"),
        (tmp_path / "no", "No such file"),
        (tmp_path / "a\0b", "not a file name"),
    ]:
        with pytest.raises(BadInput, match=message):
            Source(path)


def test_the_same_bytes_have_the_same_sha256(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(rows=st.lists(st.lists(_text, min_size=2, max_size=2), max_size=20), delimiter=st.sampled_from(",;\t|"))
def test_whatever_the_csv_module_writes_comes_back_cell_by_cell(tmp_path_factory, rows, delimiter):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["phone_number", "name"], *rows])
    path = tmp_path_factory.mktemp("round") / "list.csv"
    path.write_bytes(out.getvalue().encode())
    with Source(path) as source:
        assert cells(CsvFile(source).rows()) == [tuple(row) for row in rows]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_and_lines_are_right_wherever_the_blocks_of_a_large_file_end(tmp_path, end):
    chance = random.Random(end)
    rows = [[f"+{n}", chance.choice(["x", f"two{end}lines", "é" * 40, f"a{end}{end}b", ""])] for n in range(12_000)]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([["phone_number", "name"], *rows])
    path = tmp_path / "list.csv"
    path.write_bytes(out.getvalue().encode())
    expected, line = [], 2
    for row in rows:
        expected.append((line, tuple(row)))
        line += 1 + row[1].count(end)
    with Source(path) as source:
        found = list(CsvFile(source).rows())
    assert [(row.line, row.cells) for row in found] == expected
    assert end.join(row.text for row in found) == out.getvalue().partition(end)[2].removesuffix(end)


@given(content=st.binary(max_size=300) | st.text('",;\n\r\0 a+1é', max_size=80).map(str.encode))
def test_any_bytes_are_rows_or_one_clear_refusal(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "list.csv"
    path.write_bytes(content)
    rows, refusal = [], ""
    try:
        with Source(path) as source:
            rows = list(CsvFile(source).rows())
    except BadInput as refused:
        refusal = str(refused)
    assert "\n" not in refusal
    assert [row.line for row in rows] == sorted({row.line for row in rows})
    assert all("\0" not in row.text for row in rows)
