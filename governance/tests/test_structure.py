"""How the modules stand to each other: who imports whom, wherever in a file the import stands."""

import ast
import importlib
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import c360

SOURCE = Path(c360.__file__).parent


def imports(source: Path, package: str) -> dict[str, set[str]]:
    """By module the modules of the package that it imports, those inside functions included."""
    files = {}
    for path in source.rglob("*.py"):
        parts = (package, *path.relative_to(source).with_suffix("").parts)
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph: dict[str, set[str]] = {}
    for module, path in files.items():
        found = graph.setdefault(module, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}: a relative import"
                for name in node.names:
                    inner = f"{node.module}.{name.name}"
                    found.add(inner if inner in files else str(node.module))
        found &= files.keys() - {module}
    return graph


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = imports(SOURCE, "c360")
    assert len(graph) > 50
    TopologicalSorter(graph).prepare()


BOTH_WAYS = {("clause", "model")}
"""Folders that import each other, with a reason: docs/decisions/0022-the-tree-tells-the-flow.md."""


def between_folders(graph: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Pairs of folders (or modules beside them) that import each other, in order of the alphabet."""
    edges = {(one.split(".")[1], other.split(".")[1]) for one, others in graph.items() for other in others}
    return {(one, other) for one, other in edges if one < other and (other, one) in edges}


def test_folders_import_one_way() -> None:
    graph = {
        one: {other for other in others if "." in other}
        for one, others in imports(SOURCE, "c360").items()
        if "." in one
    }
    assert between_folders(graph) == BOTH_WAYS
    assert between_folders({"c.a.x": {"c.b.y"}, "c.b.z": {"c.a.w"}, "c.d": {"c.a.x"}}) == {("a", "b")}


def test_a_circle_is_found_even_in_functions(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from p import b\n")
    (tmp_path / "b.py").write_text("def f():\n    from p.c import g\n")
    (tmp_path / "c.py").write_text("import p.a\n")
    with pytest.raises(CycleError):
        TopologicalSorter(imports(tmp_path, "p")).prepare()


def test_click_is_for_commands() -> None:
    """Stages can be called without a terminal: only the verbs, and what they share, speak to one."""
    allowed = {SOURCE / "cli.py", SOURCE / "console.py", SOURCE / "dbt" / "log.py"}  # the last shows what dbt says
    for path in SOURCE.rglob("*.py"):
        if path.parent.name != "commands" and path not in allowed:
            assert "import click" not in path.read_text(encoding="utf-8"), path


def test_only_a_dialect_knows_how_it_differs() -> None:
    """Nobody asks a dialect for its name to write SQL one way or the other: that is a method of the dialect."""
    for path in SOURCE.rglob("*.py"):
        assert not re.search(r"\.name (==|!=|in|not in) .*(postgres|databricks)", path.read_text("utf-8")), path


def test_every_name_that_a_function_imports_is_there() -> None:
    """A lazy import of what has moved away would only fail when a user comes by."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "c360":
                module = importlib.import_module(str(node.module))
                for name in node.names:
                    if not hasattr(module, name.name):
                        importlib.import_module(f"{node.module}.{name.name}")


def texts(path: Path) -> list[str]:
    """All that a module writes as text, docstrings among it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


LEDGER = re.compile(r"\b(governance|quarantine|superseded)\.[\w\"{]")
SQL = re.compile(r"\b(select|insert into|update \S+ (as \w+ )?set|delete from|create \w+|drop \w+|alter \w+|copy) ")


def test_what_is_on_record_is_asked_of_the_ledger() -> None:
    """Its tables are known to its own modules, so that they can change in one place."""
    there = [path for path in SOURCE.rglob("*.py") if any(LEDGER.search(text) for text in texts(path))]
    assert {path.parent.name for path in there} == {"ledger"}
    assert len(there) > 5


def test_the_gate_only_tells_the_story() -> None:
    """What it does to data it asks an engine for, what it puts on record the ledger."""
    assert any(SQL.search(text) for text in texts(SOURCE / "engine" / "postgres" / "promote.py"))
    for path in (SOURCE / "gate").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert ".execute(" not in source and "c360.engine.postgres" not in source, path
        assert [text for text in texts(path) if SQL.search(text)] == [], path


def test_only_an_engine_and_who_forgets_know_how_rows_lie_there() -> None:
    """Who forgets somebody looks at every table there is, whichever module wrote it."""
    graph = imports(SOURCE, "c360")
    users = {one.split(".")[1] for one, others in graph.items() if any("engine.postgres" in other for other in others)}
    assert users == {"engine", "forget"}
    assert not any("engine" in other for one, others in graph.items() if ".ledger" in one for other in others)


def lines_of_code(source: str) -> list[str]:
    """Lines without what stands around code: imports, docstrings, comments, blanks."""
    tree = ast.parse(source)
    around = {n for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for n in _lines(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            around |= set(_lines(node.body[0]))
    lines = [line.strip() for n, line in enumerate(source.splitlines(), 1) if n not in around]
    return [line for line in lines if line and not line.startswith("#")]


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def repeated(modules: dict[str, str], length: int = 6) -> list[str]:
    """Pairs of modules in which the same run of lines stands, and the first of these lines."""
    first: dict[tuple[str, ...], str] = {}
    found = {}
    for name, source in modules.items():
        lines = lines_of_code(source)
        for start in range(len(lines) - length + 1):
            run = tuple(lines[start : start + length])
            other = first.setdefault(run, name)
            if other != name:
                found.setdefault((other, name), run[0])
    return [f"{one} and {other}: {line}" for (one, other), line in found.items()]


def test_nothing_is_written_twice() -> None:
    assert repeated({str(p): p.read_text(encoding="utf-8") for p in sorted(SOURCE.rglob("*.py"))}) == []


def test_what_is_written_twice_is_found() -> None:
    body = "\n".join(f"    x{n} = {n}" for n in range(6))
    twice = {"a": f'"""One."""\n\ndef f():\n{body}\n', "b": f'import a\n\ndef g():\n    """Other."""\n\n{body}\n'}
    assert repeated(twice) == ["a and b: x0 = 0"]
    assert repeated({"a": twice["a"], "b": twice["b"].replace("x3", "y3")}) == []


def test_yaml_is_written_in_one_place() -> None:
    writers = re.compile(r"\byaml\.\w*(dump|serialize|emit)\w*\(|\bruamel\b|\bDumper\b")
    found = [path.name for path in SOURCE.rglob("*.py") if writers.search(path.read_text(encoding="utf-8"))]
    assert found == ["yaml_writer.py"]


SHOP = re.compile(r"customer[ _]?360|\b(contacts|transactions|shops?)\b", re.IGNORECASE)
"""What belongs to the project that this repository brings along, and to no other."""
FIXED = ("customer360-governance", '"customer360"', ".cache/customer360/")
"""Names that installations have: of the distribution, the embedded server's database, the cache of dbt packages."""


def without_help(path: Path) -> str:
    """A module; of a command without what `--help` shows, which gives examples."""
    source = path.read_text(encoding="utf-8")
    if path.parent.name != "commands":
        return source
    tree = ast.parse(source)
    shown = [keyword.value for node in ast.walk(tree) if isinstance(node, ast.Call) for keyword in node.keywords
             if keyword.arg == "epilog"]  # fmt: skip
    shown += [node.body[0] for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)]
    lines = {number for node in shown for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return "\n".join(line for number, line in enumerate(source.splitlines(), 1) if number not in lines)


def test_the_toolkit_knows_no_shop() -> None:
    """Only what invents data and what begins a project do: all else is told by contracts and c360.toml."""
    own = {SOURCE / "fake", SOURCE / "scaffold", SOURCE / "commands/fake.py", SOURCE / "commands/demo.py"}
    found = []
    for path in SOURCE.rglob("*"):
        if path.is_file() and path.suffix != ".pyc" and not own & {path, *path.parents}:
            text = without_help(path) if path.suffix == ".py" else path.read_text(encoding="utf-8")
            for fixed in FIXED:
                text = text.replace(fixed, "")
            found += [f"{path.relative_to(SOURCE)}: {name[0]}" for name in SHOP.finditer(text)]
    assert found == []


HEAVY = {"dbt", "soda", "datacontract", "elementary", "faker", "jinja2", "jsonschema", "numpy", "psycopg", "psycopg2",
         "pyarrow", "requests", "sqlglot", "yaml"}  # fmt: skip


def test_help_waits_for_no_tool() -> None:
    """Each verb imports what it needs when it is used, so that help of all of them is there at once."""
    program = (
        "import sys\nfrom c360.cli import VERBS, main\n"
        "for verb in [[], *([v] for v in VERBS)]:\n"
        "    try: main([*verb, '--help'])\n    except SystemExit: pass\n"
        "print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("loaded:")[2].split())
    assert "click" in loaded and "c360" in loaded
    assert not HEAVY & loaded


def test_status_waits_for_no_engine() -> None:
    program = (
        "import sys\nimport c360.status.overview, c360.project\nprint(*{n.partition('.')[0] for n in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not (HEAVY - {"psycopg", "yaml"}) & set(done.stdout.split())


def test_postgres_has_one_driver() -> None:
    """psycopg2 is there for dbt and Soda alone."""
    assert [str(path) for path in SOURCE.rglob("*.py") if "psycopg2" in path.read_text(encoding="utf-8")] == []
