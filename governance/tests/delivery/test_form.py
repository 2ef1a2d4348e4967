"""The form of a delivery: said in the contract, told again for one run, and never guessed."""

import pytest

from c360.delivery.form import Form
from c360.errors import Breach
from c360.model import Column, Dataset


def dataset(*columns: str, **delivery) -> Dataset:
    made = tuple(Column(name, name, "text", "string", False, "public", "") for name in columns)
    return Dataset("t", "t", "raw", "", made, (), (), None, custom={"delivery": delivery})


NO_TEXT = (
    "undefined",
    "base64",
    "rot13",
    "idna",
    "punycode",
    "unicode_escape",
    "raw_unicode_escape",
    "UTF7",
    "charmap",
)


def test_silence_is_plain_csv_in_utf_8():
    assert Form.of(dataset()) == Form(",", '"', "utf-8", (), ".", "", "", "", False)
    assert Form().as_json() == {}


def test_what_the_contract_says_and_what_is_given_for_one_run():
    described = dataset(delimiter=";", decimal=",", nullValues=["NA", 0], dateFormat="dd.MM.yyyy", ignoreCase=True)
    form = Form.of(described)
    assert (form.delimiter, form.decimal, form.null_values, form.ignore_case) == (";", ",", ("NA", "0"), True)
    given = Form.of(described, delimiter="|", decimal=None, null_values=())
    assert (given.delimiter, given.decimal, given.null_values) == ("|", ",", ("NA", "0"))
    assert Form.read(form.as_json(), described) == form, "a replay reads its rows as they came"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"delimeter": ";"}, "knows no 'delimeter'"),
        ({"delimiter": ";;"}, "a delimiter that is not one character"),
        ({"delimiter": "\n"}, "a delimiter that is not one character"),
        ({"quote": "é"}, "a quote that is not one character"),
        *(({"thousands": mark}, "a thousands that is not one character") for mark in "\u2028\u0301\ue000"),
        ({"decimal": "\u066b"}, "a decimal that is not one character"),
        ({"decimal": ""}, "a decimal that is not one character"),
        ({"delimiter": ";", "quote": ";"}, "one character for two things"),
        ({"decimal": ",", "thousands": ","}, "one character for two things"),
        ({"encoding": "utf-99"}, "an encoding that is not known"),
        ({"encoding": "hex"}, "an encoding that is not known"),
        ({"compression": "rar"}, "a compression that is not known"),
        *(
            ({mark: "5"}, f"a {mark} that is a part of values")
            for mark in ("delimiter", "quote", "decimal", "thousands")
        ),
        *(({"decimal": mark}, "a decimal that is a part of values") for mark in "-+eE0 x"),
        *(({"thousands": mark}, "a thousands that is a part of values") for mark in "-+eE0x"),
        ({"delimiter": "e"}, "a delimiter that is a part of values"),
        ({"quote": "'", "thousands": "'"}, "one character for two things"),
        ({"quote": ",", "delimiter": ";", "decimal": ","}, "one character for two things"),
        *(({"encoding": name}, "an encoding that is not known") for name in NO_TEXT),
        *(({"nullValues": [null]}, "nullValues that are no text") for null in (False, None, 1.10, ["NA"], {"a": 1})),
        ({"nullValues": False}, "nullValues that are no text"),
        ({"ignoreCase": "no"}, "an ignoreCase that is neither true nor false"),
        *(({"aliases": odd}, "aliases that are no names") for odd in (["a"], "a", {1: "id"}, {"a": 1}, {"a": None})),
        *(({name: 5}, f"{name} that is no text") for name in ("delimiter", "decimal", "dateFormat", "compression")),
        ({"encoding": 8}, "encoding that is no text"),
        ({"aliases": {"No": "ID"}}, "an alias of 'ID', which is no column"),
    ],
)
def test_what_makes_no_sense_is_told(told, said):
    with pytest.raises(Breach, match=f"The custom property delivery of t (has|names|uses|knows)? ?.*{said}") as raised:
        Form.of(dataset("id", **told))
    assert raised.value.remedy


@pytest.mark.parametrize(
    "name", ["latin-1", "cp1252", "utf-8-sig", "utf-16", "utf-32-le", "cp037", "shift_jis", "iso2022_jp"]
)
def test_encodings_of_text(name):
    assert Form.of(dataset(encoding=name)).encoding == name


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("yyyy-MM-dd HH:mm:HH", "has HH twice"),
        ("dd.MM.yyyy dd", "has dd twice"),
        ("dd.MM.yyyy mm:ss", "has ss without what is larger"),
        ("yyyy-MM-dd HH:ss", "has ss without what is larger"),
        ("dd.MM.yyyy HH:mm.SSS", "has S without what is larger"),
    ],
)
def test_formats_that_leave_it_open_what_a_text_means(form, said):
    with pytest.raises(Breach, match=f"The format .* {said}"):
        Form.of(dataset(timestampFormat=form))


def test_names_that_differ_in_case_alone():
    assert Form.of(dataset("id", "ID", ignoreCase=False)).name_of("ID", {"id": "id"}) is None
    for told in (
        dataset("id", "ID", ignoreCase=True),
        dataset("id", ignoreCase=True, aliases={"No": "id", "NO": "id"}),
    ):
        with pytest.raises(Breach, match=r"ignores the case, in which alone .* differ"):
            Form.of(told)


def test_parquet_has_the_names_out_of_it():
    form = Form.of(dataset("id", decimal=",", thousands=".", nullValues=["x"], ignoreCase=True, aliases={"No": "ID"}))
    assert form.of_parquet() == Form(ignore_case=True, aliases={"No": "ID"})


def test_names_of_the_header():
    columns = {"id": "Id", "größe": "Größe"}
    assert Form().name_of("Id", columns) == "Id"
    assert Form().name_of("ID", columns) is None
    assert Form(ignore_case=True).name_of("GRÖSSE", columns) is None, "ß is no ss in a name"
    assert Form(ignore_case=True).name_of("ID", columns) == "Id"
    assert Form(aliases={"Kennung": "Id"}).name_of("Kennung", columns) == "Id"
    assert Form(aliases={"Kennung": "Id"}).name_of("KENNUNG", columns) is None
    assert Form(aliases={"Kennung": "ID"}, ignore_case=True).name_of("KENNUNG", columns) == "Id"
