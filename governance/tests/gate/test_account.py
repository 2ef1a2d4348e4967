"""What the gate says of a delivery's columns before a row of it is looked at."""

import hashlib

import pytest

from c360.clause.kinds import PRESENT, READABLE, UNEXPECTED_COLUMNS
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.gate.account import Refused, look_at_columns, unreadable
from c360.model import Clause, Column, Dataset

NAMES = ("id", "name", "born", "town")


def clause(kind, column=None, argument=None, severity="error") -> Clause:
    return Clause(f"t.{column or kind.name}", "c", "1.0.0", "t", column, kind, argument, severity)


def dataset(extra: Clause | None = None, required: bool = True) -> Dataset:
    columns = tuple(Column(name, name, "text", "string", required, "public", "") for name in NAMES)
    clauses = [clause(PRESENT, name) for name in NAMES]
    return Dataset("t", "t", "raw", "", columns, (*clauses, *([extra] if extra else [])), (), None)


@pytest.fixture
def delivered(tmp_path):
    def write(text: str, described: Dataset) -> Delivery:
        path = tmp_path / "t.csv"
        path.write_text(text)
        return Delivery(path, Form(), described)

    return write


def test_all_columns_in_any_order(delivered):
    findings = look_at_columns(delivered("town,name,born,id\n", dataset()), dataset())
    assert [(f.engine, f.outcome, f.measured) for f in findings] == [("gate", "passed", 0)] * 4


def test_columns_that_lack_are_named_and_the_rest_of_the_file_is_hashed(delivered):
    text = "id\n1\n"
    delivery = delivered(text, dataset())
    with pytest.raises(
        Refused, match=r"it lacks the column 'name', lacks the column 'born', …?.*'town' \(t\.name, t"
    ) as no:
        look_at_columns(delivery, dataset())
    assert [f.outcome for f in no.value.findings] == ["passed", "failed", "failed", "failed"]
    assert delivery.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_a_column_that_may_be_empty_may_be_absent_and_is_a_warning(delivered):
    loose = dataset(clause(UNEXPECTED_COLUMNS, argument=False), required=False)
    delivery = delivered("id,town\n1,x\n", loose)
    assert [f.outcome for f in look_at_columns(delivery, loose)] == ["passed", "warned", "warned", "passed", "passed"]
    assert delivery.absent == ["name", "born"]
    for header, why in (("id,town,NAME", "lacks the column 'name'"), ("a,b", "lacks the column 'id'")):
        with pytest.raises(Refused, match=why):
            look_at_columns(delivered(f"{header}\n", loose), loose)
    allowed = dataset(clause(UNEXPECTED_COLUMNS, argument=True), required=False)
    with pytest.raises(Refused, match="lacks the column 'id'"):
        look_at_columns(delivered("a,b\n", allowed), allowed)


def test_what_no_contract_knows_is_counted_and_not_shown(delivered):
    strict = dataset(clause(UNEXPECTED_COLUMNS, argument=False))
    text = "id,name,born,town,zebedee@example.com,4111\n"
    with pytest.raises(Refused, match="it has 2 columns that no contract knows") as no:
        look_at_columns(delivered(text, strict), strict)
    assert "zebedee" not in str(no.value)
    allowed = dataset(clause(UNEXPECTED_COLUMNS, argument=True))
    assert look_at_columns(delivered(text, allowed), allowed)[-1].outcome == "passed"


def test_a_promise_that_only_warns_refuses_nothing(delivered):
    mild = dataset(clause(UNEXPECTED_COLUMNS, argument=False, severity="warning"))
    findings = look_at_columns(delivered("id,name,born,town,more\n", mild), mild)
    assert (findings[-1].outcome, findings[-1].measured) == ("warned", 1)


def test_a_file_in_another_form_is_told_what_it_looks_like(delivered):
    with pytest.raises(Refused, match="it looks like `;`-separated") as no:
        look_at_columns(delivered("id;name;born;town\n", dataset()), dataset())
    assert "--delimiter ';'" in no.value.remedy


def test_lines_that_are_no_record_break_the_clause_that_says_so(delivered):
    described = dataset(clause(READABLE))
    delivery = delivered("id,name,born,town\n1,2\n1,2,3,4\n", described)
    while delivery.read():
        pass
    assert unreadable(described, delivery) == {"t.readable": 1}
    assert unreadable(dataset(), delivery) == {}
