"""Which tables and columns products are made of, by a manifest of dbt."""

import pytest

from c360.dbt import columns
from c360.dbt.columns import origins, reads

RAW, STAGED, MART = ("raw", "Orders"), ("analytics", "stg_orders"), ("analytics", "totals")
PROMISED = {RAW: ["id", "Amount", "buyer"], MART: ["buyer", "total"]}
STAGING = 'select id, "Amount" as amount, buyer from "db"."raw"."Orders" where id is not null'
TOTALS = """
with orders as (select * from "db"."analytics"."stg_orders"), final as (
    select buyer, sum(amount) as total, count(*) as orders, 'x' as kind from orders group by buyer
) select * from final"""


def manifest(**code: str) -> dict:
    models = {"stg_orders": "analytics", "totals": "analytics", "beside": "elsewhere"}
    return {
        "metadata": {"adapter_type": "postgres"},
        "sources": {"source.orders": {"resource_type": "source", "schema": "raw", "identifier": "Orders",
                                      "name": "orders", "database": "db"}},
        "nodes": {
            **{f"model.{name}": {"resource_type": "model", "schema": schema, "name": name, "alias": name,
                                 "database": "db", "compiled_code": code.get(name)} for name, schema in models.items()},
            "test.one": {"resource_type": "test", "schema": "analytics", "name": "totals"},
        },
        "parent_map": {"model.stg_orders": ["source.orders"], "model.totals": ["model.stg_orders"],
                       "model.beside": ["model.totals"], "test.one": ["model.totals"]},
    }  # fmt: skip


def test_columns_are_told_through_models_without_a_contract() -> None:
    told = origins(manifest(stg_orders=STAGING, totals=TOTALS), PROMISED)
    assert told == {MART: {"buyer": {(RAW, "buyer")}, "total": {(RAW, "Amount")}, "orders": set(), "kind": set()}}


def test_a_table_with_a_contract_is_where_the_way_ends() -> None:
    told = origins(manifest(stg_orders=STAGING, totals=TOTALS), PROMISED | {STAGED: ["id", "amount", "buyer"]})
    assert told[MART]["total"] == {(STAGED, "amount")}
    assert told[STAGED]["amount"] == {(RAW, "Amount")}


@pytest.mark.parametrize("staging", [None, "selec t", "select * from", "-- nothing"])
def test_what_sqlglot_cannot_tell_is_left_out(staging) -> None:
    told = origins(manifest(stg_orders=staging, totals=TOTALS), PROMISED)
    assert not any(told.get(MART, {}).values())


def test_generated_sql_of_great_length_is_not_read() -> None:
    assert origins(manifest(stg_orders=STAGING, totals=TOTALS + " " * 100_000), PROMISED) == {}


def test_when_the_time_is_over_the_rest_is_left_out(monkeypatch) -> None:
    monkeypatch.setattr(columns, "SECONDS", -1)
    assert origins(manifest(stg_orders=STAGING, totals=TOTALS), PROMISED) == {}


def test_tables_are_told_without_any_sql() -> None:
    assert reads(manifest(), PROMISED) == {RAW: set(), MART: {RAW}}
    assert reads(manifest(), {**PROMISED, STAGED: []}) == {RAW: set(), STAGED: {RAW}, MART: {STAGED}}
    assert reads({}, PROMISED) == {} == origins({}, PROMISED)
