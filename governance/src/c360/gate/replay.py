"""Replay: put the rows that are in quarantine through the gate again; what holds by now is promoted."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from c360.database.tables import prepare
from c360.gate.ingest import settle
from c360.gate.land import TEXT, create, drop, type_it
from c360.gate.promote import ensure_raw, promote
from c360.gate.split import VERDICT, errors, split
from c360.generate.plan import Catalog
from c360.history import Finding, Run, failing, record
from c360.sql.dialect import POSTGRES

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_GATE = 0xC360_0002
q = POSTGRES.quote


@dataclass(frozen=True)
class Replayed:
    """replayed = promoted + duplicates + kept."""

    dataset: str
    replayed: int
    promoted: int
    duplicates: int
    kept: int


def replay(database: "connection", catalog: Catalog, dataset_name: str, run: Run) -> Replayed:
    """Judge every open quarantined row of a dataset anew, in one transaction. Promises about a whole delivery
    (freshness, row count) are not asked of them: they are leftovers of deliveries that held."""
    contract, dataset = catalog.find(dataset_name)
    prepare(database)
    with database, database.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_GATE,))
        cursor.execute(
            "select count(*) from quarantine.rows where dataset = %s and resolved_by is null", (dataset.name,)
        )
        count = cursor.fetchone()[0]
        if not count:
            return Replayed(dataset.name, 0, 0, 0, 0)
        for _, source in catalog.pairs():
            if source is dataset or any(
                c.kind == "relationship" and c.argument.target == source.name for c in dataset.clauses
            ):
                ensure_raw(cursor, source)
        names = [column.physical_name for column in dataset.columns]
        create(cursor, [*names, "c360__quarantine_id"])
        values = ", ".join(f"payload ->> {POSTGRES.literal(column.name)}" for column in dataset.columns)
        cursor.execute(
            f"insert into {TEXT} select {values}, quarantine_id::text from quarantine.rows "
            "where dataset = %s and resolved_by is null order by quarantine_id",
            (dataset.name,),
        )
        type_it(cursor, dataset)
        judged = split(cursor, catalog, dataset)
        cursor.execute(
            "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, delivered, "
            "promoted, quarantined, duplicates, superseded, as_of) "
            "values (%s, %s, %s, %s, %s, 'replay', %s, %s, 0, 0, 0, %s) returning delivery_id",
            (
                f"replay:{run.id}",
                dataset.name,
                contract.name,
                contract.version,
                Path("quarantine").name,
                count,
                count,
                run.as_of,
            ),
        )
        delivery_id = cursor.fetchone()[0]
        candidates = count - judged.collapsed - judged.quarantined
        promotion = promote(cursor, dataset, delivery_id, True, candidates)
        settle(cursor, delivery_id, dataset, promotion, judged.quarantined, judged.collapsed)
        _resolve(cursor, delivery_id, errors(dataset))
        record(
            database,
            run,
            [
                Finding(
                    c,
                    "split",
                    failing(c) if judged.rows.get(c.id) else "passed",
                    judged.rows.get(c.id, 0),
                    judged.rows.get(c.id, 0),
                )
                for c in dataset.clauses
                if c.scope == "row" or c.kind == "physicalType"
            ],
        )
        cursor.execute(f"drop table if exists {VERDICT}")
        drop(cursor)
    return Replayed(
        dataset.name, count, promotion.promoted, promotion.duplicates + judged.collapsed, judged.quarantined
    )


def _resolve(cursor: object, delivery_id: int, fatal: list[str]) -> None:
    """Rows that hold, or that are there already, leave; the others keep their row, with the clauses they break now."""
    cursor.execute(  # type: ignore[attr-defined]
        f"""
        update quarantine.rows as k set clauses = v.clauses
        from {TEXT} as x join {VERDICT} as v on v.at = x.ctid and v.clauses && %s::text[]
        where k.quarantine_id = x.c360__quarantine_id::bigint and k.clauses <> v.clauses;
        update quarantine.rows as k set resolved_by = %s
        from {TEXT} as x
        where k.quarantine_id = x.c360__quarantine_id::bigint
        and not exists (select 1 from {VERDICT} as v where v.at = x.ctid and v.clauses && %s::text[])
        """,
        (fatal, delivery_id, fatal),
    )
