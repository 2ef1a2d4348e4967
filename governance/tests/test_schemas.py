"""JSON Schema files: what commands print with --json, and what people write, is valid by them; nothing is missing."""

import json
from pathlib import Path

import click
import jsonschema
import pytest
import yaml

from c360.cli import c360 as program
from governance import schemas
from governance.tests.compat.test_compat import WITHOUT, consumer, root, write  # noqa: F401
from governance.tests.test_api import example  # noqa: F401
from governance.tests.workplace import NOW, contact, transaction

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator


def closed(said):
    """A schema that allows no key that it does not name: so a test finds a key that the schema lacks."""
    if isinstance(said, list):
        return [closed(one) for one in said]
    if not isinstance(said, dict):
        return said
    inner = {key: closed(value) for key, value in said.items()}
    return inner | {"additionalProperties": False} if isinstance(inner.get("properties"), dict) else inner


def require_valid(command: str, text: str) -> object:
    """What a command printed, if it is valid by its schema, without further keys."""
    data = json.loads(text)
    said = json.loads((schemas.FOLDER / f"{command.replace(' ', '-')}.json").read_text(encoding="utf-8"))
    errors = [
        f"{list(error.absolute_path)}: {error.message}"[:300] for error in VALIDATOR(closed(said)).iter_errors(data)
    ]
    assert errors == [], command
    return data


def test_the_files_are_not_stale():
    written = {path: path.read_text(encoding="utf-8") for path in schemas.FOLDER.glob("*.json")}
    assert written == schemas.schemas(), "Run: python governance/schemas.py"
    for text in written.values():
        VALIDATOR.check_schema(json.loads(text))


def commands(command, context):
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            yield from commands(inner, click.Context(inner, parent=context, info_name=name))
    if any(param.name == "as_json" for param in command.params):
        yield context.command_path.removeprefix("c360 ")


def test_every_command_with_json_has_a_schema():
    assert set(commands(program, click.Context(program, info_name="c360"))) == schemas.OUTPUTS.keys()


TABLES_WITHOUT_JSON = {"demo.py"}
"""It prints what other commands print."""


def test_every_command_with_a_table_has_json():
    for path in (ROOT / "governance/src/c360/commands").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "print_table(" in text and path.name not in TABLES_WITHOUT_JSON:
            assert "as_json" in text, path.name


def test_schemas_are_printed_by_name(workplace):
    names = workplace.c360("schema").out.splitlines()
    assert set(names) == schemas.OUTPUTS.keys() | schemas.FILES.keys()
    assert json.loads(workplace.c360("schema", "quarantine", "list").out)["title"] == "c360 quarantine list --json"
    answer = workplace.c360("schema", "polcy")
    assert answer.code == 2 and "Did you mean policy?" in answer.err


@pytest.mark.parametrize(
    ("name", "file"),
    [("policy", path) for path in sorted((ROOT / "governance/policies/partners").glob("*.yaml"))]
    + [("consumer", path) for path in sorted((ROOT / "contracts/consumers").glob("*.yaml"))],
    ids=lambda part: getattr(part, "stem", part),
)
def test_files_that_people_write_are_valid_and_a_wrong_key_is_not(name, file):
    schema = VALIDATOR(json.loads((schemas.FOLDER / f"{name}.json").read_text(encoding="utf-8")))
    data = json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))
    assert list(schema.iter_errors(data)) == []
    assert list(schema.iter_errors(data | {"colour": "blue"}))
    for key in data:
        assert list(schema.iter_errors(data | {key: [[]]})), key


ROWS, TOTALS = {"l": 3}, {"share": "totals", "epsilon": {"each": 0.5, "total": 6}}


@pytest.mark.parametrize(
    ("part", "right"),
    [
        (ROWS, True),
        ({"l": {"entropy": 2.5}, "t": 0.3}, True),
        ({"l": {"recursive": {"l": 3, "c": 2}}}, True),
        (TOTALS | {"sums": ["age"], "columns": {"age": {"band": 20}, "gender": "as_values"}}, True),
        ({"l": 1}, False),
        ({"l": {"entropy": 1}}, False),
        ({"l": {"recursive": {"l": 3}}}, False),
        ({"l": {"entropy": 2.5, "recursive": {"l": 3, "c": 2}}}, False),
        ({"t": 1}, False),
        (TOTALS | {"epsilon": {"each": 0.5}}, False),
        (TOTALS | {"epsilon": {"each": 0, "total": 6}}, False),
        ({"share": "people"}, False),
    ],
)
def test_a_policy_may_say_what_partners_get_in_each_way_of_the_guide(part, right):
    (path, *_) = sorted((ROOT / "governance/policies/partners").glob("*.yaml"))
    schema = VALIDATOR(json.loads((schemas.FOLDER / "policy.json").read_text(encoding="utf-8")))
    data = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
    assert (list(schema.iter_errors(data | part)) == []) is right


def test_what_compat_and_diff_print(root, capsys):  # noqa: F811
    from c360.cli import main

    def said(*arguments):
        with pytest.raises(SystemExit):
            main([*arguments, "--json"])
        return capsys.readouterr().out

    from governance.tests.compat.examples import edited

    write(root, edited(WITHOUT, ("version", "2.0.0")))
    consumer(root)
    (one,) = require_valid("compat", said("compat", "--base", "main"))
    assert one["changes"] and one["hits"]
    folder = root / "contracts/sources/orders"
    require_valid("diff", said("diff", str(folder / "1.0.0.odcs.yaml"), str(folder / "2.0.0.odcs.yaml")))
    assert require_valid("impact", said("impact", "orders"))


def test_what_commands_print_on_the_contracts_here(workplace, tmp_path):
    def said(command, *arguments, code=0):
        answer = workplace.c360(*command.split(), *arguments, "--json")
        assert answer.code == code, (command, answer.err)
        return require_valid(command, answer.out)

    assert said("lint") == []
    assert said("coverage")
    assert said("generate", "--check")["files"] > 10
    at = ("--as-of", NOW)
    people = [contact(number) for number in range(1, 30)]
    sales = [transaction(number, 1) for number in range(1, 30)]
    said("ingest", "contacts", workplace.write("contacts.csv", people), *at)
    said("ingest", "transactions", workplace.write("sales.csv", [*sales, transaction(90, 2, category="q")]), *at)
    said("ingest", "contacts", workplace.write("bad.csv", [{"id": "x"}]), *at, code=1)
    assert said("quarantine list")
    assert said("quarantine show", "transactions")
    assert said("quarantine replay", *at)
    assert said("verify", "contacts", *at)
    status = said("status", *at)
    assert status["clauses"] and status["quarantine"] and status["causes"] and status["runs"]
    assert said("alert", *at)["changes"]
    said("keys list")
    workplace.c360("access")  # a partner's role is of the server, and other tests made some
    said("access", "--check")
    said("db status")
    assert said("privacy check", workplace.write("people.csv", people), "--quasi", "gender")["records"] == 29
    assert said("forget", people[5]["id"], "--of", "contacts", "--dry-run")["rows"]
    said("publish", "--out", tmp_path / "site")


def test_what_build_prints(example):  # noqa: F811
    project, commands_there = example
    project.generate()
    project.ingest("counts", project.root / "deliveries/counts.csv")
    assert require_valid("build", commands_there.c360("build", "--json").out)["nodes"]
