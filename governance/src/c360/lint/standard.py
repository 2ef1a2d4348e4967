"""What the standard itself forbids: the JSON schema of the version that a contract says it is written in.

The schemas are those that datacontract-cli brings; v3.0.2 serves v3.0.0 and v3.0.1 too, since these only names were
added, but for one. Where it is not installed, the newest one serves all, from `open_data_contract_standard`.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from c360.contract.findings import LintProblem

_SCHEMAS = {"v3.0": "3.0.2", "v3.1": "3.1.0", "v3.2": "3.2.0"}
_LATEST = "v3.2"
_TOO_MUCH = ("unevaluatedProperties", "additionalProperties")
_MOST_OPTIONS = 20


def schema_problems(document: dict[str, Any]) -> Iterator[LintProblem]:
    """What the schema of the contract's own version refuses, by place. A value of null counts as not given."""
    version = ".".join(str(document.get("apiVersion", "")).split(".")[:2])
    validator, names = _validator(version if version in _SCHEMAS else _LATEST)
    errors = [plain for error in validator.iter_errors(document) for plain in _plain(error)]
    wrong = {tuple(error.instance_path) for error in errors if error.kind.name not in _TOO_MUCH}
    below = {place[:length] for place in wrong for length in range(len(place) + 1)}
    below |= {tuple(error.instance_path)[:length] for error in errors for length in range(len(error.instance_path))}
    seen = set()
    for error in errors:
        place = tuple(error.instance_path)
        if error.kind.name in _TOO_MUCH:  # where another fault is, a schema knows not even the names that are right
            unknown = [name for name in error.kind.unexpected if place not in below or name not in names]
            found = [LintProblem("schema", (*place, name), f"the standard has no {name!r} here") for name in unknown]
        elif (error.instance is None and error.kind.name in ("type", "enum")) or (
            version == "v3.0" and error.message == '"stagingDir" is a required property'  # staging_dir before v3.0.2
        ):
            found = []
        else:
            found = [LintProblem("schema", place, _message(error))]
        for problem in found:
            if problem not in seen:
                seen.add(problem)
                yield problem


def _plain(error: Any) -> Iterator[Any]:
    """Of the forms that a value may have the errors of the one that was likely meant."""
    branches = [branch for branch in getattr(error.kind, "context", ()) if branch]
    if error.kind.name not in ("oneOf", "anyOf") or type(error.kind).__name__ == "OneOfMultipleValid":
        branches = []
    meant = [branch for branch in branches if not any(_is_of_another_type(error, inner) for inner in branch)]
    if not meant:
        yield error
    else:
        for inner in min(meant, key=len):
            yield from _plain(inner)


def _is_of_another_type(outer: Any, inner: Any) -> bool:
    return bool(inner.kind.name == "type" and inner.instance_path == outer.instance_path)


def _message(error: Any) -> str:
    if type(error.kind).__name__ == "OneOfMultipleValid":
        return "it says several things of which it may say one"
    if error.kind.name == "enum" and len(options := error.kind.as_dict()["options"]) <= _MOST_OPTIONS:
        return f"{error.instance!r:.80} is none of {', '.join(map(str, options))}"
    return error.message if len(error.message) < 200 else f"{error.message[:200]}…"


@cache
def _validator(version: str) -> tuple[Any, frozenset[str]]:
    """The validator of a version, and every name of a key that its schema knows."""
    import jsonschema_rs

    text = _schema(_SCHEMAS[version])
    names = re.findall(r'"([^"]+)":\s*\{', text)
    return jsonschema_rs.Draft201909Validator(json.loads(text)), frozenset(names)


def _schema(version: str) -> str:
    found = find_spec("datacontract")  # which is not imported: that takes seconds
    for folder in (found and found.submodule_search_locations) or ():
        path = Path(folder) / "schemas" / f"odcs-{version}.schema.json"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
