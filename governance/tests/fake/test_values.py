"""Every invented value keeps its clauses, by a check of its own; keys stand once; a seed means the same."""

import re
from datetime import date, datetime
from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.clause import kinds
from c360.contract import load_contract
from c360.delivery.form import Form
from c360.fake import patterns
from c360.fake.tables import Maker

NOW = datetime(2026, 3, 1, 12)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """From properties, and what else a schema object says, to its dataset."""
    folder = tmp_path_factory.mktemp("contracts")

    def make(properties, name="things", document=None, **part):
        path = folder / "c.odcs.yaml"
        schema = {"name": name, "properties": properties, **part}
        path.write_text(yaml.safe_dump(
            {"kind": "DataContract", "id": name, "name": name, "version": "1.0.0", "schema": [schema]}
            | (document or {})
        ))  # fmt: skip
        return load_contract(path).datasets[0]

    return make


def made(dataset, rows=50, tables=None, seed=1, form=None):
    maker = Maker(dataset, tables or {}, form or Form(), NOW, seed)
    return maker.make(rows), maker.told


def column(name, physical, logical="string", **more):
    return {"name": name, "physicalType": physical, "logicalType": logical, **more}


BOUNDS = st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 3)).map(lambda pair: (pair[0], sum(pair)))
"""So near to each other that the bounds themselves are drawn."""


@given(BOUNDS, st.booleans(), st.sampled_from(["integer", "bigint", "numeric(12,2)", "double precision"]))
@settings(max_examples=40)
def test_numbers_lie_between_their_bounds(dataset, bounds, exclusive, physical):
    low, high = bounds[0], bounds[1] + 2
    names = ("exclusiveMinimum", "exclusiveMaximum") if exclusive else ("minimum", "maximum")
    options = dict(zip(names, (low, high), strict=True))
    table, told = made(dataset([column("n", physical, "number", required=True, logicalTypeOptions=options)]))
    values = [Decimal(text) for text in table["n"].to_pylist()]
    assert not told and all(low < v < high if exclusive else low <= v <= high for v in values)


@given(st.sampled_from([5, 6, 0.05, 0.25, 12]), BOUNDS)
@settings(max_examples=20)
def test_numbers_are_multiples(dataset, step, bounds):
    options = {"multipleOf": step, "minimum": bounds[0]}
    table, _ = made(dataset([column("n", "numeric(14,2)", "number", required=True, logicalTypeOptions=options)]))
    assert all(Decimal(text) % Decimal(str(step)) == 0 for text in table["n"].to_pylist())


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 9_000))
@settings(max_examples=30)
def test_days_lie_between_their_bounds_and_in_their_format(dataset, first, days):
    last = date.fromordinal(first.toordinal() + days)
    options = {"minimum": first.isoformat(), "maximum": last.isoformat()}
    table, _ = made(dataset([column("d", "date", "date", required=True, logicalTypeOptions=options)]))
    assert all(first <= date.fromisoformat(text) <= last for text in table["d"].to_pylist())
    table, _ = made(dataset([column("d", "text", "date", required=True, logicalTypeOptions={"format": "dd/MM/yyyy"})]))
    assert all(datetime.strptime(text, "%d/%m/%Y") for text in table["d"].to_pylist())


PATTERNS = [r"^[A-Z]{2}\d{3}$", "abc", r"^R-\d+$", r"^(a|bb)+$", r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
            r"^(?=.*\d)[a-z\d]{8,12}$",
            r"^\w+([-.]\w+)*$", r"^[^\\]+\\\w+$", r"^(\d)x\1$"]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_match_their_pattern(dataset, pattern):
    table, told = made(dataset([column("t", "text", required=True, logicalTypeOptions={"pattern": pattern})]))
    assert not told and all(re.search(pattern, text, re.ASCII) for text in table["t"].to_pylist())


@given(st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=20)
def test_texts_have_their_length(dataset, least, more):
    options = {"minLength": least, "maxLength": least + more}
    table, told = made(dataset([column("t", "text", required=True, logicalTypeOptions=options)]))
    assert not told and all(least <= len(text) <= least + more for text in table["t"].to_pylist())


KEYS = [
    [column("a", "integer", "integer", primaryKey=True)],
    [column("a", "text", primaryKey=True, logicalTypeOptions={"pattern": r"^[A-Z]{3}\d$"})],
    [column("a", "text", primaryKey=True, enum=[{"value": v} for v in "xyz"]),
     column("b", "smallint", "integer", primaryKey=True, logicalTypeOptions={"minimum": 1, "maximum": 500})],
    [column("a", "uuid", primaryKey=True), column("b", "varchar(20)", unique=True)],
]  # fmt: skip


@pytest.mark.parametrize("properties", KEYS)
def test_keys_stand_once(dataset, properties):
    described = dataset(properties)
    table, told = made(described, 300)
    assert table.num_rows == 300 and not told
    for kind in (kinds.PRIMARY_KEY, kinds.UNIQUE):
        for clause in kind.of(described):
            rows = list(zip(*(table[name].to_pylist() for name in clause.argument), strict=True))
            filled = [row for row in rows if None not in row]
            assert len(set(filled)) == len(filled)


def test_a_key_of_few_values_makes_few_rows(dataset):
    table, _ = made(dataset([column("a", "text", primaryKey=True, enum=[{"value": v} for v in "xyz"])]))
    assert sorted(table["a"].to_pylist()) == ["x", "y", "z"]


def test_a_seed_means_the_same_and_another_one_does_not(dataset):
    described = dataset(
        [column("id", "uuid", primaryKey=True), column("email", "text"), column("n", "integer", "integer")]
    )
    assert made(described)[0] == made(described)[0]
    assert made(described)[0] != made(described, seed=2)[0]


def test_mails_lie_in_domains_for_examples_and_what_is_said_beats_what_a_name_tells(dataset):
    table, _ = made(dataset([column("email", "text", required=True), column("city", "text", required=True,
                             logicalTypeOptions={"maxLength": 2})]))  # fmt: skip
    assert all(re.fullmatch(r"[a-z.]+@example\.(com|net|org)", text) for text in table["email"].to_pylist())
    assert all(len(text) <= 2 for text in table["city"].to_pylist())


def test_different_texts_are_as_many_as_a_pattern_has():
    import numpy as np

    rng = np.random.default_rng(1)
    assert sorted(patterns.distinct("^[ab]{2}$", rng, 100).to_pylist()) == ["aa", "ab", "ba", "bb"]
    found = patterns.uuids(rng, 1_000).to_pylist()
    assert len(set(found)) == 1_000 and all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", t) for t in found
    )
