"""Files that hold a trace go; a log stays, without it; the database's own folder and links are left alone."""

import gzip
import random
from dataclasses import replace

import pyarrow as pa
import pytest
from pyarrow import parquet

from c360.errors import CouldNotTell
from c360.forget import files
from c360.forget.identifying import in_bytes
from c360.settings import load

TRACE = "jane.citizen@example.com"


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "c360.toml").write_text("")
    return replace(load({"C360_ROOT": str(tmp_path)}), home=tmp_path / "home")


def put(settings, name, text):
    path = settings.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def erase(settings, dry_run=False):
    return files.erase(settings, settings.home / "postgres", in_bytes([TRACE]), dry_run)


def test_what_holds_a_trace_goes(settings):
    page = put(settings, "site/index.html", f"<p>{TRACE.upper()}</p>")
    named = put(settings, f"demo/{TRACE}.csv", "")
    target = settings.dbt_project / "target" / "run.json"
    target.parent.mkdir(parents=True)
    target.write_text(f'"{TRACE}"')
    late = put(settings, "late.csv", "x" * ((1 << 20) - 9) + TRACE)  # across the edge of what is read at once
    kept = [put(settings, "site/other.html", "<p>Bob</p>"), put(settings, "postgres/base/1", TRACE)]
    assert erase(settings, dry_run=True) == 4 and page.exists()
    assert erase(settings) == 4
    assert not any(path.exists() for path in (page, named, target, late)) and all(path.exists() for path in kept)
    assert erase(settings) == 0


@pytest.mark.parametrize("name", ["some.csv.gz", "no_such_name", "some.csv.zst", "some.parquet", "nested.parquet"])
def test_what_is_packed_is_unpacked(settings, name):
    mails = [f"{random.Random(n).randbytes(9).hex()}@example.com" for n in range(1000)]
    table = pa.table({"n": range(1001), "mail": [*mails[:500], TRACE.upper(), *mails[500:]]})
    text = "\n".join(table["mail"].to_pylist()).encode()
    path = put(settings, name, "")
    if name.startswith("nested"):
        nested = [[{"mail": one}] for one in table["mail"].to_pylist()]
        parquet.write_table(pa.table({"who": nested}), path, compression="gzip")
    elif name.endswith("parquet"):
        parquet.write_table(table, path, compression="gzip")
    else:
        path.write_bytes(pa.compress(text, "zstd", asbytes=True) if "zst" in name else gzip.compress(text))
    assert not in_bytes([TRACE]).search(path.read_bytes()), "no search of bytes finds it"
    assert erase(settings, dry_run=True) == 1 and path.exists()
    assert erase(settings) == 1 and not path.exists()


@pytest.mark.parametrize("content", [b"PAR1" + b"x" * 100, gzip.compress(b"x" * 9999)[:40]], ids=["parquet", "gzip"])
def test_of_what_is_damaged_nobody_can_tell(settings, content):
    path = put(settings, "some", "")
    path.write_bytes(content)
    with pytest.raises(CouldNotTell, match=f"Nobody can tell whom {path} holds: it is damaged"):
        erase(settings)


def test_a_bundle_of_a_partner_goes_with_its_signature(settings):
    there = {name: put(settings, f"site/partners/acme/customers/{name}", "") for name in (
        "customers.csv", "customers.parquet", "sample.csv", "manifest.json", "manifest.json.sig", "customers.odcs.yaml",
    )}  # fmt: skip
    parquet.write_table(pa.table({"who": ["x"] * 99 + [TRACE.upper()]}), there["customers.parquet"])
    assert erase(settings, dry_run=True) == 4
    assert erase(settings) == 4
    assert {name for name, path in there.items() if path.exists()} == {"sample.csv", "customers.odcs.yaml"}


def test_a_log_stays_without_it(settings):
    log = put(settings, "dbt/logs/dbt.log", f"one {TRACE}, two {TRACE.title()}\n")
    inode = log.stat().st_ino
    assert erase(settings) == 1
    assert log.read_text() == f"one {'*' * len(TRACE)}, two {'*' * len(TRACE)}\n" and log.stat().st_ino == inode


def test_a_link_is_not_followed(settings, tmp_path):
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(TRACE)
    settings.home.mkdir()
    (settings.home / "link.csv").symlink_to(elsewhere)
    assert erase(settings) == 0 and elsewhere.read_text() == TRACE


def test_a_file_that_cannot_be_erased_is_told(settings, monkeypatch):
    put(settings, "site/index.html", TRACE)

    def refuse(path, missing_ok):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(CouldNotTell, match=r"Cannot erase .*index.html: Permission denied; nobody was forgotten"):
        erase(settings)
