"""Progress of a build: each node that begins is named, on a terminal; a pipe gets nothing of it."""

import io
import sys
from types import SimpleNamespace

from c360.console import waiting
from c360.dbt.log import recorder


class Terminal(io.StringIO):
    def isatty(self):
        return True


def event(name, **data):
    info = SimpleNamespace(name=name, level="info", msg="…", ts=SimpleNamespace(ToJsonString=lambda: "now"))
    return SimpleNamespace(info=info, data=SimpleNamespace(**data))


def test_each_node_that_begins_is_named(tmp_path):
    told = []
    record = recorder(tmp_path / "dbt.log", told.append)
    record(event("LogStartLine", description="sql view model staging.stg", index=3, total=290))
    record(event("LogModelResult", description="sql view model staging.stg", index=3, total=290))
    assert told == ["sql view model staging.stg (3 of 290)"]


def test_progress_is_for_a_terminal(monkeypatch):
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with waiting("building", quiet=False) as say:
            say("model [bold]customers[/]\x1b[2J (1 of 2)")
        assert ("model [bold]customers[/]\\x1b[2J (1 of 2)" in stream.getvalue()) is shown
    monkeypatch.setattr(sys, "stderr", Terminal())
    with waiting("building", quiet=True) as say:
        say("model customers")
    assert sys.stderr.getvalue() == ""
