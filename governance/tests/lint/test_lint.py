"""Each rule of the linter has a contract that breaks it, and is told with the line."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from c360.cli import main
from c360.contract import document
from c360.contract.classifications import classifications
from c360.contract.findings import RULES, LintRules
from c360.errors import CouldNotTell
from c360.lint.lint import lint

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
    "a word in two spellings": (
        "- name: category\n",
        "- name: category\n        businessName: TRANSACTIONS\n",
        "the business word 'TRANSACTIONS' is 'transactions' in transactions 1.0.0",
        "businessName: TRANSACTIONS",
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
        assert any(finding.line in lines for finding in told), (told, lines)


def test_two_contracts_that_claim_one_table(tmp_path):
    other = GOOD.replace("customer360:transactions", "customer360:orders").replace("name: transactions", "name: orders")
    other = other.replace("element: transactions", "element: orders")
    found = lint(write(tmp_path, GOOD, orders=other), classifications())
    assert [f for f in found if f.rule == "collision" and "the table 'raw.transactions' of" in f.message]


def test_a_column_for_each_value_of_no_enum(tmp_path):
    other = CUSTOMERS.replace("enum: transactions.category", "enum: transactions.kind")
    found = lint(write(tmp_path, GOOD, customers=other), classifications())
    assert [f for f in found if "there is no column 'transactions.kind'" in f.message]


def test_the_command_says_where_and_exits_1(tmp_path, capsys):
    (tmp_path / "c360.toml").write_text("[lint]\nstrict = true\n")
    folder = write(tmp_path, GOOD.replace("classification: public", "classification: secret", 1))
    with pytest.raises(SystemExit) as stopped:
        main(["lint", str(folder), "--json"])
    out = capsys.readouterr()
    assert stopped.value.code == 1
    finding = json.loads(out.out)[0]
    assert (finding["path"], finding["rule"]) == ("schema[0].properties[5].classification", "unknown-classification")
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
    assert "Valid: 2 contracts, 1 warning." in out


def test_a_rule_that_could_never_fail_is_refused_by_lint_and_generate(tmp_path, capsys):
    text = GOOD.replace(
        "metric: rowCount\n        mustBeGreaterThan: 0", "metric: duplicateValues\n        mustBe: '0'"
    )
    (tmp_path / "c360.toml").write_text("[lint]\nstrict = true\n")
    folder = write(tmp_path, text)
    for command in (["lint", str(folder)], ["generate", "--contracts", str(folder), "--out", str(tmp_path / "out")]):
        with pytest.raises(SystemExit) as stopped:
            main(command)
        told = capsys.readouterr()
        assert stopped.value.code == 1 and "mustBe of not_empty is no number" in told.out + told.err


@pytest.mark.parametrize(
    ("kind", "bound", "what"),
    [
        ("date", "2026-02-30", "no day"), ("date", "soon", "no day"),
        ("timestamp", "2026-02-30T00:00:00", "no ISO 8601"),
        ("integer", "many", "no number"), ("numeric(9, 2)", "1,5", "no number"), ("integer", "NaN", "no number"),
    ],
)  # fmt: skip
def test_a_bound_is_one_of_its_column(tmp_path, kind, bound, what):
    logical = {"numeric(9, 2)": "number"}.get(kind, kind)
    column = (
        f"logicalType: {logical}\n        physicalType: {kind}\n        logicalTypeOptions: {{minimum: '{bound}'}}\n"
    )
    text = re.sub(r"logicalType: integer\n +logicalTypeOptions: .minimum: 1.\n +physicalType: integer\n", column, GOOD)
    assert column in text
    (found,) = [f for f in lint(write(tmp_path, text), classifications()) if f.rule == "not-rendered"]
    assert what in found.message


WRONG = {
    "logicalTypeOptions: {minimum: 1}": "logicalTypeOptions: {minimum: 1, maxLength: x}",
    "to: contacts.id": "to: contacts.key",
    "metric: rowCount\n": "metric: rowCount\n        unit: percent\n",
    "classification: public": "classification: secret",
    "column_anomalies: [": "column_anomalies: [median, ",
    "status: active": "status: active\nsurprise: 1",
}
"""Of every stage that looks at a contract: the schema, our own checks, reading into clauses, rendering for a tool."""


def test_all_that_is_wrong_is_told_in_one_run_each_with_its_line(tmp_path):
    text = GOOD
    for before, after in WRONG.items():
        assert before in text, before
        text = text.replace(before, after, 1)
    found = lint(write(tmp_path, text), classifications())
    assert {"schema", "leads-nowhere", "unclear", "unknown-classification", "not-rendered"} <= {f.rule for f in found}
    lines = text.splitlines()
    for finding in found:
        last = re.findall(r"[A-Za-z_]+", finding.path)[-1:]
        assert finding.line > 1 and (not last or last[0] in lines[finding.line - 1] or "- " in lines[finding.line - 1])


def test_a_file_that_cannot_be_read_silences_no_other(tmp_path):
    folder = write(tmp_path, GOOD.replace("classification: public", "classification: secret", 1), contacts="a: [")
    assert {"unreadable", "unknown-classification", "not-rendered"} <= {f.rule for f in lint(folder, classifications())}


def test_one_file_is_seen_among_the_others(tmp_path):
    folder = write(tmp_path, GOOD, contacts=CONTACTS.replace("status: active", "status: active\nsurprise: 1"))
    file = folder / "sources" / "transactions" / "1.0.0.odcs.yaml"
    assert lint(file, classifications()) == []
    assert [f.rule for f in lint(folder, classifications())] == ["schema"]
    beside = tmp_path / "flat"
    beside.mkdir()
    (beside / "a.odcs.yaml").write_text(GOOD)
    assert {f.rule for f in lint(beside / "a.odcs.yaml", classifications())} >= {"leads-nowhere"}
    (beside / "b.odcs.yaml").write_text(CONTACTS)
    assert lint(beside / "a.odcs.yaml", classifications()) == []


def test_a_file_is_parsed_once_however_much_is_found(tmp_path, monkeypatch):
    parsed, levels = [], classifications()
    whole = document._composed
    monkeypatch.setattr(document, "_composed", lambda text: parsed.append(len(text)) or whole(text))
    columns = "".join(f"      - name: column_{i}\n" for i in range(100))
    folder = write(tmp_path, GOOD, wide=f"{WIDE}{columns}")
    found = lint(folder, levels)
    assert len(found) > 300 and len(parsed) == 3


WIDE = """\
apiVersion: v3.2.0
kind: DataContract
id: wide
name: wide
version: 1.0.0
status: active
schema:
  - name: wide
    properties:
"""
BARE = f"{WIDE}      - name: a\n"


def test_strict_rules_warn_and_are_errors_where_the_project_is_strict(tmp_path):
    (tmp_path / "wide.odcs.yaml").write_text(BARE)
    rules = {"no-team", "no-support", "no-description", "no-classification", "no-type"}
    for strict, severity in ((True, "error"), (False, "warning")):
        found = lint(tmp_path, classifications(), LintRules(strict=strict))
        assert {(f.rule, f.severity) for f in found} == {(rule, severity) for rule in rules}


def test_a_rule_is_off_for_a_reason(tmp_path):
    (tmp_path / "wide.odcs.yaml").write_text(BARE)
    rules = LintRules(off={"no-team": "a sandbox", "no-type": "views carry none"})
    found = {f.rule for f in lint(tmp_path, classifications(), rules)}
    assert found == {"no-support", "no-description", "no-classification"}
    wrong = {"no-taem": "is no rule of lint", "schema": "is always an error"}
    for rule, said in wrong.items():
        with pytest.raises(CouldNotTell, match=said):
            LintRules(off={rule: "a reason"})
    with pytest.raises(CouldNotTell, match="without a reason"):
        LintRules(off={"no-team": " "})


def test_every_rule_is_told_what_it_is_for():
    assert all(re.fullmatch("[a-z-]+", rule) and said for rule, (_, said) in RULES.items())


def test_sql_may_name_the_raw_schema_of_the_project(tmp_path):
    rule = "- {id: named, type: sql, mustBe: 0, query: select count(*) from landed.readings where a < 0}"
    text = (
        "apiVersion: v3.2.0\nkind: DataContract\nid: r\nname: r\nversion: 1.0.0\nstatus: active\nschema:\n"
        f"- name: readings\n  quality:\n  {rule}\n  properties:\n  - {{name: a, physicalType: integer}}\n"
    )
    (tmp_path / "r.odcs.yaml").write_text(text)
    told = {
        schema: [f.rule for f in lint(tmp_path, ["public"], raw_schema=schema) if "landed" in f.message]
        for schema in ("landed", "raw")
    }
    assert told["landed"] == [] and told["raw"]


def test_the_guide_lists_every_rule():
    guide = (ROOT / "docs/contracts.md").read_text(encoding="utf-8").partition("## Rules of lint")[2]
    listed = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.+) \|$", guide, re.MULTILINE)
    assert {name: (level, text) for name, level, text in listed} == RULES


def test_the_settings_in_the_guide_are_taken():
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.DOTALL)
    assert LintRules(off=tomllib.loads(example)["lint"]["off"]).off


def ran(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, arguments)))
    out = capsys.readouterr()
    return stopped.value.code, out.out, out.err


def test_what_is_an_error_stops_the_others_with_the_same_words(tmp_path, capsys):
    text = GOOD.replace("classification: public", "classification: public\n        requird: true", 1)
    folder = write(tmp_path / "contracts", text)
    found = lint(folder, classifications(), LintRules(strict=False))
    (error,) = [f for f in found if f.severity == "error"]
    for command in (["generate", "--out", tmp_path / "out"], ["ingest", "transactions", "x.csv"], ["coverage"],
                    ["verify"], ["publish", "--out", tmp_path / "site"]):  # fmt: skip
        code, _, err = ran(capsys, *command, "--contracts", folder)
        assert code == 1 and str(error) in err and "c360 lint" in err, (command, err)
    assert not (tmp_path / "out").exists() and not (tmp_path / "site").exists()


def test_strictness_is_that_of_the_contracts_own_project(tmp_path, capsys):
    for name, setting in (("strict", "[lint]\nstrict = true\n"), ("lenient", "")):
        (tmp_path / name / "contracts").mkdir(parents=True)
        (tmp_path / name / "c360.toml").write_text(setting)
        (tmp_path / name / "contracts" / "wide.odcs.yaml").write_text(BARE)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "wide.odcs.yaml").write_text(BARE)
    for place, code in (("strict/contracts", 1), ("lenient/contracts", 0), ("none", 0)):
        assert ran(capsys, "lint", tmp_path / place)[0] == code, place
        assert ran(capsys, "coverage", "--contracts", tmp_path / place)[0] == code, place


def test_the_closing_line_counts(tmp_path, capsys):
    (tmp_path / "wide.odcs.yaml").write_text(BARE)
    _, out, _ = ran(capsys, "lint", tmp_path)
    assert out.splitlines()[-1] == f"Valid: 1 contract, {len(out.splitlines()) - 1} warnings."


def test_another_standard_is_told_once_with_the_way_to_convert_it(tmp_path, capsys):
    (tmp_path / "o.yaml").write_text("dataContractSpecification: 1.2.1\nid: o\ninfo: {title: O, version: 1.0.0}\n")
    file = tmp_path / "o.yaml"
    code, out, err = ran(capsys, "diff", file, file)
    assert code == 2 and f"c360 import {file}" in err
    code, out, err = ran(capsys, "lint", file)
    assert code == 1 and f"c360 import {file}" in out and len(out.splitlines()) == 1


@pytest.mark.parametrize(
    "kind", ["citext", "hstore", "name", '"char"', "app.mood", "app.mood[]", "float(24)", "vector(3)"]
)
def test_a_type_of_the_database_is_no_error_and_is_told(kind, tmp_path):
    found = lint(
        write(tmp_path, GOOD.replace("physicalType: integer", f"physicalType: '{kind}'", 1)), classifications()
    )
    told = [f for f in found if kind.removesuffix("[]") in f.message]
    assert told and {(f.rule, f.severity) for f in told} == {("not-enforced", "warning")}
    assert "Use a Postgres type" not in "".join(f.message for f in told)


def test_a_bad_name_is_told_once(tmp_path):
    found = lint(write(tmp_path, GOOD.replace("name: item_count", "name: '{{ 7*7 }}'")), classifications())
    assert [f.rule for f in found if "7*7" in f.message] == ["name"]


def test_one_wrong_name_inside_a_property_blames_no_other(tmp_path):
    (tmp_path / "o.odcs.yaml").write_text(
        f"{WIDE}      - {{name: a, logicalType: object, properties: [{{name: b, enumm: [x]}}]}}\n"
    )
    found = [f for f in lint(tmp_path, classifications(), LintRules(strict=False)) if f.severity == "error"]
    assert [f.path for f in found] == ["schema[0].properties[0].properties[0].enumm"]
