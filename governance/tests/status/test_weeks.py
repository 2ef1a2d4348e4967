"""Six weeks of deliveries through the ledger: on each day the sentence, the level and the alert that an owner gets."""

import json
import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from click.testing import CliRunner

from c360.commands.status import status
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.errors import CouldNotTell
from c360.ledger import deliveries
from c360.ledger.deliveries import Account, Note
from c360.ledger.history import Finding, Run, failing, on_record, record
from c360.lineage import Users, lineage, upstream
from c360.project import Project
from c360.status.alert import raise_alert
from c360.status.causes import causes, of
from c360.status.overview import read_overview

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROWS = 1_000
MANIFEST = {
    "sources": {"source.c.contacts": {"source_name": "salesforce", "name": "contacts"}},
    "nodes": {"model.c.customers": {"resource_type": "model", "name": "customers_v2", "alias": "customers_v2"}},
    "child_map": {"source.c.contacts": ["model.c.stg"], "model.c.stg": ["model.c.customers"]},
}
ASK = "crm-platform answers, in #crm-platform."
WAITS = "On older data until then: customers; partners harbour_media, southern_insight."
LACKS = "Without these rows: customers; partners harbour_media, southern_insight."
MAIL = r"contacts.mail.pattern (matches ^[^@\s]+@[^@\s]+\.[^@\s]+$)"

# what happens to contacts on a day: rows that break clauses; `stale` hours of age that refuse it; None: nothing comes
SCRIPT = {
    10: {"contacts.mail.pattern": 12},
    14: {"stale": 48},
    15: {"stale": 72},
    20: None,
    21: None,
    24: {"contacts.mail.pattern": 30, "contacts.name.required": 1},
    25: {"contacts.mail.pattern": 30, "contacts.birthdate.required": 4},
    30: {"rows": 100},
}
EXPECTED = {
    10: (
        "aside",
        "contacts: 12 of 1,000 rows (1.2%) were set aside since 2026-03-10 12:00 UTC (1 hour): "
        f"12 rows break {MAIL}. {LACKS} {ASK}",
    ),
    14: (
        "refused",
        "contacts: the delivery of 1,000 rows was refused since 2026-03-14 12:00 UTC (1 hour): "
        "newest row is 2 days old; 1 day is promised; the last accepted one is of 2026-03-13 12:00 UTC. "
        f"{WAITS} {ASK}",
    ),
    15: (
        "refused",
        "contacts: the last 2 deliveries were refused since 2026-03-14 12:00 UTC (1 day 1 hour): "
        "newest row is 3 days old; 1 day is promised; the last accepted one is of 2026-03-13 12:00 UTC. "
        f"{WAITS} {ASK}",
    ),
    20: (
        "late",
        "contacts: no delivery came after 2026-03-19 12:00 UTC; the promise is broken since 2026-03-20 11:00 UTC "
        f"(2 hours): newest row is 1 day 2 hours old; 1 day is promised. {WAITS} {ASK}",
    ),
    21: (
        "late",
        "contacts: no delivery came after 2026-03-19 12:00 UTC; the promise is broken since 2026-03-20 11:00 UTC "
        f"(1 day 2 hours): newest row is 2 days 2 hours old; 1 day is promised. {WAITS} {ASK}",
    ),
    24: (
        "aside",
        "contacts: 31 of 1,000 rows (3.1%, usually at most 1.8%) were set aside since 2026-03-24 12:00 UTC "
        f"(1 hour): 30 rows break {MAIL}, and 1 clause more. {LACKS} {ASK}",
    ),
    25: (
        "aside",
        "contacts: 34 of 1,000 rows (3.4%, usually at most 1.8%) were set aside since 2026-03-24 12:00 UTC "
        f"(1 day 1 hour): 30 rows break {MAIL}, and 1 clause more. {LACKS} {ASK}",
    ),
    30: (
        "warned",
        "contacts: 100 rows delivered on 2026-03-30 12:00 UTC: usual for that weekday is 867 to 1,153. " + ASK,
    ),
}
TOLD = {
    10: [("new", "contacts rows")],
    11: [("recovered", "contacts rows")],
    14: [("new", "contacts delivery")],
    15: [("reminder", "contacts delivery")],
    16: [("recovered", "contacts delivery")],
    20: [("new", "contacts delivery")],
    21: [("reminder", "contacts delivery")],
    22: [("recovered", "contacts delivery")],
    24: [("new", "contacts rows")],
    25: [("worse", "contacts rows")],
    26: [("recovered", "contacts rows")],
    30: [("new", "anomaly contacts.delivered 2026-03-30T12:00:00")],
    35: [("new", "customers clauses")],
    36: [("recovered", "customers clauses")],
}


@pytest.fixture
def project(database, tmp_path):
    (tmp_path / "dbt" / "target").mkdir(parents=True)
    (tmp_path / "dbt" / "target" / "manifest.json").write_text(json.dumps(MANIFEST))
    found = find_contracts(database.contracts)
    return Project(replace(database, home=tmp_path), Catalog.of(found), database.contracts)


def deliver(db, catalog, name, now, happens):
    """A delivery by way of the ledger, as the gate writes it."""
    contract, dataset = catalog.find(name)
    old = happens.get("stale", 1)
    delivered = happens.get("rows", ROWS)
    lost = {clause: count for clause, count in happens.items() if "." in clause}
    findings = []
    for clause in dataset.clauses:
        if clause.scope != "contract":
            count = lost.get(clause.id, 0)
            bad = count or (clause.kind.name == "freshness" and old > 24)
            measured = old * 3600.0 if clause.kind.name == "freshness" else float(count)
            rows = count if clause.kind.loses_rows else None
            findings.append(Finding(clause, "soda", failing(clause) if bad else "passed", measured, rows))
    run = Run.start("gate", now)
    what = Note(uuid.uuid4().hex, name, contract.name, contract.version, f"{name}.csv", delivered, now)
    with on_record(db, run, name) as ending, db.transaction():
        record(db, run, findings)
        if old > 24:
            deliveries.refuse(db, what, f"it breaks {name}.freshness")
            ending.outcome, ending.detail = "failed", "the delivery was refused"
        else:
            newest = f"{now - old * HOUR:%Y-%m-%d %H:%M:%S}"
            account = Account(delivered - sum(lost.values()), sum(lost.values()), 0, 0, newest)
            deliveries.accept(db, deliveries.plan(db, what, account, "accepted", {}, {}))


def stop(db, catalog, now):
    """dbt finds contacts too old, and builds nothing."""
    (fresh,) = (c for c in catalog.find("contacts")[1].clauses if c.kind.name == "freshness")
    with on_record(db, Run.start("build", now)) as ending, db.transaction():
        record(db, Run.start("build", now), [Finding(fresh, "dbt", "failed", 93_600.0)])
        ending.outcome, ending.detail = "failed", "Sources are stale: contacts; nothing was built."


def build(db, catalog, now, *broken):
    fresh = [c for c in catalog.find("contacts")[1].clauses if c.kind.name == "freshness"]
    for stage, engine in (("build", "dbt"), ("verify", "datacontract")):
        run = Run.start(stage, now)
        with on_record(db, run), db.transaction():
            record(db, run, [Finding(c, engine, "passed", 5_400.0) for c in fresh])
            for contract, dataset in catalog.pairs():
                if contract.layer == "products":
                    record(db, run, [
                        Finding(c, engine, "failed" if c.id in broken else "passed", rows=3 if c.id in broken else 0)
                        for c in dataset.clauses if c.scope != "contract"
                    ])  # fmt: skip


def one_day(db, project, n):
    """The day's deliveries and build, and what an owner of contacts learns an hour later."""
    noon = START + (n - 1) * DAY
    happens = SCRIPT.get(n, {})
    deliver(db, project.catalog, "transactions", noon, {})
    if happens is not None:
        deliver(db, project.catalog, "contacts", noon, happens)
    if happens is None:
        stop(db, project.catalog, noon + HOUR / 2)
    else:
        build(db, project.catalog, noon + HOUR / 2, *(["customers.age.minimum"] if n == 35 else []))
    later = noon + HOUR
    overview = read_overview(db, project.catalog, later)
    found = causes(overview, project.catalog, lineage(project, later.date()))
    return later, found, raise_alert(project, db, later)


def test_six_weeks(db, project, database):
    env = {"C360_ROOT": str(database.root), "C360_HOME": str(project.settings.home),
           "C360_DATABASE_URL": database.database_url}  # fmt: skip
    for n in range(1, 43):
        later, found, told = one_day(db, project, n)
        said = [(cause.level, cause.sentence) for cause in of(found, ["contacts"])]
        assert said == ([EXPECTED[n]] if n in EXPECTED else []), f"day {n}"
        assert [(c["change"], c["about"]) for c in told.changes] == TOLD.get(n, []), f"day {n}"
        sentences = {cause.sentence for cause in found}
        assert all(c["text"] in sentences for c in told.changes if c["change"] != "recovered"), f"day {n}"
        behind = [cause.level for cause in of(found, ["customers"])]
        waits = n in (14, 15, 20, 21)
        assert behind == (["behind"] if waits else ["broken"] if n == 35 else []), f"day {n}"
        assert of(found, ["transactions", ""]) == (), f"day {n}"
        alone = [cause.level for cause in of(found, ["transactions_enriched"])]
        assert alone == (["behind"] if n == 21 else []), f"day {n}: nothing is built while contacts is late"
        if n in EXPECTED:
            with mock.patch.dict(os.environ, env):
                shown = CliRunner().invoke(status, ["--as-of", later.isoformat()]).output
            assert shown.splitlines()[0] == ": ".join(EXPECTED[n]), f"day {n}"


def test_rows_that_were_set_aside_have_not_recovered_while_the_next_delivery_is_refused(db, project):
    told = {}
    for n, happens in enumerate(({"contacts.mail.pattern": 12}, {"stale": 48}, {}), 1):
        noon = START + n * DAY
        deliver(db, project.catalog, "contacts", noon, happens)
        told[n] = [(c["change"], c["about"], c["text"]) for c in raise_alert(project, db, noon + HOUR).changes]
    assert [entry[:2] for entry in told[2]] == [("new", "contacts delivery")], "nobody knows of the rows"
    assert told[3] == [
        ("recovered", "contacts delivery", "contacts: a delivery was accepted, after 1 day 1 hour; it holds"),
        ("recovered", "contacts rows", "contacts: no row was set aside, after 2 days 1 hour; it holds"),
    ]


def test_too_many_rows_refuse_the_delivery_for_the_reason_that_the_gate_gave(db, project):
    noon = START
    contract, dataset = project.catalog.find("contacts")
    clause = next(c for c in dataset.clauses if c.id == "contacts.mail.pattern")
    run = Run.start("gate", noon)
    what = Note(uuid.uuid4().hex, "contacts", contract.name, contract.version, "f", 20, noon)
    with on_record(db, run, "contacts") as ending, db.transaction():
        record(db, run, [Finding(clause, "soda", "failed", 6.0, 6)])
        deliveries.refuse(db, what, "6 of 20 rows break clauses (contacts.mail.pattern 6), more than 20%")
        ending.outcome = "failed"
    overview = read_overview(db, project.catalog, noon)
    (cause,) = of(causes(overview, project.catalog, {}), ["contacts"])
    assert (cause.level, cause.why[0]) == (
        "refused",
        "6 of 20 rows break clauses (contacts.mail.pattern 6), more than 20%; none was accepted yet",
    )
    assert cause.why[1] == f"6 rows break {MAIL}" and cause.clauses == ("contacts.mail.pattern",)
    assert cause.command.startswith("c360 quarantine show contacts --delivery ")


def test_a_stage_that_broke_down_is_a_cause_of_its_own(db, project):
    with pytest.raises(CouldNotTell), on_record(db, Run.start("build", START)):
        raise CouldNotTell("There is no database.")
    overview = read_overview(db, project.catalog, START + HOUR)
    (cause,) = of(causes(overview, project.catalog, {}), [""])
    assert (cause.level, cause.sentence) == (
        "unknown",
        "build did not come to its end since 2026-03-01 12:00 UTC (1 hour): There is no database.",
    )


def test_what_is_built_on_a_source_is_read_off_the_manifest(project):
    day = START.date()
    users = lineage(project, day)
    assert users["contacts"] == Users(("customers",), ("harbour_media", "southern_insight"))
    assert users["customers"] == Users((), ("harbour_media", "southern_insight")), "by the policies alone"
    assert users["transactions"] == Users()
    assert upstream(users, "customers") == ["contacts"]
    assert lineage(project, day + 9_999 * DAY)["contacts"].partners == (), "these shares have ended"
    (project.settings.home / "dbt" / "target" / "manifest.json").write_text("{")
    assert lineage(project, day)["contacts"] == Users(), "without a manifest nothing is known"
