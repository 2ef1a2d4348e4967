"""Files that hold a trace go; a log stays, without it; the database's own folder and links are left alone."""

from dataclasses import replace

import pytest

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
