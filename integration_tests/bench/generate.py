"""How fast contracts become files: `python -m integration_tests.bench.generate`, beside datacontract-cli's exporters.

1. 1,000 contracts of 50 columns: reading them and planning SodaCL, dbt sources and dbt models, against the exporters
   `sodacl`, `dbt-models` and `dbt-sources` called in process on the same files. Goal: 20 times as fast.
2. The same for 100 and for 1,000 contracts. Goal: linear.
3. `c360 generate --check` on this repository, in a process of its own. Goal: 0.5 s.

Times in 1 and 2 are those of the processor, which neighbours disturb less. Nothing here gates a test.
"""

import argparse
import copy
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.generate import plan, target_of
from c360.settings import load

EXPORTS = ("sodacl", "dbt-models", "dbt-sources")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.bench.generate", description=__doc__)
    parser.add_argument("--contracts", type=int, default=1_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--theirs", type=int, default=20, help="of how many the exporters' time is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as scratch:
        few, many = Path(scratch, "few"), Path(scratch, "many")
        write_contracts(few, options.contracts // 10, options.columns)
        write_contracts(many, options.contracts, options.columns)
        of_few, of_many = ours(few), ours(many)
        theirs = exported(many, options.theirs) / options.theirs
    each, tenth = of_many / options.contracts, options.contracts // 10
    for name, contracts, seconds in (
        ("c360 generate", options.contracts, of_many),
        ("c360 generate", tenth, of_few),
        ("exporters", options.theirs, theirs * options.theirs),
    ):
        print(f"{name:14} {contracts:5} contracts {seconds:8.2f} s {seconds / contracts * 1000:9.2f} ms each")
    print(f"{theirs / each:.1f} times as fast as the exporters (goal: 20)")
    print(f"ten times the contracts take {of_many / of_few:.1f} times as long (goal: 10)")
    print(f"c360 generate --check on this repository: {check():.2f} s (goal: 0.5)")


def ours(folder: Path) -> float:
    began = time.process_time()
    files = plan(Catalog.of(find_contracts(folder)), target_of(load()))
    assert files
    return time.process_time() - began


def exported(folder: Path, how_many: int) -> float:
    from datacontract.data_contract import DataContract

    paths = sorted(folder.rglob("*.odcs.yaml"))[: how_many + 1]
    for form in EXPORTS:  # what is loaded once is not counted
        DataContract(data_contract_file=str(paths[0])).export(form)
    began = time.process_time()
    for path in paths[1:]:
        for form in EXPORTS:
            DataContract(data_contract_file=str(path)).export(form)
    return time.process_time() - began


def check() -> float:
    """Seconds of the fastest of five runs, start of the process included."""
    program = Path(sys.executable).with_name("c360")
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([program, "generate", "--check"], cwd=load().root, capture_output=True, check=False)
        times.append(time.perf_counter() - began)
    return min(times)


def write_contracts(folder: Path, how_many: int, columns: int) -> None:
    (folder / "sources").mkdir(parents=True)
    for number in range(how_many):
        (folder / "sources" / f"t{number}.odcs.yaml").write_text(
            yaml.safe_dump(contract(f"t{number}", columns), sort_keys=False)
        )


def contract(name: str, columns: int) -> dict:
    options = {"minLength": 1, "pattern": "^[a-z]+$"}
    kinds = [
        {"logicalType": "string", "physicalType": "varchar(40)", "logicalTypeOptions": options},
        {"logicalType": "integer", "physicalType": "integer", "logicalTypeOptions": {"minimum": 0, "maximum": 9}},
        {"logicalType": "number", "physicalType": "numeric(12,2)", "required": True},
        {"logicalType": "string", "physicalType": "text", "enum": [{"value": "a"}, {"value": "b"}]},
        {"logicalType": "timestamp", "physicalType": "timestamp"},
    ]  # fmt: skip
    properties = [
        {
            "name": f"c{i}",
            "description": "A column.",
            "classification": "public",
            **copy.deepcopy(kinds[i % len(kinds)]),
        }
        for i in range(columns - 1)
    ]
    key = {"name": "id", "logicalType": "integer", "physicalType": "integer", "primaryKey": True, "required": True}
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": name, "name": name, "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "local", "type": "postgres", "host": "localhost", "port": 5432, "database": "d",
                     "schema": "raw"}],
        "schema": [{"name": name, "physicalType": "table", "properties": [key, *properties],
                    "quality": [{"id": "filled", "metric": "rowCount", "mustBeGreaterThan": 0}]}],
        "slaProperties": [{"property": "freshness", "value": 1, "unit": "d", "element": f"{name}.c4"}],
    }  # fmt: skip


if __name__ == "__main__":
    main()
