"""Shares, over a real Postgres: nobody stands alone in one, no difference of two points at anybody, a partner's role
sees its own view and nothing else, and what is sent is signed, and refused while a promise does not hold."""

import csv
import hashlib
import hmac
import json
import shutil
import subprocess
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from c360.clause.dialect import POSTGRES
from c360.console import clock
from c360.database import connect, parameters
from c360.ledger.history import Finding, Run, record
from c360.project import open_project
from c360.share import signing
from c360.share.keys import hmac_pads
from c360.share.role import excess_privileges, role_of
from governance.tests.workplace import NOW
from integration_tests.project_copy import copy_project

PARTNER, OTHER = "harbour_media", "southern_insight"
VIEW, RELEASE = "analytics_share_harbour_media.customers", "analytics_sharing.release_harbour_media__customers"
SPARE = date(2026, 3, 1)


def born(years):
    return str(SPARE - timedelta(days=years * 365 + 200))


def people(make, ages):
    """By number: as many of each age as `ages` says, a few apart."""
    numbers = [years for years, times in ages.items() for _ in range(times)]
    return [make.contact(n, birthdate=born(years)) for n, years in enumerate(numbers, 1)]


def bundle(workplace):
    return workplace.settings.site / "partners" / PARTNER / "customers"


def build(workplace, make, rows, name="contacts.csv"):
    assert workplace.ingest("contacts", workplace.write(name, rows)).code == 0
    number = int(rows[0]["id"][-12:])
    sold = [make.transaction(number, number, amount="100.00")]
    assert workplace.ingest("transactions", workplace.write(f"sold-{name}", sold)).code == 0
    for verb in (["build", "--resource-type", "model"], ["verify"]):
        done = workplace.c360(*verb, "--as-of", NOW)
        assert done.code == 0, done.out + done.err


def publish(workplace, partner=PARTNER, as_of=NOW):
    return workplace.c360("publish", partner, "--as-of", as_of)


@pytest.fixture(scope="module")
def shared(shared_workplace, make):
    """60 people of 34, 30 of 45, 6 of 52 and 6 of 57 (bands of ten: 12 in their fifties), 3 of 81, alone."""
    shared_workplace.reset()
    build(shared_workplace, make, people(make, {34: 60, 45: 30, 52: 6, 57: 6, 81: 3}))
    done = publish(shared_workplace)
    assert done.code == 0, done.out + done.err
    return shared_workplace


def pseudonyms(workplace, where):
    """Of those in a release, the ids, and what stands for them, by the newest key."""
    made = POSTGRES.hmac("inner_pad", "outer_pad", "convert_to(person::text, 'UTF8')")
    newest = f"(select * from sharing.key where partner = '{PARTNER}' order by version desc limit 1) as key"
    return workplace.sql(f"select person::text, {made} from {RELEASE}, {newest} where {where} order by 1")


@pytest.fixture
def own_policy(shared, tmp_path):
    """The share in a copy of the project, and how to change harbour_media's policy there; published as it was after."""
    project = copy_project(tmp_path / "project")
    workplace = replace(shared, settings=replace(shared.settings, root=project, home=tmp_path / "home"))
    policy = project / "governance/policies/partners/harbour_media.yaml"

    def change(old, new):
        text = policy.read_text()
        assert old in text
        policy.write_text(text.replace(old, new))
        assert workplace.c360("generate").code == 0

    assert publish(workplace).code == 0
    yield workplace, change
    assert publish(shared).code == 0


def groups(workplace):
    return dict(workplace.sql(f"select age, count(*)::int from {VIEW} group by age"))


def test_who_stands_among_few_is_left_out_and_counted(shared):
    persons = dict(shared.sql(f"select q1_band_10_20, count(person)::int from {RELEASE} group by 1"))
    assert persons == {30: 59, 40: 30, 50: 12}, "one bought, and is alone by that"
    assert groups(shared) == {"30-39": 60, "40-49": 31, "50-59": 13}, "a canary each"
    assert shared.sql("select persons, published, coarser from sharing.release order by id desc limit 1") == [
        (105, 101, 0)
    ]
    run = shared.c360("publish", PARTNER, "--as-of", NOW)
    assert run.code == 0 and "105" in run.out and " 4" in run.out


def test_pseudonyms_are_hmacs_by_a_key_that_nobody_sees(shared):
    person = shared.sql(f"select person::text from {RELEASE} order by person limit 1")[0][0]
    ((inner, outer),) = shared.sql("select inner_pad, outer_pad from sharing.key where partner = %s", PARTNER)
    key = bytes(b ^ 0x36 for b in bytes(inner))
    assert bytes(b ^ 0x5C for b in bytes(outer)) == key and len(set(key[:32])) > 8 and set(key[32:]) == {0}
    pseudonym = hmac.new(key, person.encode(), hashlib.sha256).hexdigest()
    assert shared.sql(f"select count(*) from {VIEW} where id_pseudonym = %s", pseudonym) == [(1,)]
    kept = shared.sql("select count(*) from information_schema.columns where column_name ~ 'pseudonym' "
                      "and table_schema !~ '_share_'")  # fmt: skip
    assert kept == [(0,)], "none is stored"
    home = b"".join(f.read_bytes() for f in shared.settings.home.rglob("*") if f.is_file() and not f.is_symlink())
    for secret in (key[:32].hex(), bytes(inner).hex()):
        assert secret.encode() not in home


VECTORS = [  # RFC 4231, 4.2 to 4.5
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
]


@pytest.mark.parametrize(("key", "message", "expected"), VECTORS)
def test_vectors_of_rfc_4231(shared, key, message, expected):
    sql = (
        f"with made as (select {hmac_pads('key')} from (select %s::bytea as key) as given) "
        f"select {POSTGRES.hmac('i', 'o', '%s::bytea')} from made as made (i, o)"
    )
    assert shared.sql(sql, key, message) == [(expected,)]


def test_partners_cannot_join_what_they_have(shared):
    done = publish(shared, OTHER)
    assert done.code == 0 and "Nobody of customers is published: no group of its 105 has k = 20 and l = 3" in done.err
    ((common,),) = shared.sql(
        f"select count(*) from {VIEW} as a join analytics_share_southern_insight.customers as b using (id_pseudonym)"
    )
    assert common == 0
    ours = {row for (row,) in shared.sql(f"select id_pseudonym from {VIEW}")}
    ids = [str(n) for (n,) in shared.sql("select id from raw.contacts")]
    assert not ours & {hashlib.sha256(text.encode()).hexdigest() for text in ids}


def test_a_difference_of_fewer_than_k_changes_nothing_and_of_k_shows(shared, make):
    before = sorted(shared.sql(f"select id_pseudonym, age from {VIEW}"))
    few = [make.contact(1000 + n, birthdate=born(45)) for n in range(3)]
    build(shared, make, [*few, make.contact(2000, birthdate=born(20))], "few.csv")
    assert publish(shared).code == 0
    assert sorted(shared.sql(f"select id_pseudonym, age from {VIEW}")) == before
    more = [make.contact(1100 + n, birthdate=born(45)) for n in range(11)]
    build(shared, make, more, "more.csv")
    assert publish(shared).code == 0
    after = groups(shared)
    came = after["40-49"] - dict(Counter(age for _, age in before))["40-49"]
    assert came >= 11 and after["30-39"] == dict(Counter(age for _, age in before))["30-39"]
    assert shared.sql(f"select count(*) - count(distinct id_pseudonym) from {VIEW}") == [(0,)]


def seen_by(workplace, view=VIEW):
    return {row for (row,) in workplace.sql(f"select id_pseudonym from {view}")}


def test_a_release_has_pseudonyms_of_its_own(own_policy):
    workplace, change = own_policy
    change("contract_version: 2.0.0", "contract_version: 3.0.0")
    change("pseudonyms: {releases: 6}\n", "")
    assert publish(workplace).code == 0
    first = seen_by(workplace)
    (key,) = living(workplace, PARTNER)
    assert workplace.c360("keys", "rotate", PARTNER).code == 0
    assert seen_by(workplace) == first, "a newer key says nothing of an older release"
    assert "is made by key" in workplace.c360("keys", "retire", PARTNER, str(key)).err
    assert publish(workplace).code == 0
    assert first and not seen_by(workplace) & first
    assert workplace.c360("keys", "retire", PARTNER, str(key)).code == 0
    (newest,) = living(workplace, PARTNER)
    assert "is the newest" in workplace.c360("keys", "retire", PARTNER, str(newest)).err
    listed = workplace.c360("keys", "list", PARTNER)
    assert "deleted" in listed.out and listed.code == 0
    assert workplace.c360("keys", "create", "nobody").code == 2
    manifest = json.loads((bundle(workplace) / "manifest.json").read_text())
    assert manifest["pseudonyms"] == "release" and manifest["held_back"]["persons"] == 0


def living(workplace, partner):
    """Versions of the keys by which the newest release is made."""
    return [key for (key,) in workplace.sql(
        "select key_version from sharing.release where partner = %s order by id desc limit 1", partner)]  # fmt: skip


def test_a_window_ends_after_its_releases_and_where_too_much_is_held_back(shared):
    assert shared.c360("keys", "rotate", PARTNER).code == 0
    made = []
    for _ in range(7):
        assert publish(shared).code == 0
        made.append(seen_by(shared))
    assert all(one == made[0] for one in made[:6]) and not made[6] & made[0]
    shared.sql("update sharing.release set held = published / 5 where id = (select max(id) from sharing.release)")
    assert publish(shared).code == 0 and not seen_by(shared) & made[6]


def test_dbt_parses_the_project_once_a_partner(shared):
    log = shared.settings.home / "dbt" / "logs" / "dbt.log"
    assert publish(shared).code == publish(shared, OTHER).code == 0
    said = len(log.read_text())
    assert publish(shared).code == publish(shared, OTHER).code == 0
    again = log.read_text()[said:]
    assert "Completed successfully" in again and "partial parsing" not in again


def connect_as(workplace, partner):
    login = parameters(workplace.settings) | {"user": role_of(partner)}
    return psycopg.connect(**{key: value for key, value in login.items() if key != "options"})


def as_partner(workplace, statement, partner=PARTNER):
    """What a partner gets for a statement: rows, or the code of the refusal."""
    connection = connect_as(workplace, partner)
    try:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        return error.sqlstate
    finally:
        connection.close()


FORBIDDEN = [
    "select * from raw.contacts", "select * from raw.transactions", "select * from quarantine.rows",
    "select * from governance.delivery", "select * from analytics.customers_v2", "select * from analytics.customers",
    "select * from sharing.key", "select * from sharing.release", f"select * from {RELEASE}",
    "select * from analytics_share_southern_insight.customers", "select * from erasure.tombstone",
    "set role c360_transformer", "set role c360_loader", "set session authorization c360_transformer",
    f"create table {VIEW}_mine (a int)", "create schema mine", f"delete from {VIEW}", f"drop view {VIEW}",
    f"create or replace view {VIEW} as select 1 as a", "create table public.mine (a int)",
    "select pg_read_file('/etc/passwd')", "select lo_import('/etc/passwd')", "copy (select 1) to program 'true'",
    "select * from pg_authid", "select * from pg_statistic", "create extension dblink", "load 'x'",
    "alter role c360_partner_harbour_media superuser", "grant select on raw.contacts to c360_partner_harbour_media",
]  # fmt: skip


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_partner_may_do_nothing_else(shared, statement):
    refused = as_partner(shared, statement)
    assert refused in ("42501", "42704", "0A000", "55000", "58P01"), (statement, refused)


def test_a_partner_reads_its_own_share_and_no_statistics_of_others(shared):
    assert len(as_partner(shared, f"select * from {VIEW}")) > 50
    assert as_partner(shared, "select count(*) from pg_stats where schemaname in ('raw', 'analytics')") == [(0,)]


def test_what_the_role_may_do_too_much_is_found(shared):
    database = connect(shared.settings, role=None)
    assert excess_privileges(database, PARTNER) == [] and excess_privileges(database, "nobody") == []
    shared.sql("grant select (id) on raw.contacts to c360_partner_harbour_media")
    shared.sql("grant usage on schema raw to c360_partner_harbour_media")
    assert excess_privileges(database, PARTNER) == ["reads raw.contacts"]
    told = shared.c360("access", "--check")
    assert told.code == 1 and "c360_partner_harbour_media reads raw.contacts" in told.out
    shared.sql("revoke all on raw.contacts from c360_partner_harbour_media")
    shared.sql("revoke select (id) on raw.contacts from c360_partner_harbour_media")
    shared.sql("revoke all on schema raw from c360_partner_harbour_media")
    database.close()


def test_the_bundle_is_whole_and_signed_and_a_changed_byte_is_seen(shared):
    assert publish(shared).code == 0
    folder = bundle(shared)
    wanted = (
        "customers.odcs.yaml index.html customers.csv customers.parquet sample.csv CHANGES.md sla.json manifest.json"
    )
    assert {*wanted.split(), "manifest.json.sig", "publisher.pem"} <= {path.name for path in folder.iterdir()}
    listed = json.loads((folder / "manifest.json").read_text())
    assert listed["k"] == 11 and listed["rows"] == len((folder / "customers.csv").read_text().splitlines()) - 1
    assert shared.c360("publish", "--check", folder).code == 0
    openssl = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "publisher.pem", "-rawin", "-in", "manifest.json",
               "-sigfile", "manifest.json.sig"]  # fmt: skip
    assert subprocess.run(openssl, cwd=folder, capture_output=True).returncode == 0
    assert (shared.settings.home / "signing.pem").stat().st_mode & 0o077 == 0
    for name in ("customers.csv", "manifest.json", "sample.csv"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept + b" ")
        assert shared.c360("publish", "--check", folder).code == 1, name
        (folder / name).write_bytes(kept)
    (folder / "more.txt").write_text("")
    assert "is not of the bundle" in shared.c360("publish", "--check", folder).err
    (folder / "more.txt").unlink()


def test_a_partner_checks_a_bundle_by_the_steps_of_the_guide(shared, tmp_path):
    folder = bundle(shared)
    guide = (shared.settings.root / "docs/partners.md").read_text()
    steps = guide.partition("openssl pkeyutl")[1] + guide.partition("openssl pkeyutl")[2].partition("datacontract")[0]
    assert len(steps.splitlines()) == 3
    for change, code in (("", 0), ("customers.parquet", 1), ("SHA256SUMS", 1), ("manifest.json", 1)):
        copy = tmp_path / f"changed_{change}"
        shutil.copytree(folder, copy)
        if change:
            (copy / change).write_bytes((copy / change).read_bytes() + b" ")
        done = subprocess.run(["bash", "-ec", steps], cwd=copy, capture_output=True, text=True)
        assert done.returncode == code, (change, done.stdout, done.stderr)
    der = "openssl pkey -pubin -in publisher.pem -outform DER | sha256sum"
    fingerprint = subprocess.run(der, cwd=folder, capture_output=True, text=True, shell=True).stdout.split()[0]
    assert f"Signed by the key {fingerprint}." in shared.c360("publish", "--check", folder).out


def test_what_a_stranger_signed_does_not_pass(shared, tmp_path):
    folder, own = tmp_path / "customers", tmp_path / "publisher.pem"
    shutil.copytree(bundle(shared), folder)
    shutil.copy(folder / "publisher.pem", own)
    (folder / "customers.csv").write_text("forged\n")
    about = json.loads((folder / "manifest.json").read_text())
    about["files"]["customers.csv"] = hashlib.sha256(b"forged\n").hexdigest()
    content = json.dumps(about).encode()
    (folder / "manifest.json").write_bytes(content)
    signing.sign(content, tmp_path / "stranger", folder / "manifest.json.sig", folder / "publisher.pem")
    theirs = signing.fingerprint(signing.public_key(folder / "publisher.pem"))
    for home, key in ((shared.settings.home, []), (tmp_path / "partner", ["--key", own])):
        told = shared.c360("publish", "--check", folder, *key, C360_HOME=str(home))
        assert told.code == 1 and "was not signed by the key" in told.err and theirs not in told.err, told.err
    without = shared.c360("publish", "--check", folder, C360_HOME=str(tmp_path / "partner"))
    assert without.code == 0 and f"Signed by the key {theirs}." in without.out
    assert "Nobody told whose key that is." in without.err
    named = shared.c360("publish", "--check", bundle(shared), "--key", own, C360_HOME=str(tmp_path / "partner"))
    assert named.code == 0 and named.err == ""
    assert shared.c360("publish", PARTNER, "--key", own).code == 2


def test_bundles_have_numbers_and_name_the_one_before(shared, tmp_path):
    folder, old = bundle(shared), tmp_path / "old"
    shutil.copytree(folder, old)
    before = json.loads((old / "manifest.json").read_text())
    assert publish(shared).code == 0
    after = json.loads((folder / "manifest.json").read_text())
    digest = hashlib.sha256((old / "manifest.json").read_bytes()).hexdigest()
    assert (after["serial"], after["previous"]) == (before["serial"] + 1, digest)
    assert f"Bundle {after['serial']} of {PARTNER}: customers, after the one whose manifest" in (
        shared.c360("publish", "--check", folder).out
    )
    (folder / "manifest.json").unlink()
    assert publish(shared).code == 0
    assert json.loads((folder / "manifest.json").read_text())["serial"] == after["serial"] + 1, "no file, no matter"


def test_nothing_of_anybody_is_in_the_bundle(shared):
    folder = bundle(shared)
    held = b"".join(path.read_bytes() for path in folder.iterdir())
    for column in ("id::text", "username", "name", "mail", "birthdate::text"):
        for (text,) in shared.sql(f"select {column} from raw.contacts limit 200"):
            assert text.encode() not in held, column
    with (folder / "sample.csv").open() as file:
        rows = list(csv.DictReader(file))
    real = {row for (row,) in shared.sql(f"select id_pseudonym from {VIEW}")}
    assert len(rows) == 10 and not real & {row["id_pseudonym"] for row in rows}


def test_the_partner_can_test_it_with_the_published_contract_alone(shared):
    from datacontract.data_contract import DataContract

    from c360.database import libpq_env
    from c360.database.shell import exported

    text = (bundle(shared) / "customers.odcs.yaml").read_text()
    assert text.count("count(*) < 11)") == 1
    with exported(libpq_env(shared.settings)):
        run, stricter = (
            DataContract(data_contract_str=said, server="view").test()
            for said in (text, text.replace("count(*) < 11)", "count(*) < 50)"))
        )
    assert run.result == "passed" and len(run.checks) > 8
    assert [check.qualityId for check in stricter.checks if check.result == "failed"] == ["alike"]


def test_it_is_refused_while_a_promise_does_not_hold(shared):
    shared.sql("alter table raw.contacts add column surprise text")
    assert shared.c360("verify", "--as-of", NOW).code == 1
    refused = publish(shared)
    assert refused.code == 1 and "is not published to harbour_media: contacts.unexpectedColumns" in refused.err
    assert "contacts.unexpectedColumns does not hold (verify): " in refused.err
    assert "then: c360 build, c360 verify, c360 publish harbour_media" in refused.err
    shared.sql("alter table raw.contacts drop column surprise")
    assert shared.c360("verify", "--as-of", NOW).code == 0 and publish(shared).code == 0


def test_a_warning_refuses_no_publication(shared):
    clause = next(c for c in open_project(shared.settings.root / "contracts").catalog.find("contacts")[1].clauses
                  if c.id == "contacts.volume_anomalies")  # fmt: skip
    for outcome, code in (("warned", 0), ("failed", 1), ("passed", 0)):
        with closing(connect(shared.settings)) as database:
            record(database, Run.start("build", clock(NOW)), [Finding(clause, "elementary", outcome)])
        assert publish(shared).code == code


def test_who_is_forgotten_is_in_no_share_and_no_bundle_any_more(shared):
    assert publish(shared).code == 0
    person, pseudonym = pseudonyms(shared, "q1_band_10_20 = 30")[0]
    folder = bundle(shared)
    (folder / "customers.csv").unlink()  # only the Parquet file holds them, packed
    before = shared.sql(f"select * from {VIEW}")
    done = shared.c360("forget", person, "--by", "ada", "--yes")
    assert done.code == 0, done.err
    assert {path.name for path in folder.iterdir()} & {"customers.parquet", "manifest.json", "manifest.json.sig"} == (
        set()
    )
    after = shared.sql(f"select * from {VIEW}")
    assert not {row[0] for row in after} & {row[0] for row in before}, "no pseudonym is missing, since all are others"
    assert (Counter(row[1:] for row in before) - Counter(row[1:] for row in after)).total() == 1, "a count is lower"
    for verb in (["build", "--resource-type", "model"], ["verify"], ["publish", PARTNER]):
        done = shared.c360(*verb, "--as-of", NOW)
        assert done.code == 0, done.err
    assert pseudonym not in (bundle(shared) / "customers.csv").read_text() and shared.sql(
        f"select count(*) from {RELEASE} where person = %s", person
    ) == [(0,)]


def test_whose_copy_a_file_is_its_canaries_tell(shared, tmp_path):
    listed = shared.c360("privacy", "canaries", "--json")
    assert listed.code == 0, listed.err
    by_partner = {name: [one for one in listed.json if one["partner"] == name] for name in (PARTNER, OTHER)}
    assert [len({one["number"] for one in of}) for of in by_partner.values()] == [3, 5]
    ours = {one["pseudonym"] for one in by_partner[PARTNER]}
    data = bundle(shared) / "customers.parquet"
    told = shared.c360("privacy", "canaries", data)
    assert told.code == 1 and f"holds canaries of {PARTNER}" in told.err and OTHER not in told.out + told.err
    text = (bundle(shared) / "customers.csv").read_text().splitlines()
    alike = [line.split(",", 1)[1] for line in text]
    there = [line for line in text if line.split(",")[0] in ours]
    assert len(there) == 3 and all(alike.count(line.split(",", 1)[1]) > 11 for line in there), (
        "nothing tells them apart"
    )
    ((published, rows),) = shared.sql(f"select count(person), count(*) from {RELEASE}")
    assert (rows - published, len(text) - 1) == (3, rows)
    without = tmp_path / "without.csv"
    without.write_text("\n".join(line for line in text if line not in there) + "\n")
    clean = shared.c360("privacy", "canaries", without)
    assert clean.code == 0 and "It holds no canary." in clean.out


def test_a_policy_that_changes_needs_a_step_of_its_contract_and_ends_the_window(own_policy):
    workplace, change = own_policy
    before = sorted(workplace.sql(f"select * from {VIEW}"))
    change("age: {band: [10, 20]}", "age: {band: [15, 30]}")
    refused = publish(workplace)
    assert refused.code == 1 and "What harbour_media was promised changes" in refused.err, refused.err
    assert "contract_version: 2.0.1 in " in refused.err
    assert sorted(workplace.sql(f"select * from {VIEW}")) == before, "a refusal changes nothing of what is seen"
    change("contract_version: 2.0.0", "contract_version: 2.0.1")
    done = publish(workplace)
    assert done.code == 0, done.err
    assert {age for (age,) in workplace.sql(f"select distinct age from {VIEW}")} & {"30-44", "45-59"}
    assert not {row[0] for row in workplace.sql(f"select id_pseudonym from {VIEW}")} & {row[0] for row in before}


def test_a_partner_that_no_policy_names_gets_nothing(shared):
    refused = publish(shared, "nobody")
    assert refused.code == 2 and "No policy is for a partner 'nobody'." in refused.err and PARTNER in refused.err


def test_on_the_day_after_its_last_a_share_shows_nothing(shared):
    ((text,),) = shared.sql(f"select pg_get_viewdef('{VIEW}'::regclass)")
    last = "'2030-12-31'::date"
    assert text.count(last) == 1
    today = "(now() at time zone 'UTC')::date"
    ((rows,),) = shared.sql(f"select count(*) from {VIEW}")
    for day, shown in ((today, rows), (f"({today} - 1)", 0)):
        assert shared.sql(f"select count(*) from ({text.rstrip(';').replace(last, day)}) as v") == [(shown,)]


def test_a_share_that_no_policy_is_for_is_named_and_withdrawn(shared, tmp_path):
    project = copy_project(tmp_path / "project")
    workplace = replace(shared, settings=replace(shared.settings, root=project, home=tmp_path / "home"))
    assert publish(workplace, OTHER).code == 0
    folder = workplace.settings.site / "partners" / OTHER / "customers"
    policy = project / "governance/policies/partners/southern_insight.yaml"
    for change in (lambda: policy.write_text(policy.read_text().replace("until: 20", "until: 10")), policy.unlink):
        change()
        why = "since 10" if policy.exists() else "since no sound policy says so. Withdraw it: c360 publish"
        said = f"{OTHER} gets customers no more, {why}"
        status = workplace.c360("status", "--as-of", NOW, "--fail")
        assert status.code == 1 and f"Still to be read: {said}" in status.out, status.out
        assert workplace.c360("status", "--as-of", NOW, "--json").json["ended_shares"][0]["partner"] == OTHER
        for verb in (["access", "--check"], ["lint"]):
            told = workplace.c360(*verb)
            assert told.code == 1 and said in told.out, told.out
    held = connect_as(shared, OTHER)
    held.execute("select count(*) from analytics_share_southern_insight.customers")
    done = publish(workplace, OTHER)
    assert done.code == 0 and f"Withdrawn: {said.partition('. ')[0]}." in done.out, done.out + done.err
    assert f"Ended a session: {role_of(OTHER)}" in done.err
    assert shared.sql("select to_regclass('analytics_share_southern_insight.customers')") == [(None,)]
    assert {path.name for path in folder.iterdir()} & {"customers.csv", "customers.parquet", "manifest.json"} == set()
    assert (folder / "customers.odcs.yaml").exists()
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        connect_as(shared, OTHER)
    for verb in (["status", "--as-of", NOW, "--json"], ["access", "--check"], ["lint"]):
        told = workplace.c360(*verb)
        assert told.code == 0 and said not in told.out, told.out
    there = f"select count(*) from sharing.key where partner = '{OTHER}' and inner_pad is not null"
    keys = shared.sql(there)
    assert keys > [(0,)]
    for day, left in (("2026-05-29", keys), ("2026-05-31", [(0,)])):
        publish(workplace, PARTNER, f"{day}T12:00:00Z")  # refused perhaps: what has ended goes first
        assert shared.sql(there) == left
    assert publish(shared, OTHER).code == 0, "a policy is for it again"
    connect_as(shared, OTHER).close()
    assert shared.sql(there) == [(1,)]


def test_after_its_last_day_a_share_is_withdrawn(shared):
    ended = publish(shared, as_of="2031-01-01T00:00:00Z")
    assert ended.code == 0 and f"Withdrawn: {PARTNER} gets customers no more, since 2030-12-31." in ended.out, ended.err
    assert shared.sql(f"select to_regclass('{VIEW}') is null and to_regclass('{RELEASE}') is null") == [(True,)]
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        connect_as(shared, PARTNER)
