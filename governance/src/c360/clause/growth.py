"""Growth: how much work the text of a rule makes before its first row is read.

Postgres writes the query of a WITH or of a subquery into the place where it is used. A column that uses another one
twice, in a chain, doubles with each link; no deadline ends what the planner does then.
"""

from sqlglot import exp

MOST = 20_000
"""Parts of the largest rule when all is written out: no more than its text could hold by itself."""


def parts(tree: exp.Expr) -> int:
    """How many parts `tree` has when each query is written where it is used; at least as many as Postgres sees.

    Queries are told apart by their names alone, so of two of one name the larger counts.
    """
    queries: dict[str, int] = {}
    columns: dict[str, int] = {}

    def size(node: exp.Expr) -> int:
        """With queries inside it counted where they stand."""
        own = 1
        if isinstance(node, exp.Column):
            own = columns.get(_folded(node.this), 1)
        elif isinstance(node, exp.Table):
            own = queries.get(_folded(node.this), 1)
        elif isinstance(node, exp.With | exp.CTE):
            own = 0
        inner = [child for child in node.iter_expressions() if not isinstance(child, exp.With)]
        return own + sum(sizes.get(id(child), 1) for child in inner)

    sizes: dict[int, int] = {}
    # inner queries first, and those of WITH before what uses them
    for node in reversed(list(_outside_in(tree))):
        sizes[id(node)] = size(node)
        if isinstance(node, exp.CTE | exp.Subquery) and node.alias:
            _note(node, sizes, queries, columns)
    return sizes[id(tree)]


def _outside_in(tree: exp.Expr) -> list[exp.Expr]:
    """All parts, so that read backwards each comes after what it is made of or may refer to."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        children = list(node.iter_expressions())
        # popped last, so last in the list: what others refer to
        order: dict[type, int] = {exp.With: 0, exp.From: 1, exp.Join: 2}
        waiting += sorted(children, key=lambda child: order.get(type(child), 3))
    return found


def _note(node: exp.Expr, sizes: dict[int, int], queries: dict[str, int], columns: dict[str, int]) -> None:
    """What a name stands for from here on: a query, and its columns."""
    alias = node.args["alias"]
    if alias.this is not None:
        name = _folded(alias.this)
        queries[name] = max(queries.get(name, 0), sizes[id(node)])
    for select in node.find_all(exp.Select):
        for number, result in enumerate(select.expressions):
            renamed = alias.columns[number : number + 1] if alias.columns else []
            names = [result.alias_or_name, *(_folded(column) for column in renamed)]
            for name in names:
                columns[name.lower()] = max(columns.get(name.lower(), 0), sizes.get(id(result), 1))


def _folded(name: exp.Expr) -> str:
    return str(name.name).lower()
