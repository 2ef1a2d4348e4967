"""Editing a contract's life: only those lines change, however the file is written."""

from pathlib import Path

import pytest
import yaml

from c360.contract.edit import edited
from c360.errors import CouldNotTell

PATH = Path("1.0.0.odcs.yaml")
END = {"sunset": "2027-01-31", "replacement": "2.0.0"}
BLOCK = """\
# Orders.
kind: DataContract
status: active   # since spring
customProperties:
  # what we call it
  - property: system
    value: web
schema:
  - name: orders # one row an order
"""


def test_status_and_new_properties_are_the_only_lines_that_change():
    text = edited(PATH, BLOCK, "deprecated", END)
    assert text == BLOCK.replace("status: active", "status: deprecated").replace(
        "  - property: system",
        '  - {property: replacement, value: "2.0.0"}\n  - {property: sunset, value: "2027-01-31"}\n'
        "  - property: system",
    )


def test_twice_is_once():
    once = edited(PATH, BLOCK, "deprecated", END)
    assert edited(PATH, once, "deprecated", END) == once
    later = edited(PATH, once, "deprecated", END | {"sunset": "2028-01-31"})
    assert later == once.replace("2027-01-31", "2028-01-31")


@pytest.mark.parametrize(
    "text",
    [
        "kind: DataContract\n",
        "kind: DataContract",
        'kind: DataContract\nstatus: "draft"\n',
        "status: draft\nkind: DataContract\nschema:\n- name: a\n",
        "kind: DataContract\ncustomProperties: []\nschema: []\n",
        "kind: DataContract\ncustomProperties: [{property: a, value: 1}]\n",
        "kind: DataContract\ncustomProperties:\n- property: sunset\n  value: 2026-01-01\n- {property: a, value: 1}\n",
        "kind: DataContract\r\nstatus: draft\r\nschema: []\r\n",
    ],
)
def test_ways_to_write_a_contract(text):
    after = edited(PATH, text, "deprecated", END)
    read = yaml.safe_load(after)
    said = {entry["property"]: str(entry["value"]) for entry in read["customProperties"]}
    assert read["status"] == "deprecated" and END.items() <= said.items()
    assert edited(PATH, after, "deprecated", END) == after


@pytest.mark.parametrize("text", ["{kind: DataContract, schema: []}", "kind: DataContract\ncustomProperties: none\n"])
def test_what_cannot_be_edited_is_said(text):
    with pytest.raises(CouldNotTell, match=r"1\.0\.0\.odcs\.yaml is written in a way that cannot be edited"):
        edited(PATH, text, "deprecated", END)
