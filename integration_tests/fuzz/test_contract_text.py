"""Hostile text in every string of real contracts: refused with the place named, or inert in every output."""

import copy
import json
import re
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from c360.contract import find_contracts
from c360.contract.document import read_document
from c360.contract.lint import lint
from c360.errors import Breach
from c360.generate import plan
from c360.generate.plan import Catalog
from c360.generate.write import _FOLDERS
from c360.policies import classifications

ROOT = Path(__file__).parents[2]
SECRET = "canary-4c1f"
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
FREE = {"description", "purpose", "usage", "limitations", "label", "username", "role", "channel", "url", "tool", "domain",
        "dataProduct", "tenant", "team", "examples", "tags", "scope", "driver"}  # fmt: skip
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
            return SECRET

        return called


def as_dbt(text: str, argument: bool) -> tuple[str, list[str]]:
    """What dbt's own rendering makes of a text of YAML, and what was called meanwhile."""
    from dbt.clients.jinja import get_rendered

    trap = Trap()
    if argument and re.match(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$", text):
        text = "{{ %s }}" % text
    return get_rendered(text, trap, native=argument), trap.called


OURS = re.compile(r"customer360_raw_schema|customer360\.loaded_at_query|target\.type|customer360_elementary")


def leaves(value: object):
    for found in places(value):
        yield found, at(value, found)


def is_inert(files: dict[str, str]) -> None:
    """No text of the files is run by dbt or Soda, but what we wrote to be run."""
    for path, text in files.items():
        assert any(path == f"{folder}/{Path(path).name}" for folder in _FOLDERS), path
        assert text.encode()
        first, _, rest = text.partition("\n")
        assert "Generated from contracts/" in first
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
            if (place[-1] in ("name", "loaded_at_query") and "data_tests" in place) or OURS.search(leaf):
                continue
            _, called = as_dbt(leaf, argument)
            own = {"to"} if argument else set()
            assert not called or place[-1] in own, (path, place, leaf, called)


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
            is_(table.get("identifier", table["name"]), dataset.table)
            trap = Trap()
            trap["var"] = lambda name, default: default
            from dbt.clients.jinja import get_rendered

            assert get_rendered(data["sources"][0]["schema"], trap) == dataset.schema
        for written, column in zip(table["columns"], dataset.columns, strict=True):
            is_(written["name"], column.physical_name)
            is_(written["description"], column.description)
            is_(written["config"]["meta"]["classification"], column.classification)
        checks = yaml.safe_load(files[f"soda_checks/{stem}.yml"])
        ((head, listed),) = checks.items()
        assert head == f"checks for {dataset.table}" or head == f'checks for "{dataset.table}"'
        assert [body["name"] for check in listed for body in check.values()] == [
            clause.id for clause in dataset.clauses if clause.scope != "contract"
        ]


def judged(folder: Path) -> tuple[Catalog, dict[str, str]] | Breach:
    try:
        catalog = Catalog.of(find_contracts(folder))
        return catalog, plan(catalog)
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
