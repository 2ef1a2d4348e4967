"""What a delivery looks like: a word to its owner, and the options that say so."""

import pytest

from c360.gate.form import Form
from c360.gate.looks import looks_like

COLUMNS = ["id", "name"]


@pytest.mark.parametrize(
    ("first", "words", "options"),
    [
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook", ""),
        (b'{"id": 1}', "JSON", ""),
        (b"\xef\xbb\xbf [1]", "JSON", ""),
        (b"id;name\n1;a\n", "`;`-separated", "--delimiter ';'"),
        (b"id\tname\n", "tab-separated", r"--delimiter '\t'"),
        (b"ID,NAME\n", "its names are in another case", "--ignore-case"),
        ("id|name\n1|\xe4\n".encode("cp1252"), "`|`-separated Windows-1252", "--delimiter '|' --encoding windows-1252"),
        ("id,name\n".encode("utf-16"), "UTF-16", "--encoding utf-16"),
        ("id,name\n".encode("utf-16-le"), "UTF-16-LE", "--encoding utf-16-le"),
    ],
)
def test_it_looks_like(first, words, options):
    assert looks_like(first, Form(), COLUMNS) == (words, options)


@pytest.mark.parametrize("first", [b"id,name\n1,a\n", b"x,y\n", "id,name\n1,é\n".encode(), b"\xef\xbb\xbfid,name\n"])
def test_it_looks_like_what_it_is_said_to_be(first):
    assert looks_like(first, Form(), COLUMNS) is None


def test_a_letter_that_is_cut_at_the_end_of_the_first_bytes_is_no_other_encoding():
    assert looks_like("id,name\n1,é".encode()[:-1], Form(), COLUMNS) is None
