"""Each rule of the linter has a contract that breaks it, and is told with the line."""

import json
from pathlib import Path

import pytest

from c360.cli import main
from c360.contract.classifications import classifications
from c360.contract.lint import lint

ROOT = Path(__file__).parents[3]
GOOD = (ROOT / "contracts/sources/transactions/1.0.0.odcs.yaml").read_text()
CONTACTS = (ROOT / "contracts/sources/contacts/1.0.0.odcs.yaml").read_text()
CUSTOMERS = (ROOT / "contracts/products/customers/1.1.0.odcs.yaml").read_text()

BROKEN = {
    "schema of ODCS": ("status: active", "status: active\nsurprise: 1", "surprise", "surprise"),
    "unknown classification": (
        "classification: public",
        "classification: secret",
        "'secret' is unknown",
        "secret",
    ),
    "no classification": (
        "        classification: public\n        enum",
        "        enum",
        "no classification",
        "name: category",
    ),
    "unknown type": ("physicalType: integer", "physicalType: intger", "'intger' is unknown", "intger"),
    "no type": ("        physicalType: integer\n", "", "no physicalType", "name: item_count"),
    "no description": (
        "        description: How many items were bought.\n",
        "",
        "no description",
        "name: item_count",
    ),
    "reference to no table": ("to: contacts.id", "to: nowhere.id", "no table 'nowhere'", "to: nowhere.id"),
    "reference to no column": ("to: contacts.id", "to: contacts.key", "no column 'key'", "to: contacts.key"),
    "SLA on no column": (
        "element: transactions._loaded_at_utc",
        "element: transactions.nope",
        "nope",
        "nope",
    ),
    "a rule for nobody": (
        "        metric: rowCount\n        mustBeGreaterThan: 0",
        "        type: custom\n        engine: greatExpectations\n        implementation: x",
        "nobody enforces",
        "id: not_empty",
    ),
    "two columns of one name": ("name: item_count", "name: amount", "two columns are named amount", None),
    "a bound out of reach": (
        "        metric: rowCount\n        mustBeGreaterThan: 0",
        "        metric: rowCount\n        mustBeLessThan: 0",
        "can never hold",
        "mustBeLessThan",
    ),
    "no team": (GOOD[GOOD.index("team:") : GOOD.index("support:")], "", "no team", None),
    "YAML": ("status: active", "status: [active", "not valid YAML", None),
    "alias": ("status: active", "status: &a active\ntenant2: *a", "aliases", "*a"),
}


def write(folder: Path, text: str, **others: str) -> Path:
    for name, content in {"transactions": text, "contacts": CONTACTS, **others}.items():
        file = folder / "sources" / name / "1.0.0.odcs.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def test_the_contracts_here_are_sound():
    assert lint(ROOT / "contracts", classifications()) == []


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_told_with_file_and_line(rule, tmp_path):
    before, after, message, marker = BROKEN[rule]
    assert before in GOOD
    text = GOOD.replace(before, after, 1)
    found = lint(write(tmp_path, text), classifications())
    told = [f for f in found if message in f.message]
    assert told, found
    assert told[0].file.parent.name == "transactions"
    if marker:
        lines = [number for number, line in enumerate(text.splitlines(), 1) if marker in line]
        assert told[0].line in lines, (told[0], lines)


def test_two_contracts_that_claim_one_table(tmp_path):
    other = GOOD.replace("customer360:transactions", "customer360:orders").replace("name: transactions", "name: orders")
    other = other.replace("element: transactions", "element: orders")
    found = lint(write(tmp_path, GOOD, orders=other), classifications())
    assert [f for f in found if "collide on the table raw.transactions" in f.message]


def test_a_column_for_each_value_of_no_enum(tmp_path):
    other = CUSTOMERS.replace("enum: transactions.category", "enum: transactions.kind")
    found = lint(write(tmp_path, GOOD, customers=other), classifications())
    assert [f for f in found if "there is no column 'transactions.kind'" in f.message]


def test_the_command_says_where_and_exits_1(tmp_path, capsys):
    folder = write(tmp_path, GOOD.replace("classification: public", "classification: secret", 1))
    with pytest.raises(SystemExit) as stopped:
        main(["lint", str(folder), "--json"])
    out = capsys.readouterr()
    assert stopped.value.code == 1
    (finding,) = json.loads(out.out)
    assert finding["path"] == "schema[0].properties[5].classification"
    assert "c360 generate" in out.err


def test_a_warning_is_no_breach(tmp_path, capsys):
    before = "logicalTypeOptions: {minimum: 1}\n"
    rule = "        quality:\n          - {id: any, metric: nullValues, mustBeGreaterOrEqualTo: 0}\n"
    text = GOOD.replace(before, before + rule)
    folder = write(tmp_path, text)
    with pytest.raises(SystemExit) as stopped:
        main(["lint", str(folder)])
    out = capsys.readouterr().out
    assert stopped.value.code == 0
    assert "mustBeGreaterOrEqualTo: warning: mustBeGreaterOrEqualTo 0 can never fail" in out
    assert "The contracts are sound." in out


def test_a_rule_that_could_never_fail_is_refused_by_lint_and_generate(tmp_path, capsys):
    text = GOOD.replace(
        "metric: rowCount\n        mustBeGreaterThan: 0", "metric: duplicateValues\n        mustBe: '0'"
    )
    folder = write(tmp_path, text)
    for command in (["lint", str(folder)], ["generate", "--contracts", str(folder), "--out", str(tmp_path / "out")]):
        with pytest.raises(SystemExit) as stopped:
            main(command)
        told = capsys.readouterr()
        assert stopped.value.code == 1 and "mustBe of not_empty is no number" in told.out + told.err
