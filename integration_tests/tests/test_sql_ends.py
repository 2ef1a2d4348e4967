"""SQL and patterns of contracts that would not end: each ends by its limits, is told by its own name, and leaves the
other clauses their verdicts and nothing on the server."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from integration_tests.tests.test_gate_hostile import contract, word

DEADLINE_S = 1
JOIN = "select count(*) from ${table} a, ${table} b, ${table} c, ${table} d, ${table} e where a.id + b.id < -e.id"
SORT = (
    "select count(*) from (select a.id from ${table} a, ${table} b, ${table} c "
    "order by a.word || b.word || c.word offset 3) as sorted"
)
GROWING = (
    "with a as (select string_agg(word, '') as s from ${table}), b as (select x.s || y.s as s from a x, a y), "
    "c as (select x.s || y.s || x.s || y.s as s from b x, b y), d as (select replace(x.s, 'w', y.s) as s "
    "from c x, c y), e as (select replace(x.s, 'w', y.s) as s from d x, d y) select max(length(s)) from e"
)
ROWS = 400


@pytest.fixture
def hurried(workplace):
    """A project whose rules may take a second and 2 MB of temporary files."""
    root = workplace.folder / "project"
    root.mkdir(exist_ok=True)
    (root / "c360.toml").write_text(f"[database]\nstatement_timeout = {DEADLINE_S}\ntemp_file_limit = 2\n")
    return replace(workplace, settings=replace(workplace.settings, root=root))


def rows(place, name="things.csv", count=ROWS):
    return place.write(name, [{"id": n, "word": f"w{n:04}"} for n in range(count)])


def of(place, *queries, **changes):
    rules = [{"id": f"rule{n}", "type": "sql", "query": query, "mustBe": 0} for n, query in enumerate(queries)]
    return contract(place.folder, quality=rules, properties=word(required=True), **changes)


def verified(place, folder):
    answer = place.c360("verify", "--contracts", folder, "--as-of", "2026-03-01T12:00:00Z", "--json")
    assert "unforeseen" not in answer.err and "Traceback" not in answer.err, answer.err
    return answer, {entry["clause"]: entry for entry in answer.json}


def assert_nothing_runs(place, within_s=10):
    left = "select count(*) from pg_stat_activity where usename = 'c360_scanner' and state = 'active'"
    began = time.monotonic()
    while place.sql(left) != [(0,)]:
        assert time.monotonic() - began < within_s, "a statement of a contract goes on"
        time.sleep(0.2)
    assert place.sql("select count(*) from pg_ls_tmpdir()") == [(0,)]


ENDLESS = {
    "join": (JOIN, "took longer than 1 seconds", "statement_timeout = 2"),
    "sort": (SORT, "temporary files (database.temp_file_limit)", "temp_file_limit = 4"),
    "growing text": (GROWING, "", ""),
}  # fmt: skip


@pytest.mark.parametrize("soda", [True, False])
@pytest.mark.parametrize("name", ENDLESS)
def test_a_rule_without_an_end_is_told_by_its_name(hurried, name, soda):
    query, why, remedy = ENDLESS[name]
    if not soda:
        with (hurried.settings.root / "c360.toml").open("a") as file:
            file.write("[soda]\nenabled = false\n")
    folder = of(hurried, "select count(*) from ${table} where id < 0", query)
    assert not [line for line in hurried.c360("lint", folder).out.splitlines() if "rule1" in line]
    began = time.monotonic()
    answer = hurried.ingest("things", rows(hurried), contracts=folder)
    assert time.monotonic() - began < 40
    assert answer.code == 2 and "unforeseen" not in answer.err, answer.err
    assert "could not evaluate things.rule1: it " in answer.err and why in answer.err and remedy in answer.err
    assert "rule0" not in answer.err and "required" not in answer.err
    assert hurried.sql("select count(*) from governance.delivery") == [(0,)]
    assert_nothing_runs(hurried)


def test_verify_tells_the_clause_and_all_others_keep_their_verdict(hurried):
    path = rows(hurried)
    assert hurried.ingest("things", path, contracts=of(hurried)).code == 0
    folder = of(hurried, "select count(*) from ${table} where id < 0", JOIN, SORT)
    began = time.monotonic()
    answer, found = verified(hurried, folder)
    assert time.monotonic() - began < 60
    assert answer.code == 2
    assert {name: entry["outcome"] for name, entry in found.items() if entry["outcome"] != "passed"} == {
        "things.rule1": "errored", "things.rule2": "errored",
    }  # fmt: skip
    assert found["things.rule0"]["outcome"] == found["things.word.required"]["outcome"] == "passed"
    assert "took longer than 1 seconds (database.statement_timeout)" in found["things.rule1"]["detail"]
    assert "temporary files (database.temp_file_limit)" in found["things.rule2"]["detail"]
    assert_nothing_runs(hurried)


def test_many_rules_without_an_end_do_not_take_many_times_as_long(hurried):
    folder = of(hurried, *[JOIN.replace("< -e.id", f"< -e.id - {n}") for n in range(12)])
    began = time.monotonic()
    answer = hurried.ingest("things", rows(hurried), contracts=folder)
    assert time.monotonic() - began < 30
    assert answer.code == 2 and "things.rule0: it took longer" in answer.err and "and 9 more" in answer.err


def test_one_of_many_conditions_in_one_query_is_told_alone(hurried):
    """Conditions on rows share a query in Soda, in verify and in the split."""
    divides = "SELECT COUNT(*) FROM ${table} WHERE 1 / (id - 3) > 5"
    both = ("SELECT COUNT(*) FROM ${table} WHERE id < 0", divides)
    folder = of(hurried, *both)
    answer = hurried.ingest("things", rows(hurried), contracts=folder)
    assert answer.code == 2 and "could not evaluate things.rule1: the query fails (DivisionByZero)" in answer.err
    assert hurried.ingest("things", rows(hurried), contracts=of(hurried)).code == 0
    _, found = verified(hurried, of(hurried, *both))
    assert {name for name, entry in found.items() if entry["outcome"] == "errored"} == {"things.rule1"}


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "(.*)*x", r"^(\w+\s?)*$", "(x+x+)+y"])
def test_patterns_that_ruin_other_engines_end(hurried, pattern):
    folder = contract(hurried.folder, properties=word(logicalTypeOptions={"pattern": pattern}))
    path = hurried.write("a.csv", [{"id": n, "word": "a" * 5000 + "!"} for n in range(20)])
    began = time.monotonic()
    answer = hurried.ingest("things", path, contracts=folder)
    assert time.monotonic() - began < 20
    assert answer.code in (0, 1) or "things.word.pattern" in answer.err, answer.err
    assert "unforeseen" not in answer.err
    verified(hurried, folder)
    assert_nothing_runs(hurried)


def test_a_pattern_that_takes_too_long_is_told_by_its_name(hurried):
    """At the gate, in verify and in a replay, which has no scan before it."""

    def having(pattern):
        return contract(hurried.folder, properties=word(required=True, logicalTypeOptions={"pattern": pattern}))

    slow = r"^(a*)(a*)(a*)(a*)\4\3\2\1!.*b?$"
    path = hurried.write("a.csv", [{"id": n, "word": "a" * 301 + "!!" if n == 3 else "b"} for n in range(10)])
    answer = hurried.ingest("things", path, contracts=having(slow))
    assert answer.code == 2, answer.err
    assert "could not evaluate things.word.pattern: it took longer than 1 seconds" in answer.err
    assert "required" not in answer.err
    assert hurried.ingest("things", path, contracts=having("^b")).only["quarantined"] == 1
    answer = hurried.c360("quarantine", "replay", "--contracts", having(slow), "--json")
    assert answer.code == 2, answer.err
    assert "could not be judged by things.word.pattern: it took longer than 1 seconds" in answer.err
    assert hurried.sql("select count(*) from quarantine.rows") == [(1,)]
    hurried.sql("insert into raw.things values (77, repeat('a', 301) || '!!')")
    answer, found = verified(hurried, having(slow))
    assert answer.code == 2
    assert {name for name, entry in found.items() if entry["outcome"] == "errored"} == {"things.word.pattern"}
    assert_nothing_runs(hurried)


def test_a_pattern_that_no_engine_compiles_is_told_at_lint(hurried):
    for pattern, why in (("[a-", "a [ has no ]"), ("a**", "* has nothing to repeat"), ("(a", "a ( has no )")):
        folder = contract(hurried.folder, properties=word(logicalTypeOptions={"pattern": pattern}))
        answer = hurried.c360("lint", folder)
        assert answer.code == 1
        assert f"the pattern {pattern!r} of word does not compile: {why}" in answer.out + answer.err
        assert "logicalTypeOptions.pattern" in answer.out + answer.err
        rule = {"id": "odd", "metric": "invalidValues", "arguments": {"pattern": pattern}, "mustBe": 0}
        folder = contract(hurried.folder, properties=word(quality=[rule]))
        answer = hurried.c360("lint", folder)
        assert answer.code == 1 and f"the pattern {pattern!r} of odd does not compile" in answer.out + answer.err
        inside = {"name": "word", "logicalType": "array", "physicalType": "jsonb",
                  "items": {"logicalType": "string", "logicalTypeOptions": {"pattern": pattern}}}  # fmt: skip
        folder = contract(hurried.folder, properties=[word()[0], inside])
        answer = hurried.c360("lint", folder)
        assert answer.code == 1 and f"the pattern {pattern!r} of items does not compile" in answer.out + answer.err


def test_a_statement_ends_when_its_client_is_killed(workplace):
    """With the deadline of everybody, a minute: the server itself sees that nobody waits."""
    root = workplace.folder / "project"
    root.mkdir(exist_ok=True)
    (root / "c360.toml").write_text("")
    place = replace(workplace, settings=replace(workplace.settings, root=root))
    folder = of(place, JOIN.replace("< -e.id", "< -e.id order by 1"))
    command = [sys.executable, "-c", "from c360.cli import main; main()", "ingest", "things", str(rows(place)),
               "--contracts", str(folder), "--as-of", "2026-03-01T12:00:00Z"]  # fmt: skip
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "C360"))} | place.env
    run = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    active = "select count(*) from pg_stat_activity where usename = 'c360_scanner' and state = 'active'"
    began = time.monotonic()
    while place.sql(active) == [(0,)]:
        assert time.monotonic() - began < 60 and run.poll() is None, "the rule never began"
        time.sleep(0.1)
    time.sleep(1)
    assert place.sql(active) != [(0,)]
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert_nothing_runs(place, within_s=8)
    assert place.ingest("things", rows(place, "b.csv"), contracts=of(place)).code == 0
