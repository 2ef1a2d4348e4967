"""From anomaly rules of a contract to Elementary's tests: what is written, and what is refused."""

from pathlib import Path

import pytest
import yaml

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.load import load_contract
from c360.errors import Breach
from c360.generate import elementary, plan, target_of
from c360.settings import load

ROOT = Path(__file__).parents[3]
OURS = target_of(load({"C360_ROOT": str(ROOT)}))


def contract(tmp_path: Path, rule: object, column_rule: object = None):
    """A contract with one anomaly rule of the table, or of the column `secret`."""

    def quality(implementation):
        return [{"id": "odd", "type": "custom", "engine": "elementary", "implementation": implementation}]

    path = tmp_path / "sources" / "things.odcs.yaml"
    path.parent.mkdir(parents=True)
    properties = [
        {"name": "kind", "physicalType": "text", "classification": "public"},
        {"name": "secret", "physicalType": "text", "classification": "pii_direct"},
        {"name": "Kind of", "physicalType": "text", "classification": "public"},
        {"name": "loaded", "physicalName": "loaded_at", "physicalType": "timestamp", "classification": "public"},
    ]
    if column_rule:
        properties[1]["quality"] = quality(column_rule)
    part = {"name": "things", "properties": properties, "quality": quality(rule) if rule else []}
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "things", "name": "things", "version": "1.0.0",
        "schema": [part], "slaProperties": [{"property": "freshness", "value": 1, "element": "things.loaded"}],
    }  # fmt: skip
    path.write_text(yaml.safe_dump(document))
    return load_contract(path, tmp_path)


def test_time_runs_by_the_column_of_the_freshness_promise(tmp_path):
    made = contract(tmp_path, {"dimension_anomalies": {"dimensions": ["kind"]}})
    clause = next(c for c in made.datasets[0].clauses if c.kind.name == "anomaly")
    assert clause.id == "things.odd"
    assert elementary.anomaly_test(clause, made.datasets[0]) == (
        "elementary.dimension_anomalies",
        {"dimensions": ["kind"], "timestamp_column": "loaded_at"},
    )


@pytest.mark.parametrize(
    ("rule", "column_rule", "message"),
    [
        ({"dimension_anomalies": {"dimensions": ["secret"]}}, None, "would show values of secret"),
        (None, {"column_anomalies": {"column_anomalies": ["max"]}}, "would show values of secret"),
        (None, {"column_anomalies": {}}, "would show values of secret"),
        ({"volume_anomalies": {"where_expression": "1=1"}}, None, "takes no argument 'where_expression'"),
        ({"volume_anomalies": {"timestamp_column": "gone"}}, None, "has no column 'gone'"),
        ({"table_anomalies": {}}, None, "no test 'table_anomalies'"),
        ({"column_anomalies": {"column_anomalies": ["null_percent"]}}, None, "not in its place"),
        ({"volume_anomalies": {}, "schema_changes": {}}, None, "not one test of Elementary"),
        ({"volume_anomalies": [1]}, None, "not one test of Elementary"),
        ({"volume_anomalies": {"anomaly_direction": "{{ env_var('HOME') }}"}}, None, "Elementary would take"),
        ({"volume_anomalies": {"time_bucket": {"period": "day', now()); drop table x; --"}}}, None, "for SQL"),
        ({"dimension_anomalies": {"dimensions": ["Kind of"]}}, None, "'Kind of' for SQL"),
    ],
)
def test_what_is_refused_says_why(tmp_path, rule, column_rule, message):
    with pytest.raises(Breach, match=message):
        plan(Catalog.of([contract(tmp_path, rule, column_rule)]), OURS)


def test_every_gate_clause_has_a_test_and_only_refusals_fail():
    catalog = Catalog.of(find_contracts(ROOT / "contracts"))
    made, dataset = catalog.find("contacts")
    (source,) = yaml.safe_load(elementary.gate(made, dataset, "ward"))["sources"]
    (table,) = source["tables"]
    tests = [test for part in (table, *table["columns"]) for test in part["data_tests"]]
    severities = {
        t["ward.gate_clause"]["arguments"]["clause"]: t["ward.gate_clause"]["config"]["severity"] for t in tests
    }
    assert set(severities) == {clause.id for clause in dataset.clauses if clause.scope != "contract"}
    assert severities["contacts.freshness"] == severities["contacts.mail.present"] == "error"
    assert severities["contacts.mail.pattern"] == severities["contacts.id.physicalType"] == "warn"


def test_anomaly_tests_are_off_where_elementary_is_not():
    catalog = Catalog.of(find_contracts(ROOT / "contracts"))
    text = plan(catalog, OURS)["dbt_package/models/contracts/transactions.yml"]
    assert text.count("elementary.") == text.count("enabled: '{{ var(''customer360_elementary'', false) }}'") > 3
