"""Guard: SQL of a contract can only look. It is parsed, every part of it must be on a list, and what runs is
written anew from the parsed tree: a text that our parser and the database would read differently never gets there.

The lists are in c360.clause.allowed. The database holds the same by itself: c360.database.scanner.
"""

import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokens import Token, TokenType

from c360.clause import allowed, growth
from c360.clause.arguments import LONGEST
from c360.clause.dialect import POSTGRES, TEMPLATE_OPENERS, Dialect
from c360.clause.regex import Fault
from c360.errors import Breach
from c360.model import Clause, Contract, Dataset, Rule

TABLE, COLUMN = "__c360_table__", "__c360_column__"
"""What stands for the placeholders of ODCS while a rule is a tree; no contract may write these words."""
_PLACEHOLDERS = {
    **dict.fromkeys(("table", "object", "model", "schema"), TABLE),
    **dict.fromkeys(("column", "property", "field"), COLUMN),
}
_PLACEHOLDER = re.compile(r'(?P<quote>"?)\$?\{(?P<word>' + "|".join(_PLACEHOLDERS) + r")\}(?P=quote)")
_OURS = ("__c360_", "__relation__", "__now__")
_REMEDY = "Write one plain SELECT of one number; docs/contracts.md lists what it may use."
logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what is refused here

Tables = Collection[tuple[str, str]]
"""(schema, table) of every dataset that a contract describes."""


@dataclass(frozen=True)
class Sql:
    """SQL of one rule that can only look: a SELECT, or the condition of a row rule."""

    clause: str
    tree: exp.Expr

    def text(self, dialect: Dialect, table: str = "${table}", column: str | None = "${column}") -> str:
        """The SQL to run, with `table` and `column` (both SQL already) for the placeholders.

        Raises Breach, naming the clause, when the dialect has no such thing.
        """
        try:
            text = self.tree.sql(dialect.name, unsupported_level=ErrorLevel.RAISE, comments=False)
        except (SqlglotError, RecursionError) as error:
            raise _refused(self.clause, f"has no equal on {dialect.name}: {_reason(error)}") from None
        for node in self.tree.walk() if dialect is not POSTGRES else ():  # which rules are written in
            if _name(node) in allowed.POSTGRES_ONLY or allowed.is_of_postgres(node):
                raise _refused(self.clause, f"uses {allowed.sql_name(node)}, which has no equal on {dialect.name}")
        _check_patterns(self.clause, self.tree, dialect)
        return text.replace(TABLE, table).replace(COLUMN, column or "")


def query(clause: Clause[Rule], dataset: Dataset, tables: Tables) -> Sql:
    """The SELECT of a sql rule of `dataset`: one row with one number, as far as its text tells.

    Raises Breach, naming the clause, for anything else, and for tables that no contract describes.
    """
    with _of_bounded_depth(clause.id):
        tree = _parse(clause, clause.argument.query)
        if isinstance(tree, exp.SetOperation):
            several = tree.key.upper()
            remedy = f"Put it into SELECT COUNT(*) FROM (… {several} …) AS rows."
            raise _refused(clause.id, f"gives all rows of its {several}, not one number", remedy)
        if not isinstance(tree, exp.Select):
            raise _refused(clause.id, "is not one SELECT")
        _check(clause, tree)
        for table in list(tree.find_all(exp.Table)):
            _place(clause, table, dataset, tables)
        _check_result(clause, tree)
        return _settled(clause, tree)


def condition(clause: Clause[Rule]) -> Sql:
    """The condition of a row rule, on the columns of one row. Raises Breach, naming the clause."""
    with _of_bounded_depth(clause.id):
        tree = _parse(clause, f"select 1 where ({clause.argument.predicate}\n)")
        where = tree.args.get("where") if isinstance(tree, exp.Select) else None
        if where is None or not isinstance(where.this, exp.Paren) or set(_parts(tree)) != {"expressions", "where"}:
            raise _refused(clause.id, "is not one condition")
        inside = where.this.this
        _check(clause, inside)
        other = inside.find(exp.Query, exp.AggFunc, exp.Window)
        if other is not None:
            raise _refused(clause.id, "looks at more than one row")
        return _settled(clause, inside)


@contextmanager
def _of_bounded_depth(clause: str) -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise _refused(clause, f"cannot be read: {_reason(error)}") from None


def with_guarded_rules(contract: Contract, tables: Tables) -> dict[str, Any]:
    """The contract's document with the SQL of its rules as it was understood, for tools that run it by themselves.

    Raises Breach, naming the clause, for SQL that does more than look.
    """
    document = deepcopy(contract.document)
    understood = {}
    for dataset in contract.datasets:
        rules = [cast("Clause[Rule]", clause) for clause in dataset.clauses if isinstance(clause.argument, Rule)]
        for clause in rules:
            rule = clause.argument
            if rule.predicate:
                where = condition(clause).text(POSTGRES)
                understood[dataset.name, rule.query] = f"SELECT COUNT(*) FROM ${{table}} WHERE {where}"
            elif rule.metric == "sql":
                understood[dataset.name, rule.query] = query(clause, dataset, tables).text(POSTGRES)

    def rewrite(part: Any, name: str) -> None:
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            rewrite(inner, name)
        if isinstance(part, dict) and "query" in part:
            part["query"] = understood.get((name, str(part["query"])))  # none of a clause is none to run

    for part, dataset in zip(document.get("schema") or [], contract.datasets, strict=True):
        rewrite(part, dataset.name)
    return document


def without_comments(text: str) -> str:
    """The same SQL with a blank for each comment; as it is where it cannot be read."""
    try:
        tokens = sqlglot.tokenize(text, read="postgres")
    except SqlglotError:
        return text
    pieces, end = [], -1
    for token in tokens:
        pieces += [" "] * (token.start > end + 1) + [text[token.start : token.end + 1]]
        end = token.end
    return "".join(pieces)


def normal_sql(text: str) -> str:
    """The same SQL whatever its blanks, its comments, the case of its words and parentheses around all of a condition
    or a comparison; SQL that cannot be read as it is, but for blanks at its ends. Texts and quoted names keep their
    case."""
    filled = _PLACEHOLDER.sub(lambda found: _PLACEHOLDERS[found["word"]], text)
    try:
        (tree,) = [tree for tree in sqlglot.parse(filled, read="postgres") if tree is not None]
        for paren in list(tree.find_all(exp.Paren)):
            compares = isinstance(paren.this, exp.Predicate) and not isinstance(paren.this, exp.Connector)
            around_all = isinstance(paren.parent, exp.Where) or isinstance(paren.this, exp.Paren)
            if around_all or (isinstance(paren.parent, exp.Connector) and compares):
                paren.replace(paren.this)
        return tree.sql("postgres", normalize=True, comments=False)
    except (SqlglotError, ValueError, RecursionError):
        return text.strip()


def _parse(clause: Clause[Rule], text: str) -> exp.Expr:
    if len(text) > LONGEST:
        raise _refused(clause.id, f"is longer than {LONGEST} characters")
    for ours in (*_OURS, "\x00"):
        if ours in text:
            raise _refused(clause.id, f"holds {ours!r}")
    filled = _PLACEHOLDER.sub(lambda found: _PLACEHOLDERS[found["word"]], text)
    for opener in TEMPLATE_OPENERS:
        if opener in filled:
            raise _refused(clause.id, f"holds {opener!r}, which templates would run")
    try:
        tokens = sqlglot.tokenize(filled, read="postgres")
        _check_tokens(clause, tokens)
        parsed = sqlglot.parse(filled, read="postgres")
        statements = [tree for tree in parsed if tree is not None and not isinstance(tree, exp.Semicolon)]
    except (SqlglotError, RecursionError, ValueError) as error:
        raise _refused(clause.id, f"cannot be read: {_reason(error)}") from None
    if len(statements) != 1:
        raise _refused(clause.id, f"has {len(statements)} statements" if statements else "is empty")
    return statements[0]


def _check_tokens(clause: Clause[Rule], tokens: list[Token]) -> None:
    """Numbers with letters at their end, which Postgres and we read differently: 1_000 is 1 named _000."""
    for token, after in pairwise(tokens):
        if token.token_type == TokenType.NUMBER and after.start == token.end + 1 and after.text[:1].isidentifier():
            raise _refused(clause.id, f"holds the number {token.text}{after.text}")


def _check(clause: Clause[Rule], tree: exp.Expr) -> None:
    """Every node is on the list, and none carries text that would not be written as it was read."""
    for literal in list(tree.find_all(exp.ByteString, exp.RawString)):  # E'…' and $$…$$, decoded by now
        if literal is tree:
            raise _refused(clause.id, "is one text")
        literal.replace(exp.Literal.string(literal.this))
    for node in tree.walk():
        if not allowed.is_listed(node, _name(node)):
            raise _refused(clause.id, f"uses {allowed.sql_name(node)}, which is not on the list")
        if isinstance(node, exp.With) and node.recursive:
            raise _refused(clause.id, "uses WITH RECURSIVE, which need not end")
        if isinstance(node, exp.Cast | exp.DataType) and not allowed.is_type(node):
            raise _refused(clause.id, f"uses the type {node.args.get('to') or node}")
        if isinstance(node, exp.Identifier | exp.Var) and not allowed.is_plain(node):
            raise _refused(clause.id, "holds a name that must stand in quotes")
        if isinstance(node, exp.Identifier) and _folded(node) in allowed.SYSTEM_COLUMNS:
            raise _refused(clause.id, f"uses {node.name}, a column of the system, which changes with each load")
        if isinstance(node, exp.Column) and allowed.is_function(node):
            raise _refused(clause.id, f"uses {node.name}, which is not on the list")
        if node.name == COLUMN and clause.column is None:
            raise _refused(clause.id, "names ${column}, though it is a rule of the table")
        text = node.name if isinstance(node, exp.Literal) or (isinstance(node, exp.Identifier) and node.quoted) else ""
        if TABLE in text or COLUMN in text:
            raise _refused(clause.id, "has a placeholder inside a text")
        node.comments = None
    if growth.parts(tree) > growth.MOST:
        raise _refused(
            clause.id, f"has more than {growth.MOST} parts, with each of its queries written where it is used"
        )
    _check_patterns(clause.id, tree, POSTGRES)


def _check_patterns(clause: str, tree: exp.Expr, dialect: Dialect) -> None:
    """Each regular expression that stands in the rule compiles."""
    for pattern in allowed.patterns_in(tree):
        try:
            dialect.check_pattern(pattern)
        except Fault as fault:
            raise _refused(clause, f"holds {pattern!r}, which {dialect.name} cannot compile: {fault}") from None


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else node.key.upper()


def _place(clause: Clause[Rule], table: exp.Table, dataset: Dataset, tables: Tables) -> None:
    """Refuse a table that is none of the contracts'. The rule's own, written bare, is its placeholder: what is
    judged may stand elsewhere, in landing."""
    if not isinstance(table.this, exp.Identifier):
        raise _refused(clause.id, f"reads from {table.this.key.upper()}, which is no table")
    schema, name = _folded(table.args.get("db")), _folded(table.this)
    if name == TABLE and not schema:
        return
    if not schema and _is_cte(table, name):
        return
    if table.catalog or (schema or dataset.schema, name) not in tables:
        written = ".".join(part.name for part in table.parts)
        raise _refused(clause.id, f"reads {written}, which is no table of the contracts")
    if not schema and name == dataset.table:
        table.set("this", exp.to_identifier(TABLE))


def _folded(identifier: exp.Identifier | None) -> str:
    """A name as Postgres looks it up."""
    if identifier is None:
        return ""
    return identifier.name if identifier.quoted else identifier.name.lower()


def _is_cte(table: exp.Table, name: str) -> bool:
    """Whether the WITH of a query around it defines `name`; before its own place there."""
    node: exp.Expr = table
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.With):
            if any(_folded(cte.args["alias"].this) == name for cte in parent.expressions[: node.index]):
                return True
            node = parent.parent or parent
            continue
        defined = parent.args.get("with_")
        if defined is not None and any(_folded(cte.args["alias"].this) == name for cte in defined.expressions):
            return True
        node = parent
    return False


def _check_result(clause: Clause[Rule], tree: exp.Select) -> None:
    """What surely is not one row with one number; the rest is told when it runs."""
    if len(tree.expressions) != 1:
        raise _refused(clause.id, f"gives {len(tree.expressions)} columns")
    result = tree.expressions[0].unalias()
    while isinstance(result, exp.Paren):
        result = result.this
    if result.is_star or isinstance(result, exp.Tuple):
        raise _refused(clause.id, "gives more columns than one")
    cast = allowed.type_of(result)
    if isinstance(result, allowed.BOOLEANS) or cast == exp.DType.BOOLEAN:
        raise _refused(clause.id, "gives true or false, not a number", "Count what is wrong: SELECT COUNT(*) … WHERE …")
    if result.is_string or isinstance(result, allowed.TEXTS) or (cast and cast not in exp.DataType.NUMERIC_TYPES):
        raise _refused(clause.id, "gives no number")
    limit = tree.args.get("limit")
    most = limit and (limit.args.get("expression") or limit.args.get("count"))
    if tree.args.get("group") and str(most) != "1":
        raise _refused(clause.id, "gives a row a group", "Put it into SELECT COUNT(*) FROM (…) AS groups.")


def _settled(clause: Clause[Rule], tree: exp.Expr) -> Sql:
    """The rule, if its text, written from the tree, reads as that tree again."""
    text = tree.sql("postgres", comments=False)
    wrapped = f"select 1 where ({text})" if not isinstance(tree, exp.Select) else text
    try:
        again = sqlglot.parse(wrapped, read="postgres")
    except (SqlglotError, RecursionError, ValueError) as error:
        raise _refused(clause.id, f"cannot be read: {_reason(error)}") from None
    if len(again) != 1 or again[0] is None or again[0].sql("postgres", comments=False).lower() != wrapped.lower():
        raise _refused(clause.id, "can be read in two ways", "Add parentheses, or write it more plainly.")
    return Sql(clause.id, tree)


def _parts(tree: exp.Expr) -> list[str]:
    return [name for name, value in tree.args.items() if value]


def _reason(error: Exception) -> str:
    """The first line of what sqlglot says, without the SQL that it quotes."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    found = getattr(error, "errors", None)
    if found:
        return (
            f"{found[0].get('description') or 'an error'} (line {found[0].get('line')}, column {found[0].get('col')})"
        )
    return str(error).splitlines()[0].rstrip(". ") if str(error) else type(error).__name__


def _refused(clause: str, why: str, remedy: str = _REMEDY) -> Breach:
    return Breach(f"The SQL rule {clause} {why.replace(TABLE, '${table}')}.", remedy)
