"""The command line: a tool that is not installed is told with the command that installs it."""

import errno
import os
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import psycopg
import pytest

from c360 import console
from c360.cli import EXTRAS, GROUPS, VERBS, main
from c360.console import print_table
from c360.database.listen import require_free
from c360.errors import CouldNotTell

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


def typed(capsys, *arguments):
    """Exit code and both outputs of a command."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_help_lists_every_command_in_a_group(capsys):
    code, out, _ = typed(capsys, "--help")
    assert code == 0 and all(f"{title}:\n" in out for title in GROUPS)
    listed = [
        line.split()[0] for line in out.partition("Start:")[2].splitlines() if line[:2] == "  " and line[2:3] > " "
    ]
    assert [name for name in listed if name in VERBS] == list(VERBS)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments, near",
    [
        (["ingst"], "ingest"),
        (["quarantine", "shwo"], "show"),
        (["ingest", "contcts", "x.csv"], "contacts"),
        (["fake", "--out", "nowhere", "contcts"], "contacts"),
        (["impact", "contcts"], "contacts"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else given,
)
def test_an_unknown_name_exits_2_and_names_the_nearest(capsys, monkeypatch, arguments, near):
    monkeypatch.setenv("C360_ROOT", str(ROOT))
    code, _, err = typed(capsys, *arguments)
    assert code == 2 and "Did you mean" in err and near in err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(capsys, shell):
    code, out, _ = typed(capsys, "completion", shell)
    assert code == 0 and "_C360_COMPLETE" in out


def test_a_shell_completes_commands():
    env = os.environ | {"_C360_COMPLETE": "bash_complete", "COMP_WORDS": "c360 quar", "COMP_CWORD": "1"}
    program = [sys.executable, "-c", "from c360.cli import main; main()"]
    assert subprocess.run(program, env=env, capture_output=True, text=True).stdout == "plain,quarantine\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_stopped_says_one_sentence(monkeypatch, capsys, number):
    """Whatever the interrupted call raises: a query that Ctrl-C cancelled raises an error of the database."""

    def interrupted(*_, **__):
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt as stop:
            raise coded("57014") from stop

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        monkeypatch.setattr("c360.cli.c360.main", interrupted)
        assert typed(capsys, "lint") == (2, "", "Stopped; nothing was left half done.\n")
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_port_that_is_taken_names_a_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CouldNotTell, match="is taken by another program") as refused:
            require_free(port)
        free = int(refused.value.remedy.rpartition("--port ")[2])
        assert free != port
        require_free(free)


ROWS = [["orders.customer.reference", "failed", "no row of customers has this id in the table that is loaded now"]]


def shown(capsys):
    print_table(["clause", "outcome", "why"], ROWS)
    return capsys.readouterr().out


def be_a_terminal(monkeypatch):
    """Of 60 columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("click._compat.isatty", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_table_wraps_within_its_columns_on_a_terminal(capsys, monkeypatch):
    be_a_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    lines = shown(capsys).rstrip().splitlines()
    assert len(lines) > 2 and max(map(len, lines)) <= 60
    start = lines[0].index("why")
    assert " ".join(line[start:].strip() for line in lines[1:]) == ROWS[0][2]


def test_a_table_has_one_line_a_row_in_a_pipe(capsys):
    assert len(shown(capsys).rstrip().splitlines()) == 2


def test_colours_are_left_out_where_no_color_is_set(capsys, monkeypatch):
    be_a_terminal(monkeypatch)
    assert "\x1b[31m" in shown(capsys)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(capsys)
    assert console.styled("x", fg="red") == "x"
