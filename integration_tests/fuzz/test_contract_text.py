"""Hostile text in every string of real contracts: refused with the place named, or inert in every output."""

import copy
import json
import os
import re
import shutil
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from c360.cli import main
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.document import read_document
from c360.database import connect
from c360.engine.postgres.soda import no_telemetry
from c360.errors import Breach
from c360.generate import plan, target_of, write
from c360.ledger.tables import prepare
from c360.lint.lint import lint
from c360.project import Project
from c360.publish.pages import write_pages
from c360.report.site import write_site
from c360.settings import load

ROOT = Path(__file__).parents[2]
OURS = target_of(load({"C360_ROOT": str(ROOT)}))
CANARY = "canary-4c1f"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILES = (
    "sources/contacts/1.0.0.odcs.yaml",
    "sources/transactions/1.0.0.odcs.yaml",
    "products/customers/1.1.0.odcs.yaml",
)
PIECES = (
    "{{ env_var('C360_CANARY') }}", "env_var('C360_CANARY')", "{% set x = 1 %}", "{% raw %}", "{# gone #}", "}}", "%}",
    "{{", "${NOW}", "${C360_CANARY}", "${env_var('C360_CANARY')}", "\n- evil: 1\n", "\r\nevil: 1", "\r", "'", '"', "\\",
    "\\'", "<script>alert(1)</script>", '" onload="alert(1)', "javascript:alert(1)", "../../outside", "/", "\x00",
    "\x1b[31m\x1b]0;owned\x07", "\x9b2J", "\u2028- evil: 1", "\u202egnirts", "\ufeff", "\ud800", "'; drop table x; --",
    "- x: {y: 1}", "!!python/object:os.system x", "*anchor", "null", "# no", "@x", "__relation__", "__now__", "é✓", "",
    " ", "a" * 300, "%s", "$$", "{table}", "| cat", "`id`",
)  # fmt: skip
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u202e\ufeff\ud800]")
TEXT = st.one_of(
    st.sampled_from(PIECES),
    st.lists(st.sampled_from(PIECES), min_size=2, max_size=4).map("".join),
    st.text("{}%#$'\"\\\n\r\t <>&:-é\u2028\x1b", max_size=12),
)


def real() -> dict[str, dict]:
    """The contracts that are attacked, by file; with anomalies, enums, references, SLAs and rules among them."""
    return {name: read_document(ROOT / "contracts" / name) for name in FILES}


def places(value: object, place: tuple = ()) -> list[tuple]:
    """Where every string of a document stands."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in places(inner, (*place, key))]
    if isinstance(value, list):
        return [found for i, inner in enumerate(value) for found in places(inner, (*place, i))]
    return [place] if isinstance(value, str) else []


REAL = real()
PLACES = [(file, place) for file, document in REAL.items() for place in places(document)]
FREE = {"description", "purpose", "usage", "limitations", "label", "username", "role", "channel", "url", "tool",
        "domain", "dataProduct", "tenant", "team", "examples", "tags", "scope", "driver"}  # fmt: skip
"""Parts of a contract that are for people: text in them is never refused, except for what no database takes."""


def put(documents: dict[str, dict], file: str, place: tuple, text: str) -> None:
    at(documents[file], place[:-1])[place[-1]] = text


def at(document: object, place: tuple) -> str:
    for step in place:
        document = document[step]
    return document


def saved(documents: dict[str, dict], folder: Path) -> Path:
    """As a contracts folder, in YAML that reads as exactly these documents."""
    for name, document in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML, and has an escape for everything
    return folder


class Trap(dict):
    """dbt's context, in which every call is on record; what Jinja itself knows is harmless."""

    def __init__(self) -> None:
        self.called: list[str] = []
        names = ("env_var", "var", "ref", "source", "doc", "run_query", "execute", "adapter", "target", "this", "x")
        super().__init__({name: self._recorder(name) for name in names if name not in ("target", "this")})

    def _recorder(self, name: str):
        def called(*arguments: object, **named: object) -> str:
            self.called.append(f"{name}{arguments}")
            return CANARY

        return called


def as_dbt(text: str, argument: bool) -> tuple[str, list[str]]:
    """What dbt's own rendering makes of a text of YAML, and what was called meanwhile."""
    from dbt.clients.jinja import get_rendered

    trap = Trap()
    if argument and re.match(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$", text):
        text = "{{ %s }}" % text
    return get_rendered(text, trap, native=argument), trap.called


RUN = re.compile(
    r"customer360_raw_schema|customer360_gate|customer360\.loaded_at_query|target\.type|customer360_elementary"
)


OF_A_SOURCE = re.compile(r"var\('customer360_\w+_(database|schema|identifier|enabled|tests)', .*\)", re.DOTALL)
"""Variables that say where a source lies. What a contract says is their default, and no template."""


def leaves(value: object):
    for found in places(value):
        yield found, at(value, found)


def is_inert(files: dict[str, str]) -> None:
    """No text of the files is run by dbt or Soda, but what we wrote to be run."""
    for path, text in files.items():
        assert any(path == f"{folder}/{Path(path).name}" for folder in OURS.folders), path
        assert text.encode()
        assert "Generated from " in text.partition("\n")[0]
        if not path.endswith(".yml"):
            continue
        data = yaml.safe_load(text)
        for place, leaf in leaves(data):
            if path.startswith("soda_checks"):
                assert set(re.findall(r"\$\{[^}]*\}?|\{[%#]", leaf)) <= {"${NOW}"}, (path, place)
                continue
            argument = "arguments" in place
            if place[-2:] == ("meta", "clause") and "data_tests" in place:
                assert not re.search(r"\{[{%#]|\r", leaf)  # where dbt renders nothing
                continue
            if (place[-1] in ("name", "loaded_at_query") and "data_tests" in place) or RUN.search(leaf):
                continue
            _, called = as_dbt(leaf, argument)
            own = {"to"} if argument else set()
            ours = all(OF_A_SOURCE.fullmatch(one) for one in called)
            assert ours or place[-1] in own, (path, place, leaf, called)


def text_back(catalog: Catalog, files: dict[str, str]) -> None:
    """What dbt shows is what the contracts say."""
    for contract, dataset in catalog.pairs():
        stem = "".join(ch if ch.isalnum() or ch in "-_" else "_" for ch in dataset.name)
        data = yaml.safe_load(files[f"dbt_package/models/contracts/{stem}.yml"])
        (table,) = data["sources"][0]["tables"] if "sources" in data else data["models"]

        def is_(written: str, said: str) -> None:
            assert as_dbt(written, False) == (said, [])

        is_(table["description"], dataset.description)
        is_(table["config"]["meta"]["owner"], contract.team)
        is_(table["config"]["meta"]["contract"], contract.name)
        if "sources" in data:
            is_(data["sources"][0]["name"], contract.system)
            is_(table["name"], dataset.name)
            trap = Trap()
            trap["var"] = lambda name, default: default
            from dbt.clients.jinja import get_rendered

            assert get_rendered(data["sources"][0]["schema"], trap) == dataset.schema
            assert get_rendered(table["identifier"], trap) == dataset.table
        for written, column in zip(table["columns"], dataset.columns, strict=True):
            is_(written["name"], column.physical_name)
            is_(written["description"], column.description)
            is_(written["config"]["meta"]["classification"], column.classification)
        checks = yaml.safe_load(files[f"soda_checks/{stem}.yml"])
        ((head, listed),) = checks.items()
        assert head == f"checks for {dataset.table}" or head == f'checks for "{dataset.table}"'
        assert [body["name"] for check in listed for body in check.values()] == [
            clause.id for clause in dataset.clauses if not clause.absent("verify")
        ]


def judged(folder: Path) -> tuple[Catalog, dict[str, str]] | Breach:
    try:
        catalog = Catalog.of(find_contracts(folder))
        return catalog, plan(catalog, OURS)
    except Breach as error:
        return error


@given(attacks=st.lists(st.tuples(st.sampled_from(PLACES), TEXT, st.booleans()), min_size=1, max_size=4))
def test_text_is_refused_or_inert(tmp_path_factory, attacks):
    documents = copy.deepcopy(REAL)
    for (file, place), text, whole in attacks:
        put(documents, file, place, text if whole else at(REAL[file], place) + text)
    folder = saved(documents, tmp_path_factory.mktemp("fuzz") / "contracts")
    outcome = judged(folder)
    if isinstance(outcome, Breach):
        found = lint(folder, classifications())
        assert found and all(one.line >= 1 for one in found), f"generate refuses what lint lets pass: {outcome}"
        assert not UNSEEN.search(outcome.message), repr(outcome.message)
        for_people = all(FREE & set(map(str, place)) for (_, place), _, _ in attacks)
        texts = "".join(text for _, text, _ in attacks)
        assert not for_people or re.search("[\x00\ud800]", texts), f"text for people was refused: {outcome}"
    else:
        is_inert(outcome[1])
        text_back(*outcome)


def hostile(number: int) -> str:
    """Every piece that a text for people may hold, in one text; told apart by its number."""
    return f"{number}:" + " ".join(piece for piece in PIECES if not re.search("[\x00\ud800]", piece)) + f" :{number}"


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    """Contracts with hostile text in every string for people, and in names as far as names may go."""
    documents = copy.deepcopy(REAL)
    for number, (file, place) in enumerate(PLACES):
        if FREE & set(map(str, place)):
            put(documents, file, place, hostile(number))
    for file, system in zip(FILES[:2], ("web/shop ☃ }} %}", "web_shop"), strict=True):
        custom = next(c for c in documents[file]["customProperties"] if c["property"] == "system")
        custom["value"] = system
    people, purchases = (documents[file]["schema"][0]["properties"] for file in FILES[:2])
    for prop, name in zip((*people[1:3], *purchases[1:5]), ODD, strict=True):
        prop["physicalName"] = name
    purchases[5]["enum"] = [{"value": hostile(n), "id": f"v{n}"} for n in range(3)]
    documents.pop(FILES[2])
    folder = saved(documents, tmp_path_factory.mktemp("everywhere") / "contracts")
    catalog = Catalog.of(find_contracts(folder))
    return catalog, plan(catalog, OURS), folder


ODD = ("it's", "env_var('C360_CANARY')", "back\\slash", "x; --", "a.b }}", "$1 {x}")


def test_files_lie_where_they_are_planned(everywhere):
    catalog, files, folder = everywhere
    is_inert(files)
    text_back(catalog, files)
    root = folder.parent / "project"
    write(files, root, OURS.folders)
    assert {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} == set(files)
    assert {path.name for path in folder.parent.iterdir()} == {"contracts", "project"}


def test_dbt_shows_the_text_and_runs_none(everywhere, tmp_path):
    """A real `dbt parse`, in process: what its manifest says is what the contracts say."""
    from dbt.cli.main import dbtRunner

    catalog, files, _ = everywhere
    write(files, tmp_path / "made", OURS.folders)
    (tmp_path / "models").mkdir()
    (tmp_path / "macros").mkdir()
    for path in (tmp_path / "made").rglob("*.yml"):
        if "models" in path.parts:
            shutil.copy(path, tmp_path / "models" / f"{path.parent.name}_{path.name}")
    shutil.copy(tmp_path / "made/dbt_package/macros/contracts/contract_enum.sql", tmp_path / "macros")
    (tmp_path / "packages.yml").write_text(f"packages:\n  - local: {ROOT / 'dbt_package'}\n")
    (tmp_path / "dbt_project.yml").write_text(
        "name: scratch\nversion: 1.0.0\nconfig-version: 2\nprofile: customer360\n"
    )
    shutil.copy(ROOT / "integration_tests/profiles.yml", tmp_path)
    environment = {
        "C360_CANARY": CANARY, "DBT_PROJECT_DIR": str(tmp_path), "DBT_PROFILES_DIR": str(tmp_path),
        "DBT_LOG_LEVEL": "none", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_LOG_PATH": str(tmp_path),
        "PGHOST": "nowhere", "PGUSER": "nobody", "PGDATABASE": "none", "PGPASSWORD": "none",
    }  # fmt: skip
    with mock.patch.dict(os.environ, environment):
        assert dbtRunner().invoke(["deps", "--quiet"]).success
        answer = dbtRunner().invoke(["parse", "--no-partial-parse"])
    assert answer.success, answer.exception
    assert CANARY not in (tmp_path / "target/manifest.json").read_text()
    assert CANARY not in "".join(path.read_text(errors="replace") for path in tmp_path.glob("*.log"))
    sources = {
        (source["source_name"], source["name"]): source
        for source in json.loads((tmp_path / "target/manifest.json").read_text())["sources"].values()
        if source["package_name"] == "scratch" and source["source_name"] != "gate"
    }
    assert sources
    for contract, dataset in catalog.pairs():
        source = sources.pop((contract.system, dataset.name))
        assert source["description"] == dataset.description
        assert source["meta"]["owner"] == contract.team
        assert source["schema"] == dataset.schema and source["identifier"] == dataset.table
        assert {name: column["description"] for name, column in source["columns"].items()} == {
            column.physical_name: column.description for column in dataset.columns
        }
    assert not sources


def test_soda_keeps_the_text_and_runs_none(everywhere, tmp_path):
    """Soda's own parser, and its own templates, which it fills in when a check is read and once more when it is run."""
    from soda.scan import Scan

    no_telemetry(tmp_path)
    catalog, files, _ = everywhere
    with mock.patch.dict(os.environ, {"C360_CANARY": CANARY}):
        for _, dataset in catalog.pairs():
            run = Scan()
            run.disable_telemetry()
            run.set_data_source_name("gate")
            run.add_variables({"NOW": "2026-03-01"})
            run.add_sodacl_yaml_str(files[f"soda_checks/{dataset.name}.yml"])
            assert not run.has_error_logs(), run.get_error_logs_text()
            (cfg,) = run._sodacl_cfg.data_source_scan_cfgs["gate"].tables_cfgs.values()
            checks = [check for partition in cfg.partition_cfgs for check in partition.check_cfgs]
            checks += [c for p in cfg.partition_cfgs for col in p.column_checks_cfgs.values() for c in col.check_cfgs]
            names = {run.jinja_resolve(check.name) for check in checks}
            held = {c.id for c in dataset.clauses if not c.absent("verify")}
            assert names == held
            for check in checks:
                written = check.metric_expression or check.metric_query
                filled = run.jinja_resolve(run.jinja_resolve(written))
                assert filled == written.replace("${NOW}", "2026-03-01") and CANARY not in filled


class Page(HTMLParser):
    """What a browser would act on: tags, and attributes with what they lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.scripts, self.acts, self.links, self.text = 0, [], [], ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.acts += [(tag, name) for name, _ in attrs if name.startswith("on")] + [tag] * (tag in ("iframe", "base"))
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data):
        self.text += data


def are_harmless(pages: dict[str, Page], clean: dict[str, Page]) -> None:
    assert pages.keys() == clean.keys()
    for name, page in pages.items():
        assert (page.scripts, page.acts) == (clean[name].scripts, clean[name].acts), name
        assert all(re.match(r"(https?:|mailto:|data:,$|[^:]*$)", link) for link in page.links), page.links
        assert "<script>alert(1)</script>" in page.text, f"{name} does not show the text"


def test_pages_show_the_text_as_text(everywhere, tmp_path):
    catalog, _, _ = everywhere
    sound = find_contracts(ROOT / "contracts")
    write_pages(catalog.contracts, tmp_path / "pages")
    write_pages([c for c in sound if c.layer == "sources"], tmp_path / "clean")
    made, clean = ({path.name: Page(path) for path in (tmp_path / name).iterdir()} for name in ("pages", "clean"))
    are_harmless(made, clean)
    assert {path.name for path in tmp_path.iterdir()} == {"pages", "clean"}


def test_the_owner_page_shows_the_text_as_text(everywhere, database, tmp_path):
    catalog, _, folder = everywhere
    connection = connect(database)
    prepare(connection)
    sound = Catalog.of(c for c in find_contracts(ROOT / "contracts") if c.layer == "sources")
    write_site(Project(database, catalog, folder), connection, tmp_path / "owners", NOW)
    write_site(Project(database, sound, ROOT / "contracts"), connection, tmp_path / "clean", NOW)
    connection.close()
    made, clean = (
        {path.relative_to(tmp_path / name).as_posix(): Page(path) for path in (tmp_path / name).rglob("*.html")}
        for name in ("owners", "clean")
    )
    are_harmless(made, clean)


@pytest.mark.parametrize("arguments", [["lint"], ["lint", "--json"], ["coverage"], ["coverage", "--json"]])
@pytest.mark.parametrize("place", ["name", "schema.0.name", "schema.0.quality.0.id", "version", "status", "nowhere"])
def test_nothing_of_a_contract_acts_on_the_terminal(tmp_path, capsys, arguments, place):
    documents = copy.deepcopy(REAL)
    steps = tuple(int(step) if step.isdigit() else step for step in place.split("."))
    put(documents, FILES[0], steps, "a\x1b]0;owned\x07\x9b31m\r\u202eb")
    if place == "nowhere":
        documents[FILES[0]]["\x1b[31m"] = 1
    folder = saved(documents, tmp_path / "contracts")
    given_ = ["--contracts", str(folder)] if arguments[0] != "lint" else [str(folder)]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, *given_])
    told = capsys.readouterr()
    assert ended.value.code in (0, 1) and "unforeseen" not in told.err
    assert not UNSEEN.search((told.out + told.err).replace("\n", "")), repr(told)
