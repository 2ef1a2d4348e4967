"""The lock: a released version is what it was, to the byte; whatever the lock itself says, lint goes on."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from c360.contract.classifications import classifications
from c360.contract.findings import LintRules
from c360.contract.lock import LOCK, Locked, digest, read_lock, written
from c360.errors import Breach
from c360.lint.lint import lint
from governance.tests.compat.examples import CONTRACT, edited

OURS = Path(__file__).parents[3] / "contracts"
PATH = "sources/orders/1.0.0.odcs.yaml"


@pytest.fixture
def folder(tmp_path):
    file = tmp_path / PATH
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(CONTRACT, sort_keys=False))
    lock(tmp_path, Locked(PATH, "1.0.0", date(2026, 1, 2), digest(file.read_bytes())))
    return tmp_path


def lock(folder, *entries):
    (folder / LOCK).write_text(written(entries))


def told(path, strict=True):
    found = lint(path, classifications(), LintRules(strict))
    return [(f.rule, f.severity) for f in found if f.rule in ("released-changed", "not-locked", "unreadable")]


def test_what_was_released_here_is_locked_and_as_it_was():
    assert told(OURS) == []
    assert len(read_lock(OURS)) == len(list(OURS.glob("[sp]*/*/*.odcs.yaml")))


def test_one_byte_more_is_told_with_what_to_do(folder):
    file = folder / PATH
    file.write_text(file.read_text() + "#")
    (finding,) = [f for f in lint(folder, classifications()) if f.rule == "released-changed"]
    assert finding.severity == "error" and finding.file == file
    assert finding.message == (
        f"1.0.0, released on 2026-01-02, has changed; put it back: git checkout -- {file}, and write the change into "
        "the next version (its end: c360 deprecate, c360 retire)"
    )
    assert told(file) == [("released-changed", "error")], "also when only this file is looked at"
    assert told(file, strict=False) == [("released-changed", "error")]


def test_a_released_file_that_is_gone_is_told(folder):
    other = folder / "sources/orders/2.0.0.odcs.yaml"
    (folder / PATH).rename(other)
    other.write_text(yaml.safe_dump(edited(("version", "2.0.0"), ("status", "draft"))))
    assert told(folder) == [("released-changed", "error")]


def test_line_ends_are_not_what_was_promised(folder):
    file = folder / PATH
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert told(folder) == []


def test_a_released_version_that_is_not_locked_is_told(folder):
    lock(folder)
    assert told(folder) == [("not-locked", "error")]
    assert told(folder, strict=False) == [("not-locked", "warning")]
    (folder / PATH).write_text(yaml.safe_dump(edited(("status", "draft"))))
    assert told(folder) == []


def test_a_project_without_a_lock_has_promised_nothing_so(folder):
    (folder / LOCK).unlink()
    assert told(folder) == []


def test_one_file_for_all_versions_moves_on_and_one_of_a_version_does_not(folder):
    (folder / PATH).write_text(yaml.safe_dump(edited(("version", "1.1.0"))))
    assert told(folder) == [("released-changed", "error")]
    (folder / PATH).rename(folder / "sources/orders/orders.odcs.yaml")
    text = (folder / LOCK).read_text()
    (folder / LOCK).write_text(text.replace(PATH, "sources/orders/orders.odcs.yaml"))
    assert told(folder) == [("not-locked", "error")]


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        f"{'0' * 64} 1.0.0 2026-01-02 ../../etc/passwd",
        f"{'0' * 64} 1.0.0 2026-01-02 /etc/passwd",
        f"{'0' * 64} 1.0.0 2026-01-02 sources\\x.yaml",
        f"{'0' * 64} 1.0.0 2026-01-02 a\x1b[2J.yaml",
        f"{'0' * 64} 1.0.0 2026-13-02 {PATH}",
        f"{'0' * 63} 1.0.0 2026-01-02 {PATH}",
        "<<<<<<< HEAD",
    ],
)
def test_a_line_that_is_no_entry_is_told_by_its_number(folder, line):
    (folder / LOCK).write_text(f"# head\n{line}\n")
    with pytest.raises(Breach, match=rf"{LOCK}:2 is no entry"):
        read_lock(folder)
    assert ("unreadable", "error") in told(folder)


def test_a_file_named_twice_is_told(folder):
    text = (folder / LOCK).read_text()
    (folder / LOCK).write_text(text + text)
    with pytest.raises(Breach, match="a second time"):
        read_lock(folder)


def test_entries_are_a_line_each_in_the_order_of_paths():
    """So that git merges two branches that release different contracts."""
    entries = [Locked(path, "1.0.0", date(2026, 1, 2), "0" * 64) for path in ("b", "a", "c")]
    assert [line.split()[-1] for line in written(entries).splitlines()[1:]] == ["a", "b", "c"]
