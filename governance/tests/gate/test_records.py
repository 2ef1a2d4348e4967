"""What is a record, and what becomes of the text between two of them. Fuzzing tries what nobody thinks of."""

import pytest

from c360.gate.records import Block, Grammar, NoRecord, Records


def parts(text: str, columns: int = 2, delimiter: str = ",", quote: str = '"', size: int = 1 << 20, **options):
    raw = text.encode()
    blocks = [raw[i : i + size] for i in range(0, len(raw), size)]
    return list(Records(Grammar(delimiter, quote), columns, **options).of(blocks))


def taken(text: str, **options) -> str:
    return "".join(part.text.decode() for part in parts(text, **options) if isinstance(part, Block))


def aside(text: str, **options) -> list[tuple[int, int, str]]:
    return [(p.record, p.line, p.text.decode()) for p in parts(text, **options) if isinstance(p, NoRecord)]


@pytest.mark.parametrize(
    "text",
    ["1,a\n2,b\n", '1,"a,b"\n', '1,"a\nb"\n2,c\n', '1,"say ""so"""\n', "1,\n,\n", '"",""\n', "1,é\n"],
)
def test_records_pass_as_they_are(text):
    assert taken(text) == text and aside(text) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_wherever_a_block_ends(size):
    text = '1,"a\n""b"""\n2,c,d\n3,d\n'
    assert taken(text, size=size) == '1,"a\n""b"""\n3,d\n'
    assert aside(text, size=size) == [(2, 3, "2,c,d")]


@pytest.mark.parametrize(
    ("line", "number"),
    [("1", 1), ("1,2,3", 1), ('1,a"b', 1), ('1,"a"b', 1), ("1,a\0", 1)],
)
def test_what_is_no_record_is_set_aside_alone(line, number):
    """Too few fields, too many, a quote inside a field, text behind a quoted one, a zero byte."""
    text = f"{line}\n2,b\n"
    assert taken(text) == "2,b\n"
    ((record, at, _),) = aside(text)
    assert (record, at) == (number, 1)


def test_a_quote_that_nobody_closes_takes_only_its_line():
    assert taken('1,"open\n2,b\n3,c\n') == "2,b\n3,c\n"
    assert aside('1,"open\n2,b\n3,c\n') == [(1, 1, '1,"open')]


def test_lines_are_counted_as_in_the_file_and_records_as_a_reader_counts():
    found = aside('1,"a\nb"\n\n2\n3,c\n4\n', line=2)
    assert [(record, line) for record, line, _ in found] == [(2, 5), (4, 7)]


def test_other_marks_and_no_quotes():
    assert taken("1;'a;b'\n", delimiter=";", quote="'") == "1;'a;b'\n"
    assert taken('1,"a\n2,b"\n', quote="") == '1,"a\n2,b"\n'
    assert [record for record, *_ in aside("1,a\x01\n", quote="")] == [1], "what COPY takes for a quote then"


def test_whether_all_is_in_shape():
    records = Records(Grammar(), 2, shapes=["[0-9]+", ""])
    list(records.of([b"1,a\n2,b\n"]))
    assert records.in_shape
    records = Records(Grammar(), 2, shapes=["[0-9]+", ""])
    list(records.of([b"1,a\nx,b\n"]))
    assert not records.in_shape
