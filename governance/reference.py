"""Write docs/reference.md from the code: python governance/reference.py. A test fails if the page is stale."""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import click

from c360 import api, project_file, settings
from c360.clause.kinds import KINDS, UNENFORCED
from c360.cli import GROUPS
from c360.cli import c360 as program
from c360.coverage import POINTS

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"
FOREWORD = """# Reference

Generated from the code: `python governance/reference.py`. Do not edit.

- [Commands](#commands), [exit codes](#exit-codes), [Python](#python)
- [Settings of c360.toml](#settings-of-c360toml), [environment variables](#environment-variables)
- [Kinds of clauses](#kinds-of-clauses), [tables of the ledger](#tables-of-the-ledger)

## Exit codes

| code | |
|---|---|
| 0 | everything that was checked holds |
| 1 | the data or a contract breaks a clause |
| 2 | c360 could not tell: no database, an unreadable file, a wrong option or setting, a bug |
"""

_OPTION = "`logicalTypeOptions: {%s: …}` of a property"
_METRIC = "`quality: [{metric: %s, mustBe…: …}]` of a table or a property"
_SLA = "`slaProperties: [{property: %s, element: TABLE.COLUMN, value: …, unit: …}]`"
_LISTED = "`%s: …` of a property"
ODCS = {
    **{name: _OPTION % name for name in (
        "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "format",
    )},
    **{name: _METRIC % name for name in (
        "rowCount", "nullValues", "missingValues", "invalidValues", "duplicateValues",
    )},
    **{name: _SLA % name for name in ("freshness", "retention", "latency")},
    **{name: _LISTED % name for name in (
        "physicalType", "logicalType", "required", "unique", "primaryKey", "enum", "classification",
    )},
    "relationship": "`relationships: [{to: TABLE.COLUMN}]` of a property, or of a table for several columns",
    "present": "an entry of `properties`",
    "nested": "the options above of `properties` or `items` inside a property",
    "sql": "`quality: [{type: sql, query: …, mustBe…: …}]`",
    "rowRule": "`quality: [{type: sql, query: SELECT COUNT(*) FROM ${table} WHERE …, mustBe: 0}]`",
    "anomaly": "`quality: [{type: custom, engine: elementary, implementation: …}]`",
    "unexpectedColumns": "each table; off by the custom property `allowUnexpectedColumns: true`",
    "identity": "custom property `identity` of a table",
    "notInFuture": "custom properties `notInFuture` and `futureTolerance`",
    "conflict": "each source with a primary key",
    "readable": "each source",
    "unenforced": "anything else that could be a promise",
}  # fmt: skip
"""By kind how a contract says it."""


def page() -> str:
    return "\n".join([FOREWORD, *_commands(), *_python(), *_settings(), *_variables(), *_kinds(), *_ledger()])


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    for title, verbs in GROUPS.items():
        yield f"### {title}\n"
        for name in verbs:
            command = program.get_command(click.Context(program), name)
            assert command is not None
            yield from _command(command, click.Context(command, info_name=f"c360 {name}"))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"#### `{context.command_path}`\n"
    help_ = inspect.cleandoc(command.help or "").replace("\b\n", "")
    text, _, examples = re.sub(r"(?m)^Examples?:\n", "\0", help_).partition("\0")
    yield f"{text.strip()}\n"
    yield f"```\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    records = [record for one in command.get_params(context) if (record := one.get_help_record(context))]
    rows = [(names, text) for names, text in records if "--help" not in names]
    if rows:
        yield _table(["option", ""], [[f"`{names}`", text] for names, text in rows])
    examples = examples or (command.epilog or "").replace("\b\n", "").replace("Examples:\n", "")
    if examples.strip():
        yield f"```\n{inspect.cleandoc(chr(10) + examples)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, click.Context(inner, parent=context, info_name=name))


def _python() -> Iterator[str]:
    yield f"## Python\n\n{inspect.cleandoc(api.__doc__ or '')}\n"
    yield _callable("c360.open_project", api.open_project)
    for name, method in vars(api.Project).items():
        if not name.startswith("_") and inspect.isfunction(method):
            yield _callable(f"Project.{name}", method)
    for name in api.__all__:
        kind = getattr(api, name)
        if hasattr(kind, "__required_keys__"):
            fields = [[f"`{key}`", f"`{inspect.formatannotation(of)}`"] for key, of in kind.__annotations__.items()]
            yield f"#### `c360.{name}`\n\n{inspect.cleandoc(kind.__doc__)}\n\n{_table(['key', 'type'], fields)}"


def _callable(name: str, function: object) -> str:
    signature = str(inspect.signature(function)).replace("'", "").replace("self, ", "").replace("(self)", "()")
    for package in ("datetime.", "pathlib.", "c360.api."):
        signature = signature.replace(package, "")
    return f"#### `{name}`\n\n```\n{name}{signature}\n```\n\n{inspect.getdoc(function)}\n"


def _settings() -> Iterator[str]:
    said, default = _attributes(project_file.ProjectFile), project_file.ProjectFile()
    rows = []
    for key, (name, kind, _) in project_file._SETTINGS.items():
        value = getattr(default, name)
        shown = "" if value in (None, {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"
        rows.append([f"`{key}`", kind, shown, said.get(name, "")])
    yield "## Settings of c360.toml\n\n[Settings](settings.md) explains them.\n"
    yield _table(["setting", "value", "default", ""], rows)


def _variables() -> Iterator[str]:
    rows = [["`$C360_ROOT`", "the project's folder, if you are not in it"]]
    for text in _attributes(settings.Settings).values():
        variable, _, about = text.partition(": ")
        if re.fullmatch(r"`\$[A-Z0-9_]+`", variable):
            rows.append([variable, about])
    rows += [["`$C360_DEBUG`", "show where an unforeseen error came up"], ["`$NO_COLOR`", "no colours"]]
    yield f"## Environment variables\n\n{_table(['variable', ''], rows)}"


def _attributes(kind: type) -> dict[str, str]:
    """By attribute of a class the text below it."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for one, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(one, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[ast.unparse(one.target)] = " ".join(str(after.value.value).split())
    return found


def _kinds() -> Iterator[str]:
    rows = []
    for name, kind in sorted(KINDS.items()):
        reasons: dict[str, list[str]] = {}
        for point, why in kind.not_here.items():
            reasons.setdefault(why, []).append(point)
        not_here = [f"{', '.join(points)}: {why}" for why, points in reasons.items()]
        where = [point for point in POINTS if point not in kind.not_here and (point != "lint" or kind.linted)]
        cells = "nowhere; lint reports it" if kind is UNENFORCED else ", ".join(where)
        rows.append([f"`{name}`", ODCS[name], kind.scope, cells, "; ".join(not_here)])
    yield (
        "## Kinds of clauses\n\nA clause's id ends in its kind, or in the id of a quality rule. `c360 coverage` shows "
        "each clause of a project, and [contracts](contracts.md) explains them.\n\n"
        + _table(["kind", "in ODCS", "scope", "enforced by", "not enforced by"], rows)
    )


def _ledger() -> Iterator[str]:
    rows: dict[str, str] = {}
    for path in sorted(files("c360.ledger").joinpath("migrations").iterdir(), key=lambda path: path.name):
        sql = path.read_text(encoding="utf-8")
        for about, name in re.findall(r"((?:^-- .*\n)*)^create table (?:if not exists )?([\w.]+)", sql, re.MULTILINE):
            rows.setdefault(name, " ".join(line.removeprefix("-- ") for line in about.splitlines()))
    table = _table(["table", ""], [[f"`{name}`", about] for name, about in sorted(rows.items())])
    yield f"## Tables of the ledger\n\nAs the migrations make them.\n\n{table}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [
        head,
        ["---"] * len(head),
        *([cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
