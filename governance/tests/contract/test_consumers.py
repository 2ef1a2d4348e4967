"""Consumers say what they use: ranges of versions, columns; what is not sound is told with its line."""

import pytest
import yaml

from c360.contract import load_contract
from c360.contract.consumers import Consumer, consumers, in_range
from c360.contract.load import contract_files
from c360.errors import Breach
from governance.tests.compat.examples import CONTRACT

GOOD = {"name": "crm", "contact": "#crm", "contract": "orders", "versions": "1.x", "columns": ["orders.amount", "kind"]}


def read(folder, said, name="crm"):
    file = folder / "contracts" / "consumers" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(said if isinstance(said, str) else yaml.safe_dump(said, sort_keys=False))
    contract = load_contract(folder / "contracts/sources/orders/1.0.0.odcs.yaml", None, CONTRACT)
    return consumers(folder / "contracts", [contract])


def test_a_consumer_is_read(tmp_path):
    settled = {"acknowledged": [{"version": "2.0.0", "by": "ann", "date": "2026-01-31"}]}
    (found,) = read(tmp_path, GOOD | settled | {"contract": "urn:shop:orders"})
    assert (found.contract, found.columns, found.waivers) == ("orders", ("orders.amount", "kind"), ())
    assert found.acknowledged[0].day.isoformat() == "2026-01-31"
    assert read(tmp_path / "none", GOOD, "crm") and consumers(tmp_path / "nothing", []) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "other"}, "1: the name 'other' is not that of the file"),
        ({"contact": None}, "2: contact is missing"),
        ({"contact": "x" * 201}, "2: contact is missing, or no short text"),
        ({"contact": ["#a"]}, "2: contact is missing"),
        ({"contract": "nope"}, "3: there is no contract 'nope'"),
        ({"versions": "newest"}, "4: 'newest' is no range of versions"),
        ({"versions": ">=1.0.0 or 2"}, "4: "),
        ({"columns": "amount"}, "columns is no list of names"),
        ({"columns": ["amount", "colour"]}, "no version that it uses has a column 'colour'"),
        ({"surprise": 1}, "'surprise' means nothing here"),
        ({"acknowledged": "yes"}, "acknowledged is no list of mappings"),
        ({"acknowledged": [{"version": "2.0.0", "by": "ann"}]}, "date is missing"),
        ({"acknowledged": [{"version": "2.0.0", "by": "ann", "date": "soon"}]}, "date is no day"),
        ({"waivers": [{"version": "2.0.0", "until": "2026-01-01"}]}, "by is missing"),
    ],
)
def test_what_is_not_sound_is_told_with_its_line(tmp_path, change, told):
    with pytest.raises(Breach) as refused:
        read(tmp_path, GOOD | change)
    assert "crm.yaml:" in refused.value.message and told in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["- a list", "a: &x 1\nb: *x", "a: [", "\0", "name: {a: 1}"])
def test_hostile_text_is_refused(tmp_path, text):
    with pytest.raises(Breach):
        read(tmp_path, text)


def test_a_consumer_is_no_contract(tmp_path):
    folder = tmp_path / "contracts"
    inside = folder / "sources" / "consumers" / "1.0.0.odcs.yaml"
    for file in (inside, folder / "consumers" / "crm.yaml", folder / "consumers" / "crm.odcs.yaml"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("kind: DataContract\n")
    assert contract_files(folder) == [inside], "a contract may be named consumers"


@pytest.mark.parametrize(
    ("versions", "inside", "outside"),
    [
        ("1.x", ["1.0.0", "1.9.9"], ["2.0.0", "0.9.0", "10.0.0"]),
        ("1", ["1.2.3"], ["2.0.0"]),
        ("1.2.x", ["1.2.9"], ["1.3.0", "1.20.0"]),
        ("1.2.0", ["1.2.0"], ["1.2.1"]),
        (">=1.2.0 <3", ["1.2.0", "2.9.9"], ["1.1.9", "3.0.0"]),
        (">= 1.2, < 2.1.0", ["1.2.0", "2.0.9"], ["2.1.0"]),
        (">1", ["2.0.0"], ["1.9.0"]),
        ("<=1", ["1.9.0", "0.1.0"], ["2.0.0"]),
    ],
)
def test_ranges(versions, inside, outside):
    assert [v for v in [*inside, *outside] if in_range(v, versions)] == inside


def test_a_part_of_a_column_reaches_who_uses_the_column(tmp_path):
    user = Consumer(tmp_path, "crm", "", "orders", "1.x", ("place", "people.dot.ted"))
    assert user.uses("orders", "place.city") and user.uses("orders", "place") and user.uses("people", "dot.ted")
    assert not user.uses("orders", "placed") and not user.uses("orders", "dot.ted") and not user.uses("people", "dot")
    assert user.uses("", "") and user.uses("orders", "")
    assert Consumer(tmp_path, "crm", "", "orders", "1.x").uses("orders", "anything")
