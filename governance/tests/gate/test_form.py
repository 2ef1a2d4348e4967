"""The form of a delivery: said in the contract, told again for one run, and never guessed."""

import pytest

from c360.errors import Breach
from c360.gate.form import Form
from c360.model import Dataset


def dataset(**delivery) -> Dataset:
    return Dataset("t", "t", "raw", "", (), (), (), None, custom={"delivery": delivery})


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
        ({"decimal": ""}, "a decimal that is not one character"),
        ({"delimiter": ";", "quote": ";"}, "one character for two things"),
        ({"decimal": ",", "thousands": ","}, "one character for two things"),
        ({"encoding": "utf-99"}, "an encoding that is not known"),
        ({"encoding": "hex"}, "an encoding that is not known"),
        ({"compression": "rar"}, "a compression that is not known"),
    ],
)
def test_what_makes_no_sense_is_told(told, said):
    with pytest.raises(Breach, match=f"The custom property delivery of t (has|names|uses|knows)? ?.*{said}") as raised:
        Form.of(dataset(**told))
    assert raised.value.remedy


def test_names_of_the_header():
    columns = {"id": "Id", "größe": "Größe"}
    assert Form().name_of("Id", columns) == "Id"
    assert Form().name_of("ID", columns) is None
    assert Form(ignore_case=True).name_of("GRÖSSE", columns) is None, "ß is no ss in a name"
    assert Form(ignore_case=True).name_of("ID", columns) == "Id"
    assert Form(aliases={"Kennung": "Id"}).name_of("Kennung", columns) == "Id"
