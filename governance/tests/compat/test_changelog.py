"""The changelog of contracts: released versions only, breaking changes counted, people's own file left alone."""

from datetime import date
from pathlib import Path

import pytest

from c360.cli import main
from c360.compat.changelog import changelog
from c360.contract.lock import LOCK, Locked, digest, written
from c360.settings import load
from governance.tests.compat.examples import CONTRACT, edited
from governance.tests.compat.test_compat import WITHOUT, write

OURS = Path(__file__).parents[3] / "contracts"
FILE = "contracts/CHANGELOG.md"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project with orders 1.0.0 and 2.0.0, which drops a column, released, and the draft 3.0.0."""
    root = tmp_path / "project"
    write(root, CONTRACT, edited(WITHOUT, ("version", "2.0.0")), edited(("version", "3.0.0"), ("status", "draft")))
    (root / "c360.toml").write_text("")
    lock(root, "1.0.0", "2.0.0")
    monkeypatch.setenv("C360_ROOT", str(root))
    return root


def lock(root, *versions):
    entries = []
    for version in versions:
        path = f"sources/orders/{version}.odcs.yaml"
        day = date(2026, 1, int(version[0]))
        entries.append(Locked(path, version, day, digest((root / "contracts" / path).read_bytes())))
    (root / "contracts" / LOCK).write_text(written(entries))


def told(root):
    return changelog(root / "contracts", load())


def test_breaking_changes_are_counted_by_release(root):
    text = told(root)[FILE]
    assert "| `orders` | `2.0.0` | 2026-01-02 | 1 | 1 column removed |\n| `orders` | `1.0.0` | 2026-01-01 | 0 |" in text
    assert "### `orders` `1.0.0` → `2.0.0`" in text and "| break | note | column removed | `orders.amount` |" in text
    assert "3.0.0" not in text, "a draft promises nothing"


def test_the_end_of_a_version_is_no_change_of_the_next(root):
    before = told(root)[FILE]
    write(root, edited(("status", "deprecated")))
    assert told(root)[FILE] == before


def test_what_is_not_locked_is_not_told(root):
    lock(root, "2.0.0")
    assert "| `orders` | `1.0.0` |" not in told(root)[FILE]
    (root / "contracts" / LOCK).unlink()
    assert told(root) == {}


def test_a_file_of_people_stays(root):
    text = told(root)[FILE]
    (root / FILE).write_text("# What we changed\n")
    assert told(root) == {}
    (root / FILE).write_text(text)
    assert told(root) == {FILE: text}


def test_ours_is_as_it_is_generated():
    with pytest.raises(SystemExit) as ended:
        main(["generate", "--check"])
    assert ended.value.code == 0 and (OURS / "CHANGELOG.md").read_text().count("\n| `") >= 8
