"""The command line: a tool that is not installed is told with the command that installs it."""

import errno
import sys
import tomllib
from pathlib import Path

import psycopg
import pytest

from c360.cli import EXTRAS, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("tool", EXTRAS)
def test_what_is_not_installed_is_told(tool, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, tool, None)  # as if it were not there
    monkeypatch.setattr("c360.cli.c360.main", lambda *_, **__: __import__(tool))
    with pytest.raises(SystemExit) as ended:
        main(["lint"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert f"needs {tool}" in said and f"pip install 'customer360-governance[{EXTRAS[tool]}]'" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["quarantine", "show", "contacts", "--limit", "-1"],
        ["quarantine", "show", "contacts", "--limit", "0"],
        ["quarantine", "show", "contacts", "--limit", str(10**30)],
        ["quarantine", "show", "contacts", "--delivery", str(2**63)],
        ["quarantine", "discard", "contacts", "--row", "-1", "--reason", "x"],
        ["quarantine", "discard", "contacts", "--row", str(2**64), "--reason", "x"],
        ["quarantine", "resolve", "contacts", "--row", str(2**64), "--reason", "x"],
        ["demo", "--rows", "-1"], ["demo", "--seed", "-1"], ["fake", "--out", "x", "nobody_here"],
        ["keys", "retire", "harbour_media", str(2**40)], ["db", "start", "--port", "0"],
        ["ingest", "contacts", "pyproject.toml", "--as-of", "0001-01-01"],
        ["status", "--as-of", "9999-12-31T23:59:59Z"],
        ["build", "--selct", "x"], ["publish", "nobody_here"], ["publish", "--out", "/proc/nowhere/site"],
        ["quarantine", "export", "contacts", "--out", "/proc/nowhere/x.csv", "--reason", "x"],
        ["quarantine", "export", "contacts", "--out", "/dev/full", "--reason", "x"],
    ],
    ids=lambda arguments: " ".join(arguments)[:60],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words_and_leaves_no_trace(shared_workplace, arguments):
    shared_workplace.c360("status")
    before = shared_workplace.counts()
    answer = shared_workplace.c360(*arguments)
    assert answer.code == 2, answer
    assert "unforeseen" not in answer.err and "Traceback" not in answer.err and answer.err
    assert shared_workplace.counts() == before


def coded(code):
    """An error of the database."""
    return type("DatabaseError", (psycopg.DatabaseError,), {"sqlstate": code})()


ENDS = {
    "a full disk": (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "No space left on device: /data/x"),
    "a full disk of the database": (coded("53100"), "The disk of the database is full"),
    "a query that was cancelled": (coded("57014"), "cancelled a query"),
    "a killed backend": (psycopg.OperationalError("server closed the connection"), "ended the connection"),
    "a connection that is gone": (psycopg.OperationalError("the connection is closed"), "ended the connection"),
}


@pytest.mark.parametrize("case", ENDS)
def test_what_the_system_says_is_told_in_words(monkeypatch, capsys, case):
    error, words = ENDS[case]

    def fail(*_, **__):
        raise SystemError("returned a result with an exception set") from error

    monkeypatch.setattr("c360.cli.c360.main", fail)
    with pytest.raises(SystemExit) as ended:
        main(["lint"])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and words in said and "  → " in said
    assert "unforeseen" not in said and "Traceback" not in said


def test_every_extra_that_is_named_is_declared():
    project = tomllib.loads((ROOT / "governance/pyproject.toml").read_text())["project"]
    assert set(EXTRAS.values()) < set(project["optional-dependencies"])
