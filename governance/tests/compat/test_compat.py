"""`c360 compat`: a folder of contracts in a real git repository, with whom its changes affect."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from c360.cli import main
from governance.tests.compat.examples import CONTRACT, GONE, edited

AMOUNT = "schema.0.properties.3"
WITHOUT = (AMOUNT, GONE)
CONSUMER = {"name": "crm", "contact": "#crm", "contract": "orders", "versions": "1.x", "columns": ["amount"]}


def write(root: Path, *documents, name="{version}.odcs.yaml"):
    for document in documents:
        file = root / "contracts" / "sources" / document["name"] / name.format(version=document["version"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document, sort_keys=False))


def consumer(root: Path, **others):
    said = CONSUMER | others
    file = root / "contracts" / "consumers" / f"{said['name']}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({key: value for key, value in said.items() if value is not GONE}))


def git(root: Path, *arguments: str) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True).stdout


def commit(root: Path, message="more"):
    git(root, "add", "--all")
    git(root, "commit", "-qm", message)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project whose branch `main` holds orders 1.0.0, and whose branch `work` stands on it."""
    root = tmp_path / "project"
    write(root, CONTRACT)
    (root / "c360.toml").write_text("")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    git(root, "checkout", "-qb", "work")
    monkeypatch.chdir(root)
    monkeypatch.delenv("C360_ROOT", raising=False)
    return root


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main(["compat", *arguments])
        told = capsys.readouterr()
        return stopped.value.code, told.out, told.err

    return run


def test_nothing_has_changed(root, run):
    assert run("--base", "main") == (0, "No contract changes.\n", "")
    assert run() == (0, "No contract changes.\n", "")


@pytest.mark.parametrize("committed", [False, True])
def test_a_break_without_a_major_step_fails_and_with_it_passes(root, run, committed):
    write(root, edited(WITHOUT, ("version", "1.1.0")))
    if committed:
        commit(root)
    code, out, err = run("--base", "main")
    assert code == 1 and "orders.amount" in out
    assert "orders 1.0.0 to 1.1.0: the changes need a major step, the version takes a minor step." in err
    (root / "contracts/sources/orders/1.1.0.odcs.yaml").unlink()
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    code, out, err = run("--base", "main")
    assert (code, err) == (0, "") and "Every step is enough." in out


def test_a_released_version_does_not_change_in_place(root, run):
    write(root, edited(("schema.0.description", "x")))
    code, _, err = run("--base", "main")
    assert code == 1 and "need a patch step, the version stays" in err


def test_a_draft_does(root, run):
    write(root, edited(("status", "draft")))
    commit(root)
    write(root, edited(WITHOUT))
    assert run("--base", "work")[0] == 0


def test_a_version_in_one_file_may_step_there(root, run):
    write(root, CONTRACT, name="orders.odcs.yaml")
    (root / "contracts/sources/orders/1.0.0.odcs.yaml").unlink()
    commit(root)
    assert run("--base", "main") == (0, "No contract changes.\n", ""), "a file that moves changes nothing"
    write(root, edited(WITHOUT, ("version", "1.0.1")), name="orders.odcs.yaml")
    assert run("--base", "HEAD")[0] == 1
    write(root, edited(WITHOUT, ("version", "2.0.0")), name="orders.odcs.yaml")
    assert run("--base", "HEAD")[0] == 0


def test_a_new_version_is_held_against_the_highest_one_below_it(root, run):
    wider = edited((AMOUNT + ".physicalType", "numeric(12,2)"), ("version", "1.2.0"))
    write(root, wider)
    commit(root)
    write(root, edited(("version", "1.10.0"), ("status", "draft")))
    code, out, err = run("--base", "HEAD")
    assert code == 1 and "orders 1.2.0 to 1.10.0" in err and "type narrowed" in out
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    (told,) = [one for one in json.loads(run("--base", "HEAD", "--json")[1]) if one["new"] == "2.0.0"]
    assert told["old"] == "1.2.0", "a draft is not what anybody reads"


def test_a_contract_that_goes_is_retired(root, run):
    write(root, edited(("name", "other"), ("id", "urn:other")))
    commit(root)
    (root / "contracts/sources/orders/1.0.0.odcs.yaml").unlink()
    code, out, err = run("--base", "HEAD")
    assert code == 1 and "retired without notice" in out + err
    sunset = {"property": "sunset", "value": "2020-01-31"}
    write(root, edited(("status", "deprecated"), ("customProperties.+", sunset)))
    commit(root)
    (root / "contracts/sources/orders/1.0.0.odcs.yaml").unlink()
    assert run("--base", "HEAD")[0] == 0


def test_what_the_branch_did_not_do_is_not_held_against_it(root, run):
    git(root, "checkout", "-q", "main")
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    commit(root)
    git(root, "checkout", "-q", "work")
    assert run("--base", "main") == (0, "No contract changes.\n", "")


def test_without_a_base_every_version_is_held_against_the_one_below(root, run):
    write(root, edited(WITHOUT, ("version", "1.1.0")), edited(WITHOUT, ("version", "2.0.0")))
    code, _, err = run()
    assert code == 1 and "orders 1.0.0 to 1.1.0" in err


def test_a_shallow_clone_says_what_to_fetch(root, run, tmp_path, monkeypatch):
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    commit(root)
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=work", f"file://{root}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    code, _, err = run("--base", "origin/main")
    assert code == 2 and "this clone is shallow" in err
    assert "git fetch --depth=1 origin main, then: c360 compat --base FETCH_HEAD" in err
    git(tmp_path / "shallow", "fetch", "-q", "--depth=1", "origin", "main")
    code, out, _ = run("--base", "FETCH_HEAD")
    assert code == 0 and "orders 1.0.0 to 2.0.0" in out


@pytest.mark.parametrize("base", ["nowhere", "--output=x", "-h", "", "HEAD:contracts", "../other", "main x", "main\nx"])
def test_what_is_no_commit_is_refused(root, run, base):
    before = sorted(root.rglob("*"))
    code, _, err = run(f"--base={base}")
    assert code == 2 and "there is no such commit" in err and "git fetch" in err
    assert sorted(root.rglob("*")) == before


def test_outside_of_git_it_says_so(root, run):
    (root / ".git").rename(root / "gone")
    code, _, err = run("--base", "main")
    assert code == 2 and "is in no git repository" in err


def test_links_in_history_are_not_followed(root, run, tmp_path):
    (tmp_path / "secret.odcs.yaml").write_text("password: x\n")
    link = root / "contracts" / "sources" / "link.odcs.yaml"
    link.symlink_to(tmp_path / "secret.odcs.yaml")
    commit(root)
    link.unlink()
    assert run("--base", "HEAD") == (0, "No contract changes.\n", "")


def test_git_of_a_hook_is_not_taken_for_this_one(root, run, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert run("--base", "main")[0] == 0


def test_a_consumer_that_breaks_has_to_agree(root, run):
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    consumer(root)
    code, out, err = run("--base", "main")
    assert code == 1 and "crm" in out and "not acknowledged" in out
    assert "breaks crm, first" in err and "Ask #crm" in err
    assert "acknowledged: [{version: 2.0.0" in err
    consumer(root, acknowledged=[{"version": "2.0.0", "by": "ann", "date": "2026-01-01"}])
    code, out, _ = run("--base", "main")
    assert code == 0 and "acknowledged by ann on 2026-01-01" in out


def test_a_draft_waits_for_its_release_and_then_for_its_consumers(root, run):
    consumer(root)
    write(root, edited(WITHOUT, ("version", "2.0.0"), ("status", "draft")))
    code, out, _ = run("--base", "HEAD")
    assert code == 0 and "due when the draft is released" in out
    commit(root)
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    code, _, err = run("--base", "HEAD")
    assert code == 1 and "orders 2.0.0 breaks crm" in err


def test_the_clock_can_be_set(root, run):
    sunset = {"property": "sunset", "value": "2030-01-31"}
    write(root, edited(("status", "deprecated"), ("customProperties.+", sunset)))
    commit(root)
    write(root, edited(("status", "retired"), ("customProperties.+", sunset)))
    assert run("--base", "HEAD", "--as-of", "2030-01-30")[0] == 1
    assert run("--base", "HEAD", "--as-of", "2030-01-31")[0] == 0


@pytest.mark.parametrize(
    ("others", "enough"),
    [
        ({"acknowledged": [{"version": "3.0.0", "by": "ann", "date": "2026-01-01"}]}, False),
        ({"acknowledged": [{"version": "2.0.0", "by": "ann", "date": "9999-01-01"}]}, False),
        ({"waivers": [{"version": "2.0.0", "by": "ann", "until": "2020-01-01"}]}, False),
        ({"waivers": [{"version": "2.0.0", "by": "ann", "until": "9999-01-01"}]}, True),
        ({"columns": ["kind"]}, True),
        ({"columns": ["orders.amount"]}, False),
        ({"columns": GONE}, False),
        ({"versions": "2.x", "columns": ["kind"]}, True),
        ({"versions": "<2"}, False),
    ],
)
def test_who_is_hit_and_who_has_agreed(root, run, others, enough):
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    consumer(root, **others)
    assert run("--base", "main")[0] == (0 if enough else 1)


def test_a_change_of_all_hits_everybody(root, run):
    write(root, edited(("slaProperties.0", GONE), ("version", "2.0.0")))
    consumer(root, columns=["kind"])
    code, _, err = run("--base", "main")
    assert code == 1 and "breaks crm" in err


def test_a_column_that_is_renamed_hits_who_knows_its_old_name(root, run):
    write(root, edited(("schema.0.properties.4.name", "things"), ("version", "2.0.0")))
    consumer(root, columns=["items"])
    assert run("--base", "main")[0] == 1
    consumer(root, columns=["kind"])
    assert run("--base", "main")[0] == 0


def test_the_comment_tells_who_is_hit(root, run):
    write(root, edited(("schema.0.properties.1.classification", "public"), ("version", "2.0.0")))
    consumer(root, columns=["buyer"], contact="@ann | x")
    code, out, _ = run("--base", "main", "--format", "markdown")
    assert code == 1
    assert "| break | break | classification lowered |" in out and "`pii_direct`" in out
    assert "| `crm` | <code>&#64;ann &#124; x</code> |" in out
    assert json.loads(run("--base", "main", "--json")[1])[0]["hits"][0]["consumer"] == "crm"
