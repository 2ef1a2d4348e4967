"""Names of a contract that some tool could not carry unchanged: each is refused, none is changed in silence.

Free text (descriptions, teams, labels, examples, patterns, values) may hold anything and is escaped where it goes;
a name is an identity in every tool at once, and an escaped one would be another.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from c360.clause.dialect import TEMPLATE_OPENERS
from c360.clause.inside import spots
from c360.contract.document import Place, numbered
from c360.printable import one_line, shown

LONGEST, LONGEST_IN_DATABASE = 200, 63
"""Bytes in UTF-8: files are named after datasets and contracts; Postgres cuts what is longer than 63 without a word."""
_SCHEMAS = ("landing", "quarantine", "governance", "erasure", "elementary", "information_schema")
"""Schemas that hold our own tables, or the database's."""
_SYSTEM_COLUMNS = ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")
_OURS = "c360__"
_QUALIFIED = re.compile(r"(?:\w+\.)?(\w+)\.(\w+)")


@dataclass(frozen=True)
class Fault:
    """What is wrong with the text at a place of the document. `tool` alone cannot carry it, or none can when empty."""

    place: Place
    message: str
    tool: str = ""


def faults(document: dict[str, Any], layer: str) -> Iterator[Fault]:
    """Every name that cannot be carried, and every text that holds a character which no engine takes."""
    yield from _texts(document, ())
    yield from _contract(document, layer)
    for i, part in numbered(document.get("schema")):
        place: Place = ("schema", i)
        if part.get("name"):
            yield from _name("dataset", part["name"], (*place, "name"))
            if layer == "sources":
                yield from _in_dbt("dataset", part["name"], (*place, "name"))
        key = "physicalName" if part.get("physicalName") else "name"
        if part.get(key):
            schema, table = located(part, layer)
            if schema:
                yield from _schema(schema, (*place, key))
            yield from _table(table, (*place, key), layer)
        yield from _rules(part, place)
        for j, prop in numbered(part.get("properties")):
            yield from _column(prop, (*place, "properties", j))


def located(part: dict[str, Any], layer: str) -> tuple[str, str]:
    """The database schema that the physicalName of a source says, or none, and its table: `sales.orders` is both.

    Of three names the first is a database or a project, and that is the server's to say. dbt puts products where the
    project says.
    """
    name = str(part.get("physicalName") or part.get("name"))
    found = _QUALIFIED.fullmatch(name) if part.get("physicalName") and layer == "sources" else None
    return (found[1], found[2]) if found else ("", name)


def _contract(document: dict[str, Any], layer: str) -> Iterator[Fault]:
    key = "name" if document.get("name") else "id"
    yield from _name("contract", document.get(key) or "", (key,))
    system = document.get("name")
    place: Place = (key,)
    for i, custom in numbered(document.get("customProperties")):
        if custom.get("property") == "system":
            system, place = custom.get("value"), ("customProperties", i, "value")
            yield from _name("system", system, place)
    if layer == "sources" and system:
        yield from _in_dbt("system", system, place)
    for i, server in numbered(document.get("servers")):
        if server.get("type") == "postgres" and server.get("schema"):
            yield from _schema(str(server["schema"]), ("servers", i, "schema"))


def _schema(name: str, place: Place) -> Iterator[Fault]:
    yield from _in_database("schema", name, place)
    if name in _SCHEMAS or name.startswith(("pg_", "landing__")):
        yield Fault(place, f"the schema {shown(name)} is not for data: choose another, such as raw")
    if '"' in name:
        yield Fault(place, f'the schema {shown(name)} holds a ", which dbt cannot quote: choose another, such as raw')


def _table(name: str, place: Place, layer: str) -> Iterator[Fault]:
    yield from _in_database("table", name, place)
    if name.startswith(_OURS):
        yield Fault(place, f"the table {shown(name)} begins with {_OURS}, as our own do: write another physicalName")
    if '"' in name:
        yield Fault(place, f'the table {shown(name)} holds a ", which Soda cannot quote: write another physicalName')
    if layer != "sources":
        yield from _in_dbt("table", name, place)
        if not all(ch.isalnum() or ch in "-_" for ch in name):
            message = f"the table {shown(name)} is no name of a dbt model: write letters, digits, - and _"
            yield Fault(place, message, "dbt")


def _column(prop: dict[str, Any], place: Place) -> Iterator[Fault]:
    if prop.get("name") and prop.get("physicalName"):  # else it is the column's
        yield from _name("property", prop["name"], (*place, "name"))
    key = "physicalName" if prop.get("physicalName") else "name"
    name = str(prop.get(key) or "")
    if name:
        yield from _in_database("column", name, (*place, key))
        if name in _SYSTEM_COLUMNS or name.startswith(_OURS):
            message = f"the column {shown(name)} is the name of a column of ours or of Postgres: write another one"
            yield Fault((*place, key), message)
        if '"' in name:
            message = f'the column {shown(name)} holds a ", which dbt cannot quote: write another physicalName'
            yield Fault((*place, key), message, "dbt")
    for spot in spots(prop, place):
        if spot.steps and "name" in spot.body:
            yield from _name("property", spot.body["name"], (*spot.place, "name"))
    for k, entry in numbered(prop.get("enum")):
        if entry.get("id") is not None:
            yield from _name("id", entry["id"], (*place, "enum", k, "id"))
    yield from _rules(prop, place)


def _rules(part: dict[str, Any], place: Place) -> Iterator[Fault]:
    for k, rule in numbered(part.get("quality")):
        key = "id" if rule.get("id") else "name"
        if rule.get(key):
            yield from _name("rule", rule[key], (*place, "quality", k, key))


def _in_database(what: str, name: str, place: Place) -> Iterator[Fault]:
    yield from _name(what, name, place, LONGEST_IN_DATABASE)


def _in_dbt(what: str, name: Any, place: Place) -> Iterator[Fault]:
    for ch in "'\\":
        if ch in str(name):
            message = f"the {what} {shown(name)} holds a {ch}, which dbt writes into code of its own: leave it out"
            yield Fault(place, message, "dbt")


def _name(what: str, name: Any, place: Place, longest: int = LONGEST) -> Iterator[Fault]:
    text = str(name)
    if not text.strip():
        yield Fault(place, f"the {what} has an empty name: give it one")
    for ch in text:
        if one_line(ch) != ch:
            yield Fault(place, f"the {what} {shown(name)} holds {one_line(ch)}, which nobody sees: leave it out")
            break
    for opener in TEMPLATE_OPENERS:
        if opener in text:
            yield Fault(place, f"the {what} {shown(name)} holds {opener}, which templates would run: leave it out")
    if len(text.encode(errors="replace")) > longest:
        yield Fault(place, f"the {what} {shown(name)} is longer than {longest} bytes: shorten it")


def _texts(value: Any, place: Place) -> Iterator[Fault]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _text(key, place)
            yield from _texts(inner, (*place, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _texts(inner, (*place, i))
    elif isinstance(value, str):
        yield from _text(value, place)


def _text(text: str, place: Place) -> Iterator[Fault]:
    for ch in text:
        if ch == "\0" or "\ud800" <= ch <= "\udfff":
            yield Fault(place, f"the text holds the character {one_line(ch)}, which no database takes: leave it out")
            break


def where(place: Place) -> str:
    """A place inside a document, as `schema[0].properties[2].classification`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{one_line(step)}" for step in place).lstrip(".")
