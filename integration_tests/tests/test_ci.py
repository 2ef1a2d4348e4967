"""The files of CI: what GitHub runs is what `make ci` runs here, for this project and, by the action, for others."""

import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import c360
from c360.contract import find_contracts

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
USES = re.compile(r"uses: (\S+)(.*)")
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
BIN = Path(sys.executable).parent


def workflow(name):
    return yaml.safe_load((ROOT / ".github/workflows" / name).read_text(encoding="utf-8"))


def steps(job):
    """What a job of contracts.yml runs, set-up left out."""
    found = [step["run"] for step in workflow("contracts.yml")["jobs"][job]["steps"] if "run" in step]
    return [line for line in found if line != "make setup"]


def recipe():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.search(r"^ci: \$\(READY\).*\n((?:\t.*\n)+)", text, re.MULTILINE)[1].splitlines()
    return [line[1:].replace("$(C360)", ".venv/bin/c360").replace("$$", "$") for line in lines if line[1] != "@"]


def test_what_the_workflow_runs_is_what_make_ci_runs():
    assert len(recipe()) > 8
    assert steps("contracts") == recipe()


def test_datacontract_is_asked_about_every_current_contract():
    asked = [line.split()[2] for line in steps("datacontract") if "datacontract test" in line]
    current = find_contracts(ROOT / "contracts")
    assert sorted(asked) == sorted(str(contract.path.relative_to(ROOT)) for contract in current)
    assert [line for line in steps("datacontract") if "datacontract test" not in line] == [
        line for line in recipe() if re.search(r" (fake|ingest|build)\b", line)
    ]


def test_actions_are_pinned_by_commit_and_say_which_version_that_is():
    scaffold = ROOT / "governance/src/c360/scaffold/project/workflow.yml"
    used = [match for path in (*WORKFLOWS, ROOT / "action.yml", scaffold) for match in USES.findall(path.read_text())]
    assert len(used) > 10
    for action, comment in used:
        assert PINNED.fullmatch(action) and re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    assert len({action.partition("@")[0] for action, _ in used}) == len({action for action, _ in used})


def test_nothing_of_others_is_pasted_into_a_script():
    """An expression in `run:` is text that the shell reads: a branch may be named so that it runs."""
    jobs = [job for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values()]
    scripts = [step.get("run", "") for job in jobs for step in job["steps"]]
    scripts += [step.get("run", "") for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]]
    assert scripts and not [script for script in scripts if "${{" in script]


def test_every_target_that_a_workflow_makes_is_there():
    makefile = (ROOT / "Makefile").read_text()
    for path in WORKFLOWS:
        for target in re.findall(r"\bmake ([\w-]+)", path.read_text()):
            assert re.search(rf"^{target}\b.*:", makefile, re.MULTILINE), target


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """What git knows of this project, committed in a repository of its own, with the environment of this one."""
    root = tmp_path_factory.mktemp("ci") / "project"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    (root / ".venv").symlink_to(BIN.parent)
    git(root, "init", "-q")
    commit(root)
    yield root
    subprocess.run([BIN / "c360", "db", "stop"], cwd=root, env=env(C360_HOME=str(root / ".c360/ci")), check=False)


def git(root, *arguments):
    return subprocess.run(["git", *arguments], cwd=root, env=env(), capture_output=True, text=True, check=True).stdout


def commit(root):
    git(root, "add", "--all")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x")


def env(**others):
    """The environment without what belongs to git, databases and CI around these tests."""
    ours = ("BASE", "C360", "COMMENT", "DATACONTRACT", "DBT_", "GIT", "MAKE", "MFLAGS", "PG", "SERVER", "TAG")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return (
        kept | {"NO_COLOR": "1", "PATH": f"{BIN}{os.pathsep}{kept['PATH']}", "GIT_CONFIG_GLOBAL": os.devnull} | others
    )


def shell(root, command, **others):
    return subprocess.run(
        ["sh", "-c", command], cwd=root, env=env(**others), capture_output=True, text=True, check=False
    )


MAKE = "make --old-file=.venv/.complete"


def test_make_ci_holds_and_datacontract_agrees(copy):
    home = str(copy / ".c360/ci")
    without_elementary = str(copy / "none")  # it has tests of its own
    done = shell(copy, f"{MAKE} ci BASE=HEAD", C360_DBT_PACKAGES=without_elementary)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    asked = [line for line in steps("datacontract") if "datacontract test" in line]
    done = shell(copy, f'eval "$(c360 db env)" && {" && ".join(asked)}', C360_HOME=home)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    told = re.findall("^(?:🟢 Data contract is valid|🟠 Data contract has warnings)", done.stdout, re.MULTILINE)
    assert len(told) == len(asked), done.stdout[-2000:]
    warned = re.findall(r"^\d+\) ((?:.+\n)+)", done.stdout, re.MULTILINE)
    no_schema = re.compile(r"is not checked: the contract has no schema \w+\.")  # what lies in another contract
    assert all(no_schema.search(" ".join(warning.split())) for warning in warned), warned


def test_one_byte_of_a_released_contract_fails_make_ci_with_the_remedy(copy):
    file = copy / "contracts/sources/contacts/1.0.0.odcs.yaml"
    text = file.read_text()
    try:
        file.write_text(text + "\n")
        done = shell(copy, f"{MAKE} ci BASE=HEAD", GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(copy))
    finally:
        file.write_text(text)
    assert done.returncode != 0 and "1.0.0, released on 2026-11-23, has changed" in done.stdout
    assert "git checkout -- " in done.stdout and "write the change into the next version" in done.stdout
    assert "::error file=contracts/sources/contacts/1.0.0.odcs.yaml,line=1::1.0.0, released on" in done.stderr


def test_a_release_is_a_wheel_with_pages_changes_and_checksums(copy):
    done = shell(copy, f"{MAKE} release TAG={c360.__version__}")
    assert done.returncode == 0, done.stderr[-2000:]
    dist = copy / "dist"
    sums = dict(reversed(line.split()) for line in (dist / "SHA256SUMS").read_text().splitlines())
    wheel = f"customer360_governance-{c360.__version__}-py3-none-any.whl"
    assert set(sums) == {wheel, "contracts.tar.gz", "CHANGES.md"}
    assert all(hashlib.sha256((dist / name).read_bytes()).hexdigest() == told for name, told in sums.items())
    changes = (dist / "CHANGES.md").read_text()
    assert "Breaking schema changes: " in changes and "## [" not in changes and "1.3.0" not in changes
    done = shell(copy, f"{MAKE} release TAG=0.0.1")
    assert done.returncode != 0 and "The version here is not TAG=0.0.1." in done.stderr


@pytest.fixture
def other(tmp_path):
    """A project of somebody else, and what the action runs in it."""
    root = tmp_path / "other"
    done = shell(tmp_path, f"c360 init --example {root}")
    assert done.returncode == 0, done.stderr
    assert shell(root, "c360 release --all && c360 generate").returncode == 0
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def act(root, **others):
    script = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][-1]["run"]
    given = {"GITHUB_ACTION_PATH": str(ROOT), "C360": str(BIN / "c360"), "GITHUB_ACTIONS": "true"}
    return shell(root, script, **given | others)


def test_the_action_finds_what_breaks_others(other, tmp_path):
    told = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    done = act(other, BASE="main", **told)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "summary.md").read_text() == "No contract changes.\n"
    (file,) = (other / "contracts").glob("*/*/*.odcs.yaml")
    text = file.read_text()
    file.write_text(text.replace("status: active", "status: active # as ever"))
    done = act(other, BASE="main", **told)
    assert done.returncode == 1
    assert "generated files are as the contracts ask" in done.stdout, "all steps run"
    file.write_text(text.replace("physicalType: integer", "physicalType: text"))
    done = act(other, BASE="main", **told)
    assert done.returncode == 1 and "Generated files differ" in done.stderr + done.stdout
    set_last = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert set_last["grade"] == "major" and set_last["breaking"] == "true"
    declared = yaml.safe_load((ROOT / "action.yml").read_text())["outputs"]
    assert declared.keys() == set_last.keys()
    assert all(one["value"] == f"${{{{ steps.contracts.outputs.{name} }}}}" for name, one in declared.items())


def test_every_step_of_the_action_runs_and_the_worst_code_counts(tmp_path):
    fake = tmp_path / "c360"
    fake.write_text('#!/bin/sh\necho "$@"\n[ "$1" = lint ] && exit 2\n[ "$1" = compat ] && exit 1\nexit 0\n')
    fake.chmod(0o755)
    done = act(tmp_path, C360=str(fake), BASE="main", COMMENT="true", DATACONTRACT="a.yaml\n\nb.yaml")
    assert done.stdout == "lint\ngenerate --check\ncompat --base main --comment\n"
    assert done.returncode == 2 and done.stderr.count("datacontract") == 2, "it has no datacontract beside it"
    fake.write_text('#!/bin/sh\n[ "$1" = generate ] && exit 1\nexit 0\n')
    assert act(tmp_path, C360=str(fake)).returncode == 1


def test_what_is_no_valid_contract_is_annotated_once(other):
    (file,) = (other / "contracts").glob("*/*/*.odcs.yaml")
    file.write_text(file.read_text().replace("physicalType: integer", "physicalType: 7"))
    done = act(other, GITHUB_WORKSPACE=str(other))
    errors = [line for line in done.stderr.splitlines() if line.startswith("::error")]
    assert len(errors) == len(set(errors)) and all("file=contracts/" in error for error in errors), errors
    assert done.returncode == 1


def test_the_action_asks_datacontract(other):
    done = act(other, DATACONTRACT="contracts/none.yaml\n", SERVER="local; echo no")
    assert done.returncode != 0 and "contracts/none.yaml" in done.stdout + done.stderr


@pytest.fixture
def light(tmp_path):
    """A folder with the packages of requirements/contracts.txt, and no other."""
    folder = tmp_path / "light"
    folder.mkdir()
    for name in re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements/contracts.txt").read_text()):
        for file in importlib.metadata.distribution(name).files:
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (folder / top).exists():
                (folder / top).symlink_to(importlib.metadata.distribution(name).locate_file(top))
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint"],
        ["lint", "--format", "sarif"],
        ["compat", "--base", "main", "--format", "junit"],
        ["generate", "--check"],
    ],
    ids=" ".join,
)
def test_the_action_and_the_hooks_install_what_they_need(other, light, arguments):
    paths = [str(light), str(ROOT / "governance/src")]
    program = f"import sys; sys.path += {paths!r}\nfrom c360.cli import main\nmain({arguments!r})"
    (light / "customer360_governance-1.dist-info").mkdir()
    (light / "customer360_governance-1.dist-info/METADATA").write_text("Name: customer360-governance\nVersion: 1\n")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], cwd=other, env=env(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def tools():
    """The environment of `make workflows`."""
    done = subprocess.run([sys.executable, "requirements/environment.py", ".venv-ci", "requirements/ci.txt"], cwd=ROOT)
    assert done.returncode == 0
    return ROOT / ".venv-ci/bin"


def test_a_commit_that_changes_a_contract_is_linted_and_generated(copy, tools):
    file = copy / "contracts/sources/contacts/1.0.0.odcs.yaml"
    text = file.read_text()
    try:
        file.write_text(text.replace("status: active", "status: draft"))
        git(copy, "add", "--all")
        home = copy / ".pre-commit"
        done = shell(copy, f"{tools}/pre-commit run --verbose", PRE_COMMIT_HOME=str(home))
    finally:
        git(copy, "checkout", "-q", "HEAD", "--", str(file))
    assert done.returncode != 0 and re.search(r"c360 lint\.+Failed", done.stdout), done.stdout + done.stderr
    assert "has changed; put it back" in done.stdout


def test_hooks_for_others_install_themselves(copy, other, tools):
    """As pre-commit does for another repository: it clones this one, and installs it into an environment of its own."""
    commit_of = git(copy, "rev-parse", "HEAD").strip()
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    config = {"repos": [{"repo": f"file://{copy}", "rev": commit_of, "hooks": [{"id": hook["id"]} for hook in hooks]}]}
    (other / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (file,) = (other / "contracts").glob("*/*/*.odcs.yaml")
    text = file.read_text()
    git(other, "add", "--all")
    home = str(copy / ".pre-commit-of-others")
    bare = {
        "PRE_COMMIT_HOME": home,
        "PYTHONPATH": "",
        "PATH": os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != str(BIN)),
    }
    done = shell(other, f"{tools}/pre-commit run --all-files --verbose", **bare)
    assert done.returncode == 0 and "Valid: 1 contract" in done.stdout, done.stdout + done.stderr
    file.write_text(text.replace("status: active", "status: 7"))
    done = shell(other, f"{tools}/pre-commit run --all-files", **bare)
    assert done.returncode != 0 and re.search(r"c360 lint\.+Failed", done.stdout), done.stdout


def test_hooks_for_others_call_commands_that_are_there():
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        assert hook["entry"].removeprefix("c360 ") in ("lint", "generate") and re.compile(hook["files"]).search(
            "contracts/sources/contacts/1.0.0.odcs.yaml"
        )


def test_a_scheduled_job_without_its_secret_fails():
    """Every step that reads a secret is run without one: it ends with 2, says what to set, and runs nothing else."""
    scheduled = [
        path for path in WORKFLOWS if "schedule" in workflow(path.name).get(True, {})
    ]  # YAML reads `on` as true
    jobs = [job for path in scheduled for job in workflow(path.name)["jobs"].values() if "secrets." in f"{job}"]
    assert jobs
    for job in jobs:
        (secret,) = (name for name, held in job["env"].items() if "secrets." in held)
        (script,) = (step["run"] for step in job["steps"] if "run" in step)
        ended = subprocess.run(
            ["bash", "-ec", script], env={secret: "", "PATH": os.defpath}, capture_output=True, text=True
        )
        assert ended.returncode == 2 and f"::error::Nothing was checked. Set the secret {secret}" in ended.stdout
