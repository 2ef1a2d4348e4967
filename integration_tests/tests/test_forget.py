"""A person who was forgotten: nothing is left but the tombstone, totals add up, and nobody brings them back."""

import json

import pytest

NOW = "2026-03-01T12:00:00Z"
MARK = "Quillfeather"
THEIRS = "11111111-2222-4333-8444-5555deadbeef"
"""The id of the one to be forgotten."""
PERSONAL = {
    "id": THEIRS, "username": f"{MARK.lower()}-1", "name": f"Una {MARK}", "gender": f"{MARK}-g",
    "address": f"1 {MARK} Lane\nSydney, NSW", "mail": f"una@{MARK}.example", "birthdate": "1961-07-13",
}  # fmt: skip
ORDERS = ("transactions_enriched",)


def traces(*more: str) -> list[str]:
    """What may stand nowhere afterwards: the id in any spelling, the marker, the one birthdate of that day."""
    return [THEIRS, THEIRS.replace("-", ""), MARK.lower(), "1961-07-13", *more]


def dump(workplace) -> dict[str, str]:
    """Every table of every schema as COPY gives it, what the server knows of its columns, and every file below the
    home, in lower case."""
    from c360.database import connect

    found = {}
    database = connect(workplace.settings, role=None)
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(
            "select format('%I.%I', n.nspname, c.relname) from pg_class as c join pg_namespace as n "
            "on n.oid = c.relnamespace where c.relkind in ('r', 'm') "
            "and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_' order by 1"
        )
        for (table,) in cursor.fetchall():
            with cursor.copy(f"copy (select * from {table}) to stdout") as copy:
                found[table] = b"".join(copy).decode().lower()
        cursor.execute("select schemaname || '.' || tablename || '.' || attname, s::text from pg_stats as s")
        found |= {f"statistics of {column}": known.lower() for column, known in cursor.fetchall()}
    database.close()
    for file in workplace.settings.home.rglob("*"):
        if file.is_file() and not file.is_symlink():
            found[str(file)] = file.name.lower() + file.read_bytes().decode("utf-8", errors="replace").lower()
    return found


def left(workplace) -> dict[str, list[str]]:
    held = {place: [one for one in traces() if one in text] for place, text in dump(workplace).items()}
    return {place: found for place, found in held.items() if found}


def deliveries(workplace, make):
    """The person among others: taken, corrected, bought, broken, half a line."""
    others = [make.contact(n) for n in range(1, 60)]
    first = workplace.write("contacts.csv", [*others, make.contact(0, **PERSONAL)])
    moved = workplace.write(
        "moved.csv", [make.contact(0, **PERSONAL | {"gender": None}, _loaded_at_utc="2026-03-01 11:00:00"), *others[:9]]
    )
    claimed = [make.contact(0, **PERSONAL | {"name": f"Other {MARK}"}), make.contact(0, **PERSONAL, _loaded_at_utc="x")]
    claimed += [make.contact(0, **PERSONAL | {"id": "not-an-id"})]
    broken = workplace.write("broken.csv", [*claimed, *others])
    broken.write_text(broken.read_text() + f'{THEIRS},"{MARK}\n{MARK}"x,\n', newline="")
    sales = [make.transaction(n, 1 + n % 59) for n in range(200)]
    bought = [make.transaction(n, 0, contact_id=THEIRS, amount="1000.00") for n in range(900, 905)]
    bought += [make.transaction(905, 0, contact_id=THEIRS, category="Gadgets")]
    bought += [make.transaction(906, 0, contact_id=THEIRS.upper().replace("-", ""))]
    shop = workplace.write("transactions.csv", [*sales, *bought])
    return (("contacts", first), ("contacts", moved), ("contacts", broken), ("transactions", shop))


def fill(workplace, make):
    workplace.reset()
    for dataset, path in deliveries(workplace, make):
        taken = workplace.ingest(dataset, path)
        assert taken.code == 0, (path, taken.out, taken.err)
    why = ("--reason", f"asked una@{MARK}.example", "--by", "ada")
    assert (
        workplace.c360("quarantine", "discard", "transactions", "--clause", "transactions.category.enum", *why).code
        == 0
    )


TOTALS = (
    "select (select count(*) from raw.contacts), (select count(*) from analytics.customers), "
    "(select sum(amount) from raw.transactions), (select sum(total_expense) from analytics.customers), "
    "(select sum(amount) from analytics.transactions_enriched)"
)


@pytest.fixture(scope="module")
def filled(shared_workplace, make):
    fill(shared_workplace, make)
    built = shared_workplace.c360("build", "--resource-type", "model", "--as-of", NOW)
    assert built.code == 0, built.out + built.err
    home = shared_workplace.settings.home
    (home / "demo").mkdir()
    (home / "demo" / "contacts.csv").write_text(f"id,name\n{THEIRS},Una\n")
    (home / "dbt" / "logs" / "dbt.log").open("a").write(
        f'{{"said": "{THEIRS} {json.dumps(PERSONAL["address"])[1:-1]}"}}\n'
    )
    shared_workplace.sql("analyze")
    return shared_workplace


def accounts(workplace) -> list[tuple]:
    """Deliveries whose account does not add up with the rows that are there."""
    return workplace.sql(
        "select d.* from governance.delivery as d where d.outcome <> 'replay' and ("
        "d.delivered <> d.promoted + d.quarantined + d.duplicates + d.erased or d.quarantined <> "
        "(select count(*) from quarantine.rows as q where q.delivery_id = d.delivery_id))"
    )


def assert_totals(workplace):
    ((people, customers, paid, spent, enriched),) = workplace.sql(TOTALS)
    assert people == customers and paid == spent == enriched
    assert accounts(workplace) == []
    for dataset in ("contacts", "transactions"):
        ((taken,),) = workplace.sql(
            "select sum(promoted - superseded)::int from governance.delivery where dataset = %s", dataset
        )
        ((there,),) = workplace.sql(f"select count(*) from raw.{dataset}")
        ((gone,),) = workplace.sql(
            "select coalesce(sum((rows ->> %s)::int), 0)::int from erasure.log", f"raw.{dataset}"
        )
        assert taken == there + gone


def test_nothing_is_left_but_the_tombstone(filled):
    assert {"raw.contacts", "raw.transactions", "quarantine.rows", "governance.superseded", "quarantine.decision",
            "analytics.customers_v2", "analytics.transactions_enriched",
            "statistics of raw.contacts.mail"} <= left(filled).keys()  # fmt: skip
    before = filled.sql(TOTALS)
    looked = filled.c360("forget", THEIRS, "--dry-run", "--json")
    assert looked.code == 0, looked.err
    assert filled.sql(TOTALS) == before and filled.sql("select count(*) from erasure.tombstone") == [(0,)]
    done = filled.c360("forget", THEIRS, "--by", "ada", "--json")
    assert done.code == 0, done.err
    assert done.json["rows"] == looked.json["rows"] and done.json["files"] == looked.json["files"] == 2
    assert done.json["rows"]["raw.transactions"] == 5 and done.json["rows"]["quarantine.rows"] == 7
    assert left(filled) == {}
    assert filled.sql(TOTALS)[0][0] == before[0][0] - 1 and filled.sql(TOTALS)[0][2] == before[0][2] - 5_000
    assert_totals(filled)
    assert not [trace for trace in traces() if trace in (done.out + looked.out).lower()]


def test_the_record_proves_it_without_naming_them(filled):
    assert filled.c360("status", "--as-of", NOW, "--json").json["summary"]["erased_30_days"] == 5
    assert "5 rows of people who were forgotten" in filled.c360("status", "--as-of", NOW).out
    listed = filled.c360("forget", "--list")
    assert listed.code == 0 and "ada" in listed.out and "raw.transactions 5" in listed.out
    assert filled.sql("select octet_length(hash), dataset, column_name from erasure.tombstone") == [
        (32, "contacts", "id")
    ]
    again = filled.c360("forget", THEIRS.upper())
    assert again.code == 0 and "Forgotten before" in again.out and "nothing was left" in again.out
    assert filled.sql("select count(*) from erasure.log") == [(1,)]


def test_only_the_loader_can_read_tombstones(filled):
    from c360.database.access import LOADER, ROLES

    for table in ("key", "tombstone", "log"):
        readers = [role for role in ROLES if filled.sql(f"select has_schema_privilege('{role}', 'erasure', 'usage') "
                   f"and has_table_privilege('{role}', 'erasure.{table}', 'select')") == [(True,)]]  # fmt: skip
        assert readers == [LOADER]


def test_nobody_brings_them_back(filled, make):
    """The same rows once more, in other files; then a replay, and everything built anew."""
    for dataset, path in deliveries(filled, make):
        path.write_text(path.read_text() + "\n")  # another file
        taken = filled.ingest(dataset, path)
        assert taken.code == 0, (taken.out, taken.err)
        assert (
            taken.only["erased"]
            == {"contacts.csv": 1, "moved.csv": 1, "broken.csv": 3, "transactions.csv": 7}[path.name]
        )
    assert filled.c360("quarantine", "replay", "--as-of", NOW).code == 0
    assert filled.c360("build", "--resource-type", "model", "--as-of", NOW).code == 0
    assert left(filled) == {}
    assert_totals(filled)
