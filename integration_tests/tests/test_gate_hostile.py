"""Contracts and data written by somebody who means ill: harmless as data, or one sentence and nothing else."""

import pytest
import yaml

EVIL = (
    "'; drop schema raw cascade; --",
    '"; drop schema raw cascade; --',
    *("${NOW}", "{{ 1/0 }}", "{% raw %}", "{# x #}", "\\'", "%s %(x)s %", "$$ $1", "a\tb", "ünï✓"),
    *(" blank ", "it's", "back\\slash", "null", "- x: y", "# no", "@x"),
)

OFF = ("no-team", "no-support", "no-description", "no-classification", "no-type")
STRICT = "[lint]\nstrict = true\n[lint.off]\n" + "".join(f'{rule} = "not asked of these"\n' for rule in OFF)


def contract(folder, **changes):
    """A contract of one table, `changes` into its schema object; the path of the contracts folder."""
    part = {
        "name": "things",
        "properties": [
            {"name": "id", "physicalType": "integer", "primaryKey": True},
            {"name": "word", "physicalType": "text"},
        ],
    } | changes
    return contracts(folder, part)


def contracts(folder, *parts):
    for part in parts:
        document = {
            "apiVersion": "v3.2.0", "kind": "DataContract", "id": part["name"], "version": "1.0.0",
            "status": "active", "name": part["name"], "schema": [part],
        }  # fmt: skip
        if "sla" in part:
            document["slaProperties"] = part.pop("sla")
        path = folder / "contracts" / "sources" / f"{abs(hash(part['name']))}.odcs.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return folder / "contracts"


def word(**promises):
    return [
        {"name": "id", "physicalType": "integer", "primaryKey": True},
        {"name": "word", "logicalType": "string", "physicalType": "text", **promises},
    ]


def broken(workplace):
    return workplace.sql("select row_number, clauses from quarantine.rows order by 1")


def test_enum_values_are_data(workplace):
    folder = contract(workplace.folder, properties=word(enum=[{"value": value} for value in EVIL]))
    rows = [{"id": n, "word": value} for n, value in enumerate(EVIL)]
    rows += [{"id": 100, "word": "'"}, {"id": 101, "word": ""}]
    answer = workplace.ingest("things", workplace.write("things.csv", rows), contracts=folder)
    assert answer.code == 0, answer.err
    assert broken(workplace) == [(len(EVIL) + 1, ["things.word.enum"])]
    assert workplace.sql("select word from raw.things where word is not null order by id") == [(v,) for v in EVIL]


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^\d{2}$", "12", "123"),
        (r"^a'b$", "a'b", "ab"),
        (r"^\$\{NOW\}$", "${NOW}", "NOW"),
        (r"^x{{1}}$|^\{\{", "{{", "y"),
        (r"^a\\b$", "a\\b", "ab"),
        (r"^(?:a|b)\b", "a c", "ac"),
        (r"^[^'\"]+$", "plain", "it's"),
        ("^{%$", "{%", "%"),
    ],
)
def test_patterns_are_data(workplace, pattern, good, bad):
    folder = contract(workplace.folder, properties=word(logicalTypeOptions={"pattern": pattern}))
    rows = [{"id": n, "word": good} for n in range(5)] + [{"id": 9, "word": bad}]
    answer = workplace.ingest("things", workplace.write("things.csv", rows), contracts=folder)
    assert answer.code == 0, answer.err
    assert broken(workplace) == [(6, ["things.word.pattern"])]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT COUNT(*) FROM ${table}; drop schema raw cascade",
        "SELECT 0; SELECT 1",
        "delete from raw.things returning 0",
        "with gone as (delete from ${table} returning 1) select count(*) from gone",
        "select count(*) from ${table} where pg_sleep(3) is null",
        "select pg_read_file('/etc/passwd')::int",
        "SELECT COUNT(*) FROM ${table} WHERE {{ 1 }}",
        "SELECT COUNT(*) FROM ${table} WHERE ${NOW} is null",
        "select count(*) from ${table} where word = E'\\''; drop table raw.things; --'",
        "select count(*) from ${table} where word = $q$;$q$; commit; drop schema raw cascade",
        "select 1; commit; drop schema raw cascade",
        'select count(*) from ${table} where "pg_sleep"(3) is null',
        "select length(pg_read_binary_file('/etc/passwd'))",
        "select length(current_setting('data_directory'))",
        "select count(*) from governance.history",
        "select count(*) from pg_catalog.pg_authid",
        "select count(*) into raw.copied from ${table}",
        "select count(*) from ${table} for update",
        "select count(*) > 1 from ${table}",
        "select count(*), 0 from ${table}",
        "select * from ${table}",
        "select count(*) from ${table} group by word",
        "SELECT COUNT(*) FROM ${table} WHERE true) or (true; vacuum",
        "select setval('x', 1)",
        "copy raw.things to program 'true'",
    ],
)
def test_a_rule_that_does_more_than_read_is_a_breach(workplace, query):
    workplace.ingest("things", workplace.write("a.csv", [{"id": 1, "word": "a"}]), contracts=contract(workplace.folder))
    before = workplace.counts()
    rule = {"id": "evil", "type": "sql", "query": query, "mustBe": 0}
    folder = contract(workplace.folder, quality=[rule])
    (workplace.folder / "c360.toml").write_text(STRICT)
    answer = workplace.ingest("things", workplace.write("b.csv", [{"id": 2, "word": "b"}]), contracts=folder)
    assert answer.code == 1, (answer.out, answer.err)
    assert "things.evil" in answer.err and "unforeseen" not in answer.err
    after = workplace.counts()
    after.pop("governance.history"), before.pop("governance.history")
    assert after == before


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from ${table} where nothing = 1",
        "select id from ${table} where false",
        "select id from ${table}",
        "select ok from (select true as ok) as t",
        "select word from ${table} limit 1",
        "select t from ${table} as t limit 1",
    ],
)
def test_a_rule_that_gives_no_single_number_is_not_told(workplace, query):
    """None, several, a text, a row, true: by its text each could be a number, so it is told when it runs."""
    workplace.ingest("things", workplace.write("a.csv", [{"id": 1, "word": "a"}]), contracts=contract(workplace.folder))
    rule = {"id": "odd", "type": "sql", "query": query, "mustBe": 0}
    folder = contract(workplace.folder, quality=[rule])
    rows = [{"id": 2, "word": "1"}, {"id": 3, "word": "0"}]
    answer = workplace.ingest("things", workplace.write("b.csv", rows), contracts=folder)
    assert answer.code == 2 and "things.odd" in answer.err and "unforeseen" not in answer.err, answer.err
    assert workplace.sql("select id from raw.things") == [(1,)]
    answer = workplace.c360("verify", "--contracts", folder, "--as-of", "2026-03-01T12:00:00Z", "--json")
    found = {entry["clause"]: entry["outcome"] for entry in answer.json}
    expected = "passed" if query == "select id from ${table}" else "errored"  # one row there: a number, though not 0
    assert found["things.odd"] == ("failed" if expected == "passed" else expected), answer.err


@pytest.mark.parametrize(
    "query",
    [
        'SELECT COUNT(*) FROM ${table} WHERE "update" > 3 OR call IS NULL -- no more; drop table raw.things',
        "select count(*) /* all; of them */ from ${table} where word in ('drop table x; --', $$it's; a commit$$)",
        r"select count(*) from things where word = E'it\'s' and copy > 3 ;",
        "with t as (select max(id) as top from ${table}) select top - 2 from t",
    ],
)
def test_honest_rules_pass(workplace, query):
    columns = [{"name": name, "physicalType": "integer"} for name in ("update", "call", "copy")]
    rule = {"id": "honest", "type": "sql", "query": query, "mustBe": 0}
    folder = contract(workplace.folder, properties=[*word(), *columns], quality=[rule])
    rows = [{"id": 2, "word": "it's", "update": 1, "call": 1, "copy": 1}]
    answer = workplace.ingest("things", workplace.write("a.csv", rows), contracts=folder)
    assert answer.code == 0, answer.err
    answer = workplace.c360("verify", "--contracts", folder, "--as-of", "2026-03-01T12:00:00Z", "--json")
    assert answer.out, answer.err
    assert {entry["clause"]: entry["outcome"] for entry in answer.json}["things.honest"] == "passed"


NAMES = ["Mixed Case", "select", "a.b", "it's", "per%cent", "ünï", "x;--", "back\\slash", "$1", "üser"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_kind(workplace, name):
    """As the table's name, the key's and a column's, with a reference to it, and every clause that names them."""
    parent = {
        "name": "parents", "physicalName": f"{name} table".replace('"', ""),  # which Soda knows no way to quote
        "properties": [{"name": "key", "physicalName": name, "physicalType": "integer", "primaryKey": True}],
    }  # fmt: skip
    child = {
        "name": "children", "physicalName": name.replace('"', ""),
        "properties": [
            {"name": "id", "physicalName": f"{name} id", "physicalType": "integer", "primaryKey": True},
            {"name": "to", "physicalName": f"{name} to", "physicalType": "integer",
             "relationships": [{"to": "parents.key"}]},
            {"name": name, "physicalType": "text", "required": True, "enum": [{"value": "a"}], "unique": False},
            {"name": "at", "physicalName": f"{name} at", "physicalType": "timestamp"},
        ],
        "quality": [{"id": "few", "metric": "rowCount", "mustBeLessThan": 100}],
        "sla": [{"property": "freshness", "value": 1, "unit": "d", "element": "children.at"}],
    }  # fmt: skip
    folder = contracts(workplace.folder, parent, child)
    answer = workplace.ingest("parents", workplace.write("p.csv", [{name: 1}, {name: 2}]), contracts=folder)
    assert answer.code == 0, answer.err

    def row(number, to=1, value="a", at="2026-03-01 10:00:00"):
        return {f"{name} id": number, f"{name} to": to, name: value, f"{name} at": at}

    rows = [row(n) for n in range(20)] + [row(20, to=9), row(21, value="b"), row(22, value=None)]
    answer = workplace.ingest("children", workplace.write("c.csv", rows), contracts=folder)
    assert answer.code == 0, answer.err
    assert broken(workplace) == [
        (21, ["children.to.relationship"]),
        (22, [f"children.{name}.enum"]),
        (23, [f"children.{name}.required"]),
    ]
    newer = workplace.write("d.csv", [row(0, to=2, at="2026-03-01 11:00:00"), row(1)])
    answer = workplace.ingest("children", newer, contracts=folder)
    assert answer.code == 0, answer.err
    numbers = ("promoted", "duplicates", "superseded")
    assert [answer.only[n] for n in numbers] == [1, 1, 1]
    replayed = workplace.c360("quarantine", "replay", "--contracts", folder, "--json")
    assert replayed.code == 0, replayed.err


def test_data_is_never_run(workplace, make):
    rows = [make.contact(n, name=value, address=value) for n, value in enumerate(EVIL)]
    answer = workplace.ingest("contacts", workplace.write("contacts.csv", rows))
    assert answer.code == 0, answer.err
    assert workplace.sql("select name from raw.contacts order by id") == [(value,) for value in EVIL]


def test_a_header_that_means_ill_is_unexpected_and_nothing_else(workplace, make):
    rows = [make.contact(1) | {'x"; drop schema raw cascade; --': 1}]
    answer = workplace.ingest("contacts", workplace.write("contacts.csv", rows))
    assert answer.code == 1 and "1 column that no contract knows" in answer.err and "unforeseen" not in answer.err


def test_unexpected_columns_that_a_contract_allows_are_left_behind(workplace):
    folder = contract(workplace.folder, customProperties=[{"property": "allowUnexpectedColumns", "value": True}])
    rows = [{"more": "x", "id": 1, "word": "a", "c360__extra_0": "y", 'e"x': 2}]
    answer = workplace.ingest("things", workplace.write("things.csv", rows), contracts=folder)
    assert answer.code == 0, answer.err
    assert workplace.sql("select * from raw.things") == [(1, "a")]


def test_unique_columns_hold_across_deliveries_with_and_without_a_key(workplace):
    for name, key in (("keyed", True), ("keyless", False)):
        part = {
            "name": name,
            "properties": [
                {"name": "id", "physicalType": "integer", "primaryKey": key},
                {"name": "code", "physicalType": "text", "unique": True},
            ],
        }
        folder = contracts(workplace.folder, part)
        first = [{"id": n, "code": f"c{n}"} for n in range(10)]
        second = [{"id": n, "code": f"c{n}"} for n in range(20, 30)] + [{"id": 31, "code": "c3"}]
        assert workplace.ingest(name, workplace.write(f"{name}1.csv", first), contracts=folder).code == 0
        answer = workplace.ingest(name, workplace.write(f"{name}2.csv", second), contracts=folder)
        assert answer.code == 0, answer.err
        assert answer.only["rows_by_clause"] == {f"{name}.code.unique": 1}


def test_more_columns_than_a_function_has_arguments(workplace):
    wide = [{"name": f"c{n}", "physicalType": "integer"} for n in range(120)]
    folder = contract(workplace.folder, properties=[*word(required=True), *wide])
    rows = [{"id": n, "word": "a" if n else None} | {f"c{m}": m for m in range(120)} for n in range(10)]
    answer = workplace.ingest("things", workplace.write("things.csv", rows), contracts=folder)
    assert answer.code == 0, answer.err
    assert workplace.sql("select payload ->> 'c0', payload ->> 'c119' from quarantine.rows") == [("0", "119")]
