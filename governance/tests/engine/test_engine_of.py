"""Which engine takes deliveries of a contract; what reaches Postgres alone says so."""

import sys

import pytest
import yaml

from c360.contract import find_contracts
from c360.contract import servers as of_contract
from c360.contract.catalog import Catalog
from c360.engine import engine_of, require_postgres
from c360.errors import CouldNotTell
from c360.settings import load

HOST = {"host": "adb-1.azuredatabricks.net", "catalog": "main", "schema": "lake"}
DATABRICKS, POSTGRES = {"server": "p", "type": "databricks", **HOST}, {
    "server": "d", "type": "postgres", "host": "h", "port": 5432, "database": "x", "schema": "pg",
}  # fmt: skip


def contract(folder, *servers):
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "things", "version": "1.0.0", "status": "active",
        "name": "things", "servers": list(servers),
        "schema": [{"name": "things", "properties": [{"name": "id", "physicalType": "integer"}]}],
    }  # fmt: skip
    path = folder / "contracts/sources/things/1.0.0.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(document))
    (found,) = find_contracts(folder / "contracts")
    return found


def settings(folder, engine: str = "", **env):
    (folder / "c360.toml").write_text(f'engine = "{engine}"\n' if engine else "")
    return load({"C360_ROOT": str(folder), **env}, cwd=folder)


@pytest.mark.parametrize(
    ("servers", "setting", "engine"),
    [
        ([DATABRICKS], "postgres", "postgres"), ([POSTGRES], "spark", "spark"), ([], "server", "postgres"),
        ([DATABRICKS, POSTGRES], "server", "spark"), ([POSTGRES, DATABRICKS], "server", "postgres"),
        ([{"server": "f", "type": "local", "path": "x"}, DATABRICKS], "server", "spark"),
    ],
)  # fmt: skip
def test_the_setting_decides_or_the_first_server(tmp_path, servers, setting, engine):
    assert of_contract.engine_of(contract(tmp_path, *servers), setting) == engine


def test_where_the_tables_lie(tmp_path):
    found = contract(tmp_path, DATABRICKS)
    assert found.datasets[0].schema == "lake" and of_contract.unity_catalog_of(found) == "main"
    both = contract(tmp_path / "both", DATABRICKS, POSTGRES)
    assert both.datasets[0].schema == "pg"


def test_the_environment_goes_before_the_file(tmp_path):
    assert settings(tmp_path).engine == "postgres"
    assert settings(tmp_path, "spark").engine == "spark"
    assert settings(tmp_path, "spark", C360_ENGINE="postgres").engine == "postgres"
    with pytest.raises(CouldNotTell, match="C360_ENGINE is 'oracle'"):
        settings(tmp_path, C360_ENGINE="oracle")
    with pytest.raises(CouldNotTell, match="engine is postgres, spark or server"):
        settings(tmp_path, "oracle")


def test_what_reaches_postgres_alone_says_so(tmp_path):
    catalog = Catalog.of([contract(tmp_path, DATABRICKS)])
    require_postgres(settings(tmp_path), catalog, "forget")
    with pytest.raises(CouldNotTell, match="c360 forget reaches Postgres alone, and deliveries of things lie on spark"):
        require_postgres(settings(tmp_path, "server"), catalog, "forget")


def test_without_spark_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(CouldNotTell, match=r"no Spark is installed here.*customer360-governance\[spark\]"):
        engine_of(None, settings(tmp_path, "spark"), contract(tmp_path))
