"""What the repository holds: nothing that strayed in, one version, links that lead somewhere, SQL that is linted."""

import re
import subprocess
import tomllib
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from statistics import median
from urllib.parse import unquote

import pytest
import yaml

import c360
from c360.cli import VERBS
from c360.contract import find_contracts
from governance.tests.servers import ROOT

AT_THE_ROOT = {
    ".ci", ".editorconfig", ".github", ".gitignore", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml", ".soda",
    "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "action.yml", "c360.toml", "contracts", "dbt_package",
    "docker-compose.yml", "docs", "governance", "integration_tests", "pyproject.toml", "requirements", "soda_checks",
}  # fmt: skip
KINDS = {
    "", ".css", ".csv", ".editorconfig", ".gitignore", ".html", ".in", ".js", ".json", ".lock", ".md", ".py", ".sh",
    ".sql", ".sqlfluff", ".sqlfluffignore", ".toml", ".txt", ".typed", ".yaml", ".yml",
}  # fmt: skip
"""Endings that are text; a name without one is a Makefile, a licence or a script."""
LARGEST = 512 * 1024
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def kept() -> list[Path]:
    """What git has, and what it would take in with `git add --all`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in dict.fromkeys(names) if name and (ROOT / name).is_file()]


def strays(files: list[Path], root: Path) -> list[str]:
    found = []
    for path in files:
        name = path.relative_to(root)
        if name.parts[0] not in AT_THE_ROOT:
            found.append(f"{name}: not one of the names at the root")
        elif (path.suffix or (path.name if path.name.startswith(".") else "")) not in KINDS:
            found.append(f"{name}: a kind of file that nobody foresaw")
        elif path.stat().st_size > LARGEST:
            found.append(f"{name}: larger than {LARGEST} bytes")
        elif b"\0" in path.read_bytes():
            found.append(f"{name}: no text")
    return found


def test_nothing_strayed_in() -> None:
    files = kept()
    assert len(files) > 200
    assert strays(files, ROOT) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tool-1.0-py3-none-any.whl", b"PK"),
        ("docs/a.zip", b"PK"),
        ("governance/driver.jar", b"PK"),
        ("governance/src/c360/cli.pyc", b""),
        ("notes.md", b"mine"),
        ("docs/large.md", b"x" * (LARGEST + 1)),
        ("docs/binary.md", b"a\0b"),
    ],
)
def test_what_strays_in_is_seen(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert len(strays([path], tmp_path)) == 1


def test_one_version() -> None:
    """It stands in c360/__init__.py; the others say the same."""
    project = tomllib.loads((ROOT / "governance/pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "c360.__version__"}
    package = yaml.safe_load((ROOT / "dbt_package/dbt_project.yml").read_text())["version"]
    (latest, *_) = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    pages = [ROOT / "dbt_package/README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "governance/ci").glob("*.yml")]
    said = r"(?:\brevision: |\brev: |\bref: |C360_VERSION: |refs/tags/|customer360@)(\d\S+?)[}]?$"
    shown = re.findall(said, "\n".join(page.read_text() for page in pages), re.MULTILINE)
    assert len(shown) > 5
    assert {package, latest, *shown} == {c360.__version__}


def test_links_lead_somewhere() -> None:
    pages = [path for path in kept() if path.suffix == ".md"]
    links = [(page, link) for page in pages for link in LINK.findall(page.read_text(encoding="utf-8"))]
    dead = []
    for page, link in links:
        address, _, part = link.partition("#")
        if re.match(r"[a-z]+:", address):
            continue
        target = page.parent / unquote(address) if address else page
        if not target.exists() or (part and part not in headings(target)):
            dead.append(f"{page.relative_to(ROOT)}: {link}")
    assert len(links) > 10 and dead == []


def test_the_readme_says_on_one_screen_what_it_is_for_whom_and_how_to_start() -> None:
    screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40]
    assert any("It is for" in line for line in screen) and "make demo" in "\n".join(screen)
    fold = next(number for number, line in enumerate(screen) if line.startswith("## "))
    assert "```sh" in screen[:fold] and len(screen[:fold]) <= 30


def test_the_page_of_the_package_links_to_nothing_beside_it() -> None:
    """A package index shows it without the repository."""
    assert tomllib.loads((ROOT / "governance/pyproject.toml").read_text())["project"]["readme"] == "README.md"
    page = (ROOT / "governance/README.md").read_text(encoding="utf-8")
    links = LINK.findall(page)
    assert links and all(link.startswith("https://") for link in links)
    assert set(re.findall(r"^c360 ([a-z]+)", page, re.MULTILINE)) <= set(VERBS)


def test_what_hooks_install_is_of_the_toolkit() -> None:
    """pyproject.toml at the root says the same as that of governance, with fewer requirements."""
    hooks, toolkit = (tomllib.loads((ROOT / path / "pyproject.toml").read_text()) for path in (".", "governance"))
    for key in ("name", "requires-python", "scripts"):
        assert hooks["project"][key] == toolkit["project"][key]
    lines = (ROOT / "requirements/contracts.in").read_text().splitlines()
    names = {re.split(r"[^\w-]", line)[0].lower() for line in lines if line and not line.startswith("#")}
    given = {re.split(r"[^\w-]", line)[0].lower() for line in toolkit["project"]["dependencies"]}
    assert names - {"setuptools"} < given


def headings(page: Path) -> set[str]:
    """The anchors that GitHub makes."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


WORDS = (
    "contract", "dataset", "source", "product", "clause", "kind", "severity", "dimension", "scope", "classification",
    "owner", "server", "stage", "enforcement point", "generate", "coverage", "delivery", "form", "gate", "landing",
    "scan", "split", "plan", "promote", "raw", "quarantine", "replay", "resolve", "discard", "duplicate", "superseded",
    "conflict", "identity", "build", "verify", "verdict", "outcome", "finding", "history", "freshness", "SLA",
    "anomaly", "report", "alert", "partner", "policy", "share", "release", "pseudonym", "quasi-identifier", "k",
    "ladder", "canary", "totals", "epsilon", "bundle", "version", "draft", "release of a contract", "lock",
    "compatibility grade",
    "consumer", "deprecated", "sunset", "retired", "ledger", "run", "as-of", "engine",
)  # fmt: skip
"""The glossary's, in the order of the flow."""


def test_each_word_is_explained_once() -> None:
    page = (ROOT / "docs/concepts.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| \*\*(.+?)\*\* \|", page, re.MULTILINE)) == WORDS
    for row in re.findall(r"^\| \*\*.*$", page, re.MULTILINE):
        what, where = row.split(" | ")[1:]
        assert what.endswith(".") and what.count(". ") < 2 and where.strip(" |"), row
    assert set(re.findall(r"`c360 ([a-z]+)", page)) <= set(VERBS)
    for guide in ("README.md", "docs/start.md"):
        assert "concepts.md" in (ROOT / guide).read_text(encoding="utf-8"), guide


def test_a_module_is_named_by_a_word_of_the_field() -> None:
    """An import line tells nothing by these: they were names of modules once."""
    vague = {"told", "said", "hit", "walk", "life", "looks", "vain", "noted", "words", "facts", "telling", "things"}
    assert [path for path in kept() if path.suffix == ".py" and path.stem.removeprefix("test_") in vague] == []


def test_all_sql_is_linted() -> None:
    """By sqlfluff; and by lint_macros.py, where sqlfluff renders a file to nothing."""
    makefile = (ROOT / "Makefile").read_text()
    linted = re.search(r"^SQL := (.+)$", makefile, re.MULTILINE)[1].split()
    macros = import_module("integration_tests.lint_macros")
    for path in (path for path in kept() if path.suffix == ".sql"):
        assert path.relative_to(ROOT).parts[0] in linted, path
        written = "expected" not in path.parts  # what is generated there is compared with what is linted
        if written and re.search(r"\{%-?\s*(macro|test)\b", path.read_text(encoding="utf-8")):
            assert any(path.is_relative_to(ROOT / folder) for folder in macros.FOLDERS), path


def test_macros_are_linted() -> None:
    findings = import_module("integration_tests.lint_macros").findings
    assert findings("{% macro a(x) %}\nselect CAST({{ x }} as text)\n{% endmacro %}") == ["2: CAST should be cast"]
    assert findings("{#- SELECT -#}{{ config(FROM='x') }}\n-- FROM\nselect 'AND', \"Or\" {{ 'AS' }}") == []


def test_owners_of_contracts_are_the_teams_that_answer_for_them() -> None:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owners = dict(line.split() for line in lines if line and not line.startswith("#"))
    for path in owners:
        assert (ROOT / path.strip("/")).exists(), path
    for contract in find_contracts(ROOT / "contracts"):
        inside = f"/{contract.path.relative_to(ROOT).as_posix()}"
        owner = [owners[path] for path in owners if inside.startswith(path)][-1]
        assert owner.endswith(f"/{contract.team}"), inside


def test_the_job_of_databricks_is_what_its_interface_takes() -> None:
    """By the classes that Databricks publishes for bundles; each stage is a command that is there."""
    from databricks.bundles.jobs import Job

    place = ROOT / "governance/databricks"
    bundle = yaml.safe_load((place / "databricks.yml").read_text())
    (said,) = bundle["resources"]["jobs"].values()
    job = Job.from_dict(said)
    with pytest.raises(ValueError, match="Unexpected field"):
        Job.from_dict(said | {"tasks": [said["tasks"][0] | {"depend_on": []}]})
    tasks = {task.task_key: task for task in job.tasks}
    assert list(tasks) == ["contacts", "transactions", "build", "verify", "report"]
    for before, after in pairwise(job.tasks):
        assert [needed.task_key for needed in after.depends_on] == [before.task_key]
    for task in job.tasks:
        if (stage := task.spark_python_task) is not None:
            assert (place / stage.python_file).is_file() and stage.parameters[0] in VERBS
    named = set(re.findall(r"\$\{var\.(\w+)\}", (place / "databricks.yml").read_text()))
    assert named == set(bundle["variables"])
    environment = job.job_clusters[0].new_cluster.spark_env_vars
    assert environment["C360_DATABASE_URL"] == "{{secrets/${var.secret_scope}/database_url}}", "in no file"


PRIVATE = (
    "silent",
    "silence",
    "foretell",
    "untold",
    "mend",
    "nobody is that",
    "as the house wants",
    "persons in it that nobody is",
)
"""Words for which the field has plain ones: not set, default, warn, decoy records."""


def sentences(page: str) -> list[str]:
    """Those of a page of Markdown, without code, tables and headings."""
    text = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    text = "\n".join("" if re.match(r" {4}| *\||#", line) else line for line in text.splitlines())
    text = re.sub(r"^([-*] |\d+\. )", "\n\n", text, flags=re.MULTILINE)
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    found = [one for part in parts for one in re.split(r"(?<=[.!?:])\s+(?=[A-Z`*\[\"(])", part)]
    return [one for one in found if len(one.split()) > 2]


def test_guides_are_in_short_sentences_and_plain_words() -> None:
    """No sentence of more than 30 words, half of them of 14 at most. The reference is made of the help texts."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    told = {page.name: sentences(page.read_text()) for page in pages}
    assert sum(map(len, told.values())) > 500
    assert [(name, one) for name, page in told.items() for one in page if len(one.split()) > 30] == []
    assert median(len(one.split()) for page in told.values() for one in page) <= 14
    words = [(page.name, word) for page in pages for word in PRIVATE if re.search(rf"(?i)\b{word}\b", page.read_text())]
    assert words == []
