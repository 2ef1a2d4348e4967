"""What is generated: the same bytes every time, goldens for every kind of clause, and how drift is told."""

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from c360.clause.kinds import KINDS
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.errors import CouldNotTell
from c360.generate import check, plan, target_of, write
from c360.generate.support import support
from c360.project import open_project
from c360.settings import load
from c360.share.plan import shares
from c360.share.policy import policies_of

EXPECTED = Path(__file__).parents[1] / "expected"
ROOT = Path(__file__).parents[3]
OURS = target_of(load({"C360_ROOT": str(ROOT)}))


def planned(folder=EXPECTED / "contracts"):
    return plan(Catalog.of(find_contracts(folder)), OURS)


def test_the_golden_contract_has_every_kind_of_clause():
    found = {
        c.kind.name for contract in find_contracts(EXPECTED / "contracts") for d in contract.datasets for c in d.clauses
    }
    assert found == KINDS.keys() - {"anomaly"}


def test_goldens():
    """After a change that is meant: UPDATE_GOLDENS=1 pytest …, and read the diff."""
    same = {f"dbt_package/macros/contracts/{name}" for name in support(OURS)}  # one text for all: dbt_package has it
    files = {path: text for path, text in planned().items() if path not in same}
    if os.environ.get("UPDATE_GOLDENS"):
        write(files, EXPECTED, OURS.folders)
    assert {path: (EXPECTED / path).read_text(encoding="utf-8") for path in files} == files
    assert not check(files, EXPECTED, OURS.folders), "a golden that nothing generates any more"


def test_the_repository_is_as_its_contracts_ask():
    ours = open_project(ROOT / "contracts")
    policies = policies_of(ours)
    assert len(policies) == 2
    assert not check(plan(ours.catalog, OURS) | shares(policies, OURS), ROOT, OURS.folders)


def test_the_same_bytes_whatever_the_order_of_files_and_hashes(tmp_path, monkeypatch):
    first = planned()
    copy = tmp_path / "elsewhere" / "contracts"
    shutil.copytree(EXPECTED / "contracts", copy)
    rglob = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda self, p: random.sample(found := list(rglob(self, p)), len(found)))
    assert all(planned(copy) == first for _ in range(5))
    program = "import hashlib,json,sys; from pathlib import Path; from c360.contract import find_contracts; " \
        "from c360.contract.catalog import Catalog; from c360.generate import Target, plan; " \
        "contracts, target = find_contracts(Path(sys.argv[1])), Target(**json.loads(sys.argv[2])); " \
        "print(json.dumps(plan(Catalog.of(contracts), target)))"  # fmt: skip
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, copy, json.dumps(asdict(OURS))],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_text_of_a_contract_is_no_template():
    text = "\n".join(planned().values())
    assert "{{ 7 * 7 }}" not in text and "{% do" not in text
    soda = planned()["soda_checks/orders.yml"]
    assert set(part.split("}")[0] for part in soda.split("${")[1:]) == {"NOW"}


@pytest.fixture
def place(tmp_path):
    """A folder with contracts and what is generated from them."""
    shutil.copytree(EXPECTED / "contracts", tmp_path / "contracts")
    write(planned(), tmp_path, OURS.folders)
    return tmp_path


def generate(place, *arguments):
    from click.testing import CliRunner

    from c360.commands.generate import generate as command
    from c360.errors import CouldNotTell

    answer = CliRunner().invoke(command, ["--contracts", str(place / "contracts"), "--out", str(place), *arguments])
    if isinstance(answer.exception, CouldNotTell):
        return answer.exception.exit_code, answer.output + answer.exception.message + answer.exception.remedy
    return answer.exit_code, answer.output


CHECKS = "soda_checks/orders.yml"


def test_no_drift(place):
    assert generate(place, "--check") == (0, f"{len(planned())} generated files are as the contracts ask.\n")


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("stale", lambda file: file.write_text(file.read_text() + "\n")),
        ("missing", lambda file: file.unlink()),
        ("orphaned", lambda file: shutil.copy(file, file.with_name("gone.yml"))),
    ],
)
def test_drift(place, word, change):
    change(place / CHECKS)
    code, said = generate(place, "--check")
    assert code == 1 and word in said and "Run: c360 generate" in said
    assert generate(place)[0] == 0
    assert generate(place, "--check")[0] == 0 and not (place / "soda_checks/gone.yml").exists()


def test_hand_written_neighbours_are_no_orphans(place):
    mine = place / "soda_checks" / "mine.yml"
    mine.write_text("checks for orders: []\n")
    assert generate(place, "--check")[0] == 0
    generate(place)
    assert mine.exists()


def test_two_contracts_that_claim_one_table(place):
    source = next((place / "contracts").rglob("*orders*.yaml"))
    source.with_name("twin.odcs.yaml").write_text(source.read_text().replace("name: orders\n", "name: twin\n", 1))
    code, said = generate(place, "--check")
    assert code == 1 and "claimed by" in said


def test_what_is_generated_bears_the_name_of_its_package(tmp_path):
    (tmp_path / "c360.toml").write_text('contracts = "c"\n[dbt]\npackage = "warehouse"\n[soda]\nchecks = "checks"\n')
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse/dbt_project.yml").write_text("name: ward\n")
    shutil.copytree(EXPECTED / "contracts", tmp_path / "c")
    settings = load({"C360_ROOT": str(tmp_path)})
    target = target_of(settings)
    files = plan(Catalog.of(find_contracts(settings.contracts)), target)
    assert {path.split("/")[0] for path in files} == {"checks", "warehouse"}
    assert "customer360" not in "\n".join(files.values())
    orders = files["warehouse/models/contracts/orders.yml"]
    assert "ward.row_clause" in orders and "var(''ward_gate'', true)" in orders
    write(files, tmp_path, target.folders)
    assert not check(files, tmp_path, target.folders)


def test_a_source_lies_where_its_contract_says_unless_a_variable_moves_it(tmp_path):
    catalog = Catalog.of(find_contracts(EXPECTED / "contracts"))
    schemas = {dataset.schema for _, dataset in catalog.pairs()}
    for raw in (*schemas, "elsewhere"):
        files = plan(catalog, replace(OURS, raw_schema=raw))
        for _, dataset in catalog.pairs():
            said = yaml.safe_load(files[f"dbt_package/models/contracts/{dataset.name}.yml"])["sources"][0]["schema"]
            default = f"var('customer360_raw_schema', '{raw}')" if dataset.schema == raw else f"'{dataset.schema}'"
            assert said == "{{ var('customer360_%s_schema', %s) }}" % (dataset.name, default)


@pytest.mark.parametrize(
    ("text", "said"), [("name: [", "no YAML"), ("x: 1", "no name"), ("name: 3x", "no name"), ("name: a b", "no name")]
)
def test_a_package_without_a_name_is_told(tmp_path, text, said):
    (tmp_path / "dbt_package").mkdir()
    (tmp_path / "dbt_package/dbt_project.yml").write_text(text)
    with pytest.raises(CouldNotTell, match=said):
        target_of(load({"C360_ROOT": str(tmp_path)}))
