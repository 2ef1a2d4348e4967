"""What dbt says, without what it quotes: a database puts the value that it cannot take into its error.

dbt's own loggers are off. Its events come here, and go to the terminal and the log file with values left out; so do the
messages in its artifacts.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import click

ENVIRONMENT = {"DBT_LOG_LEVEL": "none", "DBT_LOG_LEVEL_FILE": "none"}
_NAMED = re.compile(
    r"(?:relation|column|table|schema|function|operator|type|constraint|index|role|database|view|model|macro|near)\s$"
)
"""What a name in quotes comes after; anything else in quotes may be a value."""
_LOOK_BACK = 20
_DETAIL = re.compile(
    r"^(\s*(?:DETAIL|CONTEXT|QUERY):).*?(?=\n\s*compiled code at [\w./-]+\.sql\s*\Z|\Z)", re.MULTILINE | re.DOTALL
)
"""To the end, for a value may have lines of its own; but for dbt's last line."""
SAY: ContextVar[Callable[[str], None]] = ContextVar("SAY", default=click.echo)
"""Where warnings and errors of dbt go, besides the log file."""
_KEPT = ("info", "warn", "error")


def without_values(text: str) -> str:
    """The text with *** for what stands in quotes, unless it is a name, and for details of a row. A value may hold
    quotes itself, so it ends at the last one.

    >>> without_values('column "id" does not exist')
    'column "id" does not exist'
    >>> without_values('invalid input syntax for type uuid: "Ann "column "Lee""')
    'invalid input syntax for type uuid: ***'
    """
    text = _DETAIL.sub(r"\1 ***", text)
    begin = text.find('"')
    while begin >= 0:
        end = text.find('"', begin + 1)
        if end < 0 or not _NAMED.search(text[max(0, begin - _LOOK_BACK) : begin]):
            rest = text[text.rfind('"') + 1 :] if end >= 0 else ""
            return f"{text[:begin]}***{rest}"
        begin = text.find('"', end + 1)
    return text


def recorder(log: Path, say: Callable[[str], None] = lambda step: None) -> Callable[[Any], None]:
    """For dbtRunner's callbacks: writes events to the log file, and warnings and errors to the terminal; `say` is told
    of each node that begins."""
    log.parent.mkdir(parents=True, exist_ok=True)
    warn = SAY.get()  # here: the threads of dbt have contexts of their own

    def record(event: Any) -> None:
        level = str(event.info.level)
        if level not in _KEPT:
            return
        if event.info.name == "LogStartLine":
            say(f"{event.data.description} ({event.data.index} of {event.data.total})")
        message = without_values(str(event.info.msg))
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{event.info.ts.ToJsonString()} [{level}] {message}\n")
        if level != "info" and message.strip():
            warn(message)

    return record


def clean(target: Path) -> None:
    """Leave values out of the messages in dbt's artifacts."""
    for name in ("run_results.json", "sources.json"):
        with suppress(OSError, ValueError):
            path = target / name
            data = json.loads(path.read_text(encoding="utf-8"))
            for result in data.get("results") or []:
                for key in ("message", "error"):
                    if isinstance(result.get(key), str):
                        result[key] = without_values(result[key])
            handle, fresh = tempfile.mkstemp(dir=target, prefix=f".{name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file)
            Path(fresh).replace(path)
