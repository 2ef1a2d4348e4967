"""SQL of a contract can only look: what it may hold, what it may not, and that honest rules pass."""

import pytest

from c360.clause import allowed, guard
from c360.clause.dialect import DATABRICKS, POSTGRES
from c360.clause.kinds import SQL
from c360.clause.operators import OPERATORS
from c360.errors import Breach
from c360.model import Clause, Dataset, Rule

THINGS = Dataset("things", "things", "raw", "", (), (), (), None)
TABLES = {("raw", "things"), ("raw", "others"), ("shared", "people")}


def rule(text, column=None, **changes):
    return Clause(
        "t.rule", "t", "1.0.0", "things", column, SQL, Rule("sql", OPERATORS["mustBe"], 0, query=text, **changes)
    )


def read(text, dialect=POSTGRES):
    return guard.query(rule(text, "word"), THINGS, TABLES).text(dialect, "things", "word")


def why(text, dialect=POSTGRES):
    with pytest.raises(Breach) as caught:
        read(text, dialect)
    assert caught.value.message.startswith("The SQL rule t.rule ") and caught.value.remedy
    return caught.value.message.removeprefix("The SQL rule t.rule ").rstrip(".")


HONEST = [
    ("select count(*) from ${table}", "SELECT COUNT(*) FROM things"),
    ('select count(*) from "{model}" where "${property}" is null', "SELECT COUNT(*) FROM things WHERE word IS NULL"),
    ("select count(*) from things where call > 1 and copy <> 'drop; it' and \"update\" is null",
     "SELECT COUNT(*) FROM things WHERE call > 1 AND copy <> 'drop; it' AND \"update\" IS NULL"),
    ("select count(*) -- all; of them\nfrom ${table} /* drop table x; */ ;", "SELECT COUNT(*) FROM things"),
    (r"select count(*) from ${table} where word = E'it\'s'", "SELECT COUNT(*) FROM things WHERE word = 'it''s'"),
    ("select count(*) from ${table} where word = $a$it's; $$ $a$",
     "SELECT COUNT(*) FROM things WHERE word = 'it''s; $$ '"),
    ('select count("a ""b;") from ${table}', 'SELECT COUNT("a ""b;") FROM things'),
    ("select avg(amount) filter (where amount > 0) from ${table}",
     "SELECT AVG(amount) FILTER(WHERE amount > 0) FROM things"),
    ("with m as (select max(n) as top from ${table}) select top from m",
     "WITH m AS (SELECT MAX(n) AS top FROM things) SELECT top FROM m"),
    ("select count(*) from ${table} t left join shared.people p on p.id = t.id where p.id is null",
     "SELECT COUNT(*) FROM things AS t LEFT JOIN shared.people AS p ON p.id = t.id WHERE p.id IS NULL"),
    ("select count(*) from others o join Things t using (id)",
     "SELECT COUNT(*) FROM others AS o JOIN things AS t USING (id)"),
    ("select count(*) from raw.things", "SELECT COUNT(*) FROM raw.things"),
    ("select n from ${table} group by n order by n limit 1", "SELECT n FROM things GROUP BY n ORDER BY n LIMIT 1"),
    ("select case when count(*) > 3 then 1 else 0 end from ${table}",
     "SELECT CASE WHEN COUNT(*) > 3 THEN 1 ELSE 0 END FROM things"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "runs"), HONEST)
def test_honest_rules_pass_and_stay_readable(text, runs):
    assert read(text) == runs
    assert read(runs.replace("FROM things", "FROM ${table}")) == runs, "what runs is a rule too, and the same one"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select 1; drop table things", "has 2 statements"),
        (r"select count(*) from things where word = E'\''; drop table things; --'", "has 2 statements"),
        ("select count(*) from things where word = $q$;$q$; commit", "has 2 statements"),
        ("select 1; commit; drop schema raw cascade; --", "has 3 statements"),
        ("delete from raw.things returning 0", "is not one SELECT"),
        ("with gone as (delete from ${table} returning 1) select count(*) from gone", "uses DELETE,"),
        ("with new as (insert into ${table} values (1) returning 1) select count(*) from new", "uses INSERT,"),
        ("select 1 into copied", "uses INTO,"),
        ("select count(*) from ${table} for update", "uses FOR UPDATE,"),
        ("copy raw.things to program 'true'", "is not one SELECT"),
        ("do $$ begin delete from raw.things; end $$", "is not one SELECT"),
        ("explain analyze delete from raw.things", "is not one SELECT"),
        ("call x()", "is not one SELECT"),
        ("set role postgres", "is not one SELECT"),
        ("vacuum", "is not one SELECT"),
        ("", "is empty"),
        ("-- nothing", "is empty"),
        ("select count(*) from ${table} where (", "cannot be read: "),
        ("select 'x", "cannot be read: "),
        ("select " + "(" * 3_000 + "1" + ")" * 3_000, "cannot be read: it is nested too deeply"),
        ("select " + "1 + " * 10_000 + "1", "is longer than"),
        ("select '\x00'", "holds"),
        ("select $1", "uses $1,"),
        ("select :a", "uses PLACEHOLDER,"),
        ("select count(*) from ${table} where a = '{{ env_var(1) }}'", "holds '{{', which templates would run"),
        ("select count(*) from ${NOW}", "holds '${', which templates would run"),
        ("select count(*) from __relation__", "holds '__relation__'"),
        ("select count(*) from ${table} where word = '${table}'", "has a placeholder inside a text"),
        ("select 1_000", "holds the number 1_000"),
        ("select count(*) from ${table} where n > 0x10", "uses x'10',"),
        ("select U&'\\0041'", "uses U&,"),
    ],
)
def test_what_is_no_look(text, reason):
    assert why(text).startswith(reason)


@pytest.mark.parametrize(
    "call",
    [
        "pg_read_file('/etc/passwd')", "pg_read_binary_file('/etc/passwd')", "pg_ls_dir('/')",
        "lo_import('/etc/passwd')",
        "lo_export(1, '/tmp/x')", "lo_creat(-1)", "dblink('', 'select 1')", "dblink_exec('', 'drop table x')",
        "pg_sleep(9)", "set_config('role', 'postgres', false)", "query_to_xml('delete from x', true, true, '')",
        "pg_terminate_backend(1)", "nextval('s')", "setval('s', 1)", "current_setting('data_directory')", "version()",
        "inet_server_addr()", "pg_advisory_lock(1)", "pg_notify('a', 'b')", "pg_reload_conf()",
        "repeat('x', 1000000000)", "pg_catalog.pg_sleep(1)", '"pg_sleep"(1)', "PG_SLEEP(1)", "p\u0261_sleep(1)",
        "has_table_privilege('x', 'select')",
        "xpath('/', '<a/>')", "random()", "gen_random_uuid()", "txid_current()", "row_to_json(things)", "current_user",
        "user", "session_user", "current_schema",
    ],
)  # fmt: skip
def test_only_functions_of_the_list(call):
    name = call.strip('"').split("(")[0]
    for text in (
        f"select count(*) from ${{table}} where ({call}) is null",
        f"select max(n) + length(({call})) from things",
    ):
        assert "which is not on the list" in why(text) or "uses DOT" in why(text), name


@pytest.mark.parametrize("kind", ["regclass", "regproc", "oid", "xml", "pg_lsn", "text[]", "my.type", "name"])
def test_only_types_that_a_column_may_have(kind):
    assert why(f"select count(*) from ${{table}} where word::{kind} is null").startswith("uses the type ")


@pytest.mark.parametrize(
    "source",
    [
        "pg_class", "pg_catalog.pg_authid", "information_schema.tables", "governance.history", "quarantine.rows",
        "landing.c360__text", "c360__typed", "elsewhere.things", "db.raw.things", '"Things"', "pg_stat_activity",
    ],
)  # fmt: skip
def test_only_tables_of_the_contracts(source):
    assert "which is no table of the contracts" in why(f"select count(*) from {source}")
    assert "which is no table of the contracts" in why(
        f"select count(*) from ${{table}} where n in (select n from {source})"
    )


def test_a_name_of_with_hides_a_table_only_where_postgres_says_so():
    assert read("with pg_class as (select 1 as n) select count(*) from pg_class").endswith("FROM pg_class")
    for text in (
        "with a as (select 1 from pg_class), pg_class as (select 1) select count(*) from a",
        "select (with pg_class as (select 1 as n) select n from pg_class) + (select count(*) from pg_class)",
        'with "PG_CLASS" as (select 1) select count(*) from pg_class',
    ):
        assert "reads pg_class, which is no table" in why(text)


@pytest.mark.parametrize(
    "source",
    [
        "generate_series(1, 1e9)",
        "lateral generate_series(1, 9) as x",
        "things tablesample system (1)",
        "xmltable('/a' passing word columns n int)",
    ],
)
def test_nothing_but_tables_is_read_from(source):
    assert "which is not on the list" in why(f"select count(*) from {source}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select 1, 2", "gives 2 columns"),
        ("select * from ${table}", "gives more columns than one"),
        ("select t.* from ${table} as t", "gives more columns than one"),
        ("select (1, 2)", "gives more columns than one"),
        ("select count(*) > 3 from ${table}", "gives true or false, not a number"),
        ("select (not true)", "gives true or false, not a number"),
        ("select bool_and(n > 1) from ${table}", "gives true or false, not a number"),
        ("select exists (select 1 from ${table})", "gives true or false, not a number"),
        ("select count(*)::boolean from ${table}", "gives true or false, not a number"),
        ("select '5'", "gives no number"),
        ("select word || 'x' from ${table}", "gives no number"),
        ("select count(*)::text from ${table}", "gives no number"),
        ("select current_date", "gives no number"),
        ("select count(*) from ${table} group by word", "gives a row a group"),
        ("select 1 union all select 2", "gives all rows of its UNION, not one number"),
        ("select 1 intersect select 2", "gives all rows of its INTERSECT, not one number"),
    ],
)
def test_what_is_surely_not_one_row_with_one_number(text, reason):
    assert why(text) == reason


def test_work_without_end_is_refused():
    doubling = ", ".join(f"{chr(98 + i)} as (select s || s as s from {chr(97 + i)})" for i in range(16))
    nested = "(select s || s as s from " * 15 + "(select word as s from ${table}) as t" + ") as t" * 15
    copies = ", ".join(f"{chr(98 + i)} as not materialized (select x.n from {chr(97 + i)} x, {chr(97 + i)} y)"
                       for i in range(9))  # fmt: skip
    for text, reason in (
        ("with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
         "uses WITH RECURSIVE, which need not end"),
        ("select count(*) from (with recursive a as (select 1 as n) select n from a) as b",
         "uses WITH RECURSIVE, which need not end"),
        (f"with a as (select word as s from ${{table}}), {doubling} select max(length(s)) from q",
         "has more than 20000 parts, with each of its queries written where it is used"),
        (f"select max(length(s)) from {nested}",
         "has more than 20000 parts, with each of its queries written where it is used"),
        (f"with a as (select n from ${{table}}), {copies} select count(*) from j",
         "uses NOT MATERIALIZED, which is not on the list"),
    ):  # fmt: skip
        assert why(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 9_000 + "1" + ")" * 9_000, "select " + "not " * 4_000 + "true",
        "select " + "- " * 6_000 + "1", "select 1" + "::int" * 3_000, "select " + "case when " * 1_900 + "1",
        "select count(*) from " + "(select * from " * 700 + "${table}" + ") as t" * 700,
        "select 1 where " + "(1, (" * 3_000, "select " + "coalesce(1, " * 1_500 + "1" + ")" * 1_500,
    ],
    ids=lambda text: text[7:20],
)  # fmt: skip
def test_what_is_nested_ends_with_a_sentence(text):
    assert why(text).startswith("cannot be read: ")


def test_honest_chains_are_no_growth():
    chain = ", ".join(f"q{i} as (select n + 1 as n, coalesce(n, 0) as m from q{i - 1})" for i in range(1, 9))
    assert read(f"with q0 as (select n from ${{table}}), {chain} select max(n + m) from q8")
    assert read("select " + "1 + " * 4_000 + "1")
    assert read("with a as materialized (select n from ${table}) select max(n) from a")


@pytest.mark.parametrize("name", ["ctid", "xmin", "XMAX", "cmin", "cmax", "tableoid", '"ctid"', "t.ctid"])
def test_columns_of_the_system_are_no_columns_of_a_contract(name):
    reason = f"uses {name.strip(chr(34)).removeprefix('t.')}, a column of the system, which changes with each load"
    assert why(f"select count(*) from ${{table}} as t where {name} is null") == reason
    assert why(f"select count(distinct {name}) from ${{table}} as t") == reason
    with pytest.raises(Breach, match="a column of the system"):
        guard.condition(rule("", predicate=f"{name.removeprefix('t.')} is null"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select version()", "uses version, which is not on the list"),
        ("select pg_catalog.pg_sleep(1)", "uses pg_catalog.pg_sleep, which is not on the list"),
        ("select count(*) from generate_series(1, 9)", "uses generate_series, which is not on the list"),
        ("select xmltable('a')", "uses xmltable, which is not on the list"),
        ("select array[1]", "uses array, which is not on the list"),
    ],
)
def test_what_is_refused_bears_the_name_that_was_typed(text, reason):
    assert why(text) == reason


def test_a_subquery_may_see_the_tables_before_it():
    text = "select count(*) from ${table} as t cross join lateral (select n from others as o where o.n = t.n) as x"
    assert "CROSS JOIN LATERAL (SELECT n FROM others" in read(text) and "LATERAL" in read(text, DATABRICKS)
    assert "which is no table of the contracts" in why(text.replace("others", "pg_class"))


@pytest.mark.parametrize(
    "part", ["word ~ '[a-'", "word !~* 'a**'", "regexp_replace(word, '(', '') is null", "regexp_count(word, '[') > 1",
             "substring(word from '+') is null"],
)  # fmt: skip
def test_a_pattern_inside_sql_compiles(part):
    assert "which postgres cannot compile: " in why(f"select count(*) from ${{table}} where {part}")
    with pytest.raises(Breach, match="cannot compile"):
        guard.condition(rule("", predicate=part))


def test_a_condition_is_on_one_row():
    def of(text, dialect=POSTGRES):
        return guard.condition(rule("", predicate=text)).text(dialect)

    assert of("a > 1 -- or so") == "a > 1"
    assert of(r"a !~ '^\d'") == r"NOT a ~ '^\d'" and of(r"a !~ '^\d'", DATABRICKS) == r"NOT REGEXP_LIKE(a, '^\\d')"
    for text in ("true) or (true", "true) from x where (true", "a; b", "true limit 1", "true for update", "",
                 "pg_sleep(1)", "a > (select 1)", "count(*) > 1", "exists (select 1)", "a = '{{ 1 }}'"):  # fmt: skip
        with pytest.raises(Breach, match=r"t\.rule"):
            of(text)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("select count(*) from ${table} where word !~ '^x'",
         "SELECT COUNT(*) FROM things WHERE NOT REGEXP_LIKE(word, '^x')"),
        (r"select count(*) from ${table} where word = E'it\'s'", r"SELECT COUNT(*) FROM things WHERE word = 'it\'s'"),
        ('select count("a`b") from ${table}', "SELECT COUNT(`a``b`) FROM things"),
        ("select count(*) from ${table} where at::date < current_date - interval '2 days'",
         "SELECT COUNT(*) FROM things WHERE CAST(at AS DATE) < CURRENT_DATE - INTERVAL '2' DAYS"),
    ],
)  # fmt: skip
def test_databricks_gets_its_own_sql(text, there):
    assert read(text, DATABRICKS) == there


@pytest.mark.parametrize(
    "part",
    ["age(at) > interval '1 day'", "word similar to 'x'", "word ~* 'x'", "at at time zone 'Europe/Berlin' > now()",
     "trunc(n, 2) > 1"],
)  # fmt: skip
def test_what_databricks_lacks_is_refused_with_the_reason(part):
    text = f"select count(*) from ${{table}} where {part}"
    assert read(text)
    assert "has no equal on databricks" in why(text, DATABRICKS)


def test_no_listed_class_brings_heirs_along():
    from sqlglot import exp

    assert exp.TryCast not in allowed.NODES and issubclass(exp.TryCast, exp.Cast)
    assert "which is not on the list" in why("select count(*) from ${table} where try_cast(word as int) is null")
