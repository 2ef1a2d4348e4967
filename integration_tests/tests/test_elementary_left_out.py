"""Without Elementary's packages: everything else runs, and says what was left out."""

import pytest

AT = "--as-of=2026-03-01T12:00:00Z"


@pytest.fixture
def bare(workplace, make, tmp_path):
    workplace.ingest("contacts", workplace.write("contacts.csv", [make.contact(n) for n in range(1, 9)]))
    workplace.ingest("transactions", workplace.write("transactions.csv", [make.transaction(1, 1)]))
    return {"C360_DBT_PACKAGES": str(tmp_path / "none")}


def test_build_and_report_succeed_and_say_so(workplace, bare):
    built = workplace.c360("build", AT, "--json", **bare)
    reported = workplace.c360("report", AT, **bare)
    assert (built.code, reported.code) == (0, 0), built.err + reported.err
    for said in (built.err, reported.err):
        assert said.count("Elementary is left out") == 1 and "c360 deps" in said
    assert built.json["clauses"] and not [clause for clause in built.json["clauses"] if "anomal" in clause]
    assert workplace.sql("select to_regnamespace('elementary') is null") == [(True,)]
    assert not workplace.sql("select 1 from governance.history where engine = 'elementary'")
