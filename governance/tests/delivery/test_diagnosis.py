"""What a delivery looks like: a word to its owner, and the options that say so."""

import pytest

from c360.delivery.diagnosis import container, looks_like
from c360.delivery.form import Form

COLUMNS = ["id", "name"]


@pytest.mark.parametrize(
    ("first", "words", "options"),
    [
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


@pytest.mark.parametrize(
    "first",
    [
        "id,name\n1,é\n2,\xff é\n".encode().replace(b"\xc3\xbf", b"\xff"),  # UTF-8 with one bad byte
        "id,name\n1,é".encode()[:-1],
        bytes(range(256)),
        b"id,name\n1,\x00\xe4\n",
        b"id,name\n1,\x81\n",
    ],
)
def test_only_text_of_windows_1252_is_called_so(first):
    assert looks_like(first, Form(), COLUMNS) is None


def test_what_is_ascii_is_in_any_encoding():
    assert looks_like(b"id,name\n1,a\n", Form(encoding="windows-1252"), COLUMNS) is None
    as_utf8 = looks_like("id,name\n1,é\n".encode(), Form(encoding="windows-1252"), COLUMNS)
    assert as_utf8 == ("UTF-8", "--encoding utf-8")


@pytest.mark.parametrize(
    ("first", "name", "remedy"),
    [
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Unpack it"),
        (b"PK\x03\x04....[Content_Types].xml", "an Excel workbook", "CSV UTF-8"),
        (b"ORC\x0a", "an ORC file", "CSV or Parquet"),
        (b"Obj\x01\x04", "an Avro file", "CSV or Parquet"),
        (b"BZh91AY", "bzip2 data", "gzip or zstd"),
        (b"a.csv".ljust(257, b"\0") + b"ustar", "a tar archive", "files in it"),
        (b"\x89PNG\r\n", "an image", "CSV or Parquet"),
        (b"\x1f\x8b\x08", "gzip data", "Unpack it once"),
        (b"PAR1", "Parquet", "itself"),
    ],
)
def test_what_is_no_text_has_a_name_and_a_remedy(first, name, remedy):
    assert container(first)[0].startswith(name) and remedy in container(first)[1]
