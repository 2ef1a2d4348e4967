"""What SQL of a contract may be made of: nodes of sqlglot's trees, functions, types. All else is refused."""

import re
from collections.abc import Iterator

from sqlglot import exp

_STRUCTURE = (
    exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Fetch,
    exp.LimitOptions, exp.Distinct, exp.Join, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier,
    exp.Star, exp.Subquery, exp.Paren, exp.Tuple, exp.With, exp.CTE, exp.Union, exp.Intersect, exp.Except, exp.Literal,
    exp.Null, exp.Boolean, exp.Var, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Case, exp.If,
    exp.Window, exp.WindowSpec, exp.Filter, exp.WithinGroup, exp.AtTimeZone, exp.Escape, exp.Exists, exp.Values,
)  # fmt: skip
_OPERATORS = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Add, exp.Sub, exp.Mul, exp.Div,
    exp.Mod, exp.Neg, exp.Pow, exp.DPipe, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.SimilarTo,
    exp.RegexpLike, exp.RegexpILike, exp.NullSafeEQ, exp.NullSafeNEQ,
)  # fmt: skip
_FUNCTIONS = (
    # over rows
    exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance,
    exp.VariancePop, exp.Corr, exp.CovarPop, exp.CovarSamp, exp.LogicalAnd, exp.LogicalOr, exp.PercentileCont,
    exp.PercentileDisc, exp.Median, exp.GroupConcat, exp.AnyValue, exp.RowNumber, exp.Rank, exp.DenseRank,
    exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue,
    # on numbers
    exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Trunc, exp.Sqrt, exp.Cbrt, exp.Exp, exp.Ln, exp.Log, exp.Sign,
    exp.Greatest, exp.Least, exp.Coalesce, exp.Nullif,
    # on text
    exp.Length, exp.Lower, exp.Upper, exp.Initcap, exp.Trim, exp.Substring, exp.StrPosition, exp.Concat, exp.ConcatWs,
    exp.Replace, exp.Left, exp.Right, exp.Reverse, exp.SplitPart, exp.StartsWith, exp.RegexpReplace, exp.RegexpCount,
    exp.Translate, exp.Overlay, exp.Chr, exp.Ascii, exp.MD5,
    # on dates and times
    exp.Extract, exp.TimestampTrunc, exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp, exp.StrToDate,
    exp.StrToTime, exp.TimeToStr, exp.UnixToTime,
)  # fmt: skip
_JSON = (
    exp.JSONExtract, exp.JSONExtractScalar, exp.JSONPath, exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
)  # fmt: skip
NODES = (*_STRUCTURE, *_OPERATORS, *_FUNCTIONS, *_JSON)
"""Classes of nodes; a subclass is not let in with its class."""
POSTGRES_ONLY = frozenset({"age", "isfinite", "num_nulls", "num_nonnulls", "pg_input_is_valid", "jsonb_array_length",
                           "jsonb_typeof", "json_typeof"})  # fmt: skip
"""Functions that sqlglot knows no equal of on Databricks."""
ANONYMOUS = POSTGRES_ONLY | {"every", "octet_length", "make_date", "cardinality", "json_array_length"}
"""Functions that sqlglot has no class for."""
BOOLEANS = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.LogicalAnd, exp.LogicalOr, exp.StartsWith)
TEXTS = (
    exp.Concat, exp.ConcatWs, exp.DPipe, exp.Lower, exp.Upper, exp.Initcap, exp.Trim, exp.Substring, exp.Replace,
    exp.Left, exp.Right, exp.Reverse, exp.SplitPart, exp.RegexpReplace, exp.Translate, exp.Overlay, exp.Chr, exp.MD5,
    exp.GroupConcat, exp.TimeToStr, exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp, exp.Interval,
)  # fmt: skip
"""Nodes that surely give no number."""
_TYPES = frozenset({
    exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT, exp.DType.DECIMAL, exp.DType.FLOAT, exp.DType.DOUBLE,
    exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ, exp.DType.BOOLEAN, exp.DType.UUID, exp.DType.INTERVAL, exp.DType.JSON, exp.DType.JSONB,
})  # fmt: skip
_WORDS = ("user", "system_user", "current_role")
"""Functions of Postgres without parentheses that sqlglot takes for columns."""
_WORDS_OF = re.compile(r"FOR [A-Z]+|[xbe]'[^']*'|U&|[$:]?[\w.]+", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*")


SYSTEM_COLUMNS = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})
"""What Postgres keeps beside each row: no promise can be about it, and Databricks has none."""


def is_listed(node: exp.Expr, name: str) -> bool:
    """Whether a rule may hold a node; `name` is that of a function."""
    if isinstance(node, exp.Lateral):  # a subquery that sees the tables before it, and no function
        return isinstance(node.this, exp.Subquery) and not node.args.get("view")
    if isinstance(node, exp.CTE) and node.args.get("materialized") is False:
        return False
    return type(node) in NODES or name in ANONYMOUS


def sql_name(node: exp.Expr) -> str:
    """What a node is called by somebody who writes SQL."""
    if isinstance(node, exp.CTE):
        return "NOT MATERIALIZED"
    found = _WORDS_OF.match(node.sql("postgres", comments=False))
    return (found[0].lower() if isinstance(node, exp.Func | exp.Dot) else found[0]) if found else node.key.upper()


def is_type(node: exp.Expr) -> bool:
    """Whether a cast's type, or a type, is one that a column of a contract may have."""
    kind = node.args.get("to") if isinstance(node, exp.Cast) else node
    return isinstance(kind, exp.DataType) and kind.this in _TYPES


def is_plain(node: exp.Expr) -> bool:
    """Whether a name may be written as it is: in quotes, or without where that makes no difference."""
    quoted = isinstance(node, exp.Identifier) and node.quoted
    return bool(node.name) if quoted else _PLAIN.fullmatch(node.name) is not None


def is_function(column: exp.Column) -> bool:
    """Whether Postgres takes a bare word for a function of its own, not for a column."""
    return not column.table and not column.this.args.get("quoted") and column.name.lower() in _WORDS


def is_of_postgres(node: exp.Expr) -> bool:
    """What sqlglot would write as it stands, or in another sense, though Databricks has no such thing."""
    if isinstance(node, exp.AtTimeZone):  # of a time without zone it is the other way round, but for UTC
        return str(node.args["zone"].name).upper() != "UTC"
    return isinstance(node, exp.RegexpILike | exp.SimilarTo | exp.JSONPathSubscript)


def type_of(node: exp.Expr) -> "exp.DType | None":
    """The type that an expression is cast to, None where it is not."""
    return node.args["to"].this if isinstance(node, exp.Cast) else None


def patterns_in(tree: exp.Expr) -> Iterator[str]:
    """The regular expressions that SQL holds as literals."""
    for node in tree.find_all(exp.RegexpLike, exp.RegexpILike, exp.RegexpReplace, exp.RegexpCount, exp.Substring):
        pattern = node.args.get("start") if isinstance(node, exp.Substring) else node.args.get("expression")
        if isinstance(pattern, exp.Literal) and pattern.is_string:
            yield pattern.this
