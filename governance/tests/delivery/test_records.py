"""What is a record, and what becomes of the text between two of them. Fuzzing tries what nobody thinks of."""

import pytest

from c360.delivery.readings import TwoReadings
from c360.delivery.records import Block, Grammar, NoRecord, Records


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


def test_nothing_is_taken_behind_a_quote_that_is_never_closed():
    """The file may have been cut inside the field, so that what follows is its text."""
    assert taken('0,x\n1,"open\n2,b\n3,c\n') == "0,x\n"
    assert aside('0,x\n1,"open\n2,b\n3,c\n') == [(2, 2, '1,"open'), (3, 3, "2,b"), (4, 4, "3,c")]


INSIDE = {
    "a stray quote before a quoted field": '1,TV 32" x,"note\n7,evil,99\nbye"\n',
    "a blank behind the closing quote": '1,"He said\n7,evil,99\nbye" ,5\n',
    "backslashes": '1,"say \\"hi\\"\n7,evil,99\nbye",3\n',
    "a quote that is not escaped": '1,"say "hi" there\n7,evil,99\nbye",3\n',
    "a first quote that is a character": '1,"z,"note\n7,evil,99\nbye"\n',
    "such a one, some rows before": '1,"z,x\n2,y,"note\n7,evil,99\nbye"\n',
}


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
@pytest.mark.parametrize("fault", INSIDE)
def test_text_inside_a_quoted_field_is_no_row(fault, size):
    text = INSIDE[fault]
    assert taken(f"0,a,b\n{text}2,ok,1\n", columns=3, size=size) == "0,a,b\n2,ok,1\n"
    assert [line for *_, line in aside(text, columns=3, size=size)] == text.splitlines()


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_follows_an_escaped_end_of_line_is_no_row(size, end):
    """As MySQL writes an address of three lines, without quotes: its second line has as many fields as the header."""
    lines = ["0,a,b", "1,Main St\\", "7\\,evil,x", "2,C:\\\\,ok", "3,Main St\\\\", "4,ok,1"]
    assert taken(end.join([*lines, ""]), columns=3, size=size) == "0,a,b\n2,C:\\\\,ok\n4,ok,1\n"
    assert [line for *_, line in aside(end.join([*lines, ""]), columns=3, size=size)] == [lines[n] for n in (1, 2, 4)]


BEFORE = {
    "a first quote that is a character": '1,"z,",\n7,evil,1\ntwo"\n',
    "with a quote in the text": '1,"z,"""\n7,evil,1\ntwo"\n',
    "a quote behind a backslash": '1,x,"hi\\"\n7,evil,1\ny",\n',
    "quoted fields without text between": '1,"z,",\n2,"",a\n7,evil,1\ntwo"\n',
}


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
@pytest.mark.parametrize("case", BEFORE)
def test_a_fault_after_records_that_might_be_none_refuses_the_delivery(case, size):
    text = "0,a,b\n" + BEFORE[case]
    with pytest.raises(TwoReadings, match=r"line \d has a quote .* from line 2 on it can be read in two ways"):
        parts(text, columns=3, size=size)


@pytest.mark.parametrize(
    "text",
    ['1,"Smith,",a\n2,"x",b\n3,TV 5" x,c\n', '1,"C:\\dir\\",a\n2,TV 5" x,c\n', '1,"Smith,",a\n2,"b"x,c\n4,"d",e\n'],
)
def test_fields_that_end_in_a_delimiter_or_a_backslash_are_no_reason_to_refuse(text):
    assert taken(text, columns=3).startswith(text.splitlines()[0])


def test_a_record_beyond_the_limit_refuses_the_delivery():
    valid = '1,"' + "9,evil\n" * 400 + '"\n2,ok\n'
    assert taken(valid, size=100) == valid
    with pytest.raises(TwoReadings, match="what begins in line 1 ends nowhere in 0 MiB"):
        parts(valid, size=100, limit=1000)
    with pytest.raises(TwoReadings, match="what begins in line 1 ends nowhere"):
        parts('1,"a"b\n' + "2,b\n" * 400, size=100, limit=1000)


def test_lines_are_counted_as_in_the_file_and_records_as_a_reader_counts():
    found = aside('1,"a\nb"\n\n2\n3,c\n4\n', line=2)
    assert [(record, line) for record, line, _ in found] == [(2, 5), (4, 7)]


def test_other_marks_and_no_quotes():
    assert taken("1;'a;b'\n", delimiter=";", quote="'") == "1;'a;b'\n"
    assert taken('1,"a\n2,b"\n', quote="") == '1,"a\n2,b"\n'
    assert [record for record, *_ in aside("1,a\x01\n", quote="")] == [1], "what COPY takes for a quote then"


@pytest.mark.parametrize(
    ("text", "shape", "blocks"),
    [
        ('1,a\n2,"b"\n', 0, ['1,a\n2,"b"\n']),
        ("1,a\n22,b\n3,c\n", 1, ["1,a\n", "22,b\n3,c\n"]),
        ("1,a\n2,bcd\n3,c\n", 1, ["1,a\n", "2,bcd\n3,c\n"]),
        ("1,a\nx,b\n3,c\n", 2, ["1,a\n", "x,b\n3,c\n"]),
        ('1,a\n2\n3,"é"\n', 0, ["1,a\n", '3,"é"\n']),
    ],
)
def test_which_shape_all_have_so_far(text, shape, blocks):
    records = Records(Grammar(), 2, shapes=[["0|[1-9]", 2], ["[0-9]+", ""]])
    assert [part.text.decode() for part in records.of([text.encode()]) if isinstance(part, Block)] == blocks
    assert records.shape == shape
