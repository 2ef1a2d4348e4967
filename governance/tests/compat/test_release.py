"""Release, deprecate, retire: what each demands and writes, and that the next run ends what was killed."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from c360.cli import main
from c360.contract.lock import LOCK, read_lock
from c360.folders import replace_file
from governance.tests.compat.examples import GONE
from governance.tests.compat.examples import edited as changed
from governance.tests.compat.test_compat import WITHOUT, consumer, write

STANDARD = ("schema.0.properties.1.logicalTypeOptions", GONE)
"""The example has an enum where older versions of the standard had it."""
FIRST, SECOND = "sources/orders/1.0.0.odcs.yaml", "sources/orders/2.0.0.odcs.yaml"


def edited(*edits):
    return changed(STANDARD, *edits)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project with orders 1.0.0, released, and the draft 2.0.0, which drops a column."""
    root = tmp_path / "project"
    write(root, edited(), edited(WITHOUT, ("version", "2.0.0"), ("status", "draft")))
    (root / "c360.toml").write_text("")
    monkeypatch.chdir(root)
    monkeypatch.delenv("C360_ROOT", raising=False)
    return root


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main([*arguments, "--as-of", "2026-06-01"])
        told = capsys.readouterr()
        return stopped.value.code, told.out, told.err

    return run


def said(root, path):
    document = yaml.safe_load((root / "contracts" / path).read_text())
    custom = {entry["property"]: entry["value"] for entry in document["customProperties"]}
    return document["status"], custom.get("sunset"), custom.get("replacement")


def locked(root):
    return {path: entry.day for path, entry in read_lock(root / "contracts").items()}


def lints(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["lint", *arguments])
    return stopped.value.code, capsys.readouterr().out


def end(run):
    return run("deprecate", "orders@1.0.0", "--sunset", "2026-07-01", "--replacement", "2.0.0")


def test_a_draft_becomes_active_and_is_locked(root, run, capsys):
    assert run("release", "orders") == (0, "orders 2.0.0 is released.\n", "")
    assert said(root, SECOND)[0] == "active" and locked(root) == {SECOND: date(2026, 6, 1)}
    before = (root / "contracts" / LOCK).read_bytes()
    assert run("release", "orders@2.0.0") == (0, "orders 2.0.0 is released already.\n", "")
    assert (root / "contracts" / LOCK).read_bytes() == before
    code, out = lints(capsys)
    assert code == 0 and "1.0.0.odcs.yaml" in out and "[not-locked]" in out
    assert run("release", "--all") == (0, "orders 1.0.0 is released.\n", "")
    assert "not-locked" not in lints(capsys)[1] and set(locked(root)) == {FIRST, SECOND}


def test_a_file_names_a_version(root, run):
    assert run("release", f"contracts/{SECOND}")[:2] == (0, "orders 2.0.0 is released.\n")


def test_which_version_has_to_be_said(root, run):
    code, _, err = run("release")
    assert code == 2 and "Which version?" in err and "c360 release CONTRACT@VERSION, or c360 release --all" in err
    code, _, err = run("release", "orders@3.0.0")
    assert code == 2 and "There is no one version 'orders@3.0.0'." in err and "orders@1.0.0, orders@2.0.0" in err
    code, _, err = run("release", "nothing")
    assert code == 2 and "orders@1.0.0, orders@2.0.0" in err


def test_a_step_that_is_too_small_is_refused(root, run):
    write(root, edited(WITHOUT, ("version", "1.1.0"), ("status", "draft")))
    code, _, err = run("release", "orders@1.1.0")
    assert code == 1 and "orders 1.0.0 to 1.1.0: the changes need a major step" in err
    assert locked(root) == {} and said(root, "sources/orders/1.1.0.odcs.yaml")[0] == "draft"


def test_a_consumer_that_has_not_agreed_stops_it(root, run):
    consumer(root)
    code, _, err = run("release", "orders@2.0.0")
    assert code == 1 and "orders 2.0.0 breaks crm" in err and said(root, SECOND)[0] == "draft"
    consumer(root, acknowledged=[{"version": "2.0.0", "by": "ann", "date": "2026-05-01"}])
    assert run("release", "orders@2.0.0")[0] == 0


def test_what_does_not_lint_is_not_released(root, run):
    write(root, edited(WITHOUT, ("version", "2.0.0"), ("status", "draft"), ("surprise", 1)))
    code, _, err = run("release", "orders@2.0.0")
    assert code == 1 and "surprise" in err and f"c360 lint {(root / 'contracts' / SECOND).resolve()}" in err


def test_what_has_changed_since_is_not_locked_anew(root, run):
    run("release", "--all")
    file = root / "contracts" / FIRST
    file.write_text(file.read_text() + "# more\n")
    run("release", "orders@2.0.0")
    for code, _, err in (run("release", "orders@1.0.0"), end(run)):
        assert code == 1 and "orders 1.0.0 was released on 2026-06-01 and has changed since." in err
    assert said(root, FIRST)[0] == "active"


def test_the_end_of_a_version(root, run, capsys):
    run("release", "--all")
    run("release", "orders@2.0.0")
    assert end(run) == (0, "orders 1.0.0 ends on 2026-07-01; use 2.0.0 instead.\n", "")
    assert said(root, FIRST) == ("deprecated", "2026-07-01", "2.0.0")
    assert end(run)[1] == "orders 1.0.0 ends on 2026-07-01, as announced; use 2.0.0 instead.\n"
    code, _, err = run("retire", "orders@1.0.0")
    assert code == 1 and "retired without notice" in err and "It ends on 2026-07-01: retire it from that day on." in err
    with pytest.raises(SystemExit) as stopped:
        main(["retire", "orders@1.0.0", "--as-of", "2026-07-02"])
    assert stopped.value.code == 0 and "orders 1.0.0 is retired. Then: c360 generate" in capsys.readouterr().out
    assert said(root, FIRST)[0] == "retired" and locked(root)[FIRST] == date(2026, 6, 1)
    assert "[released-changed]" not in lints(capsys)[1]


def test_the_notice_that_was_promised_is_kept(root, run):
    run("release", "orders@2.0.0")
    code, _, err = run("deprecate", "orders@1.0.0", "--sunset", "2026-06-30", "--replacement", "2.0.0")
    assert code == 1 and "sunset too near" in err and "the first day for --sunset is 2026-07-01" in err


@pytest.mark.parametrize("replacement", ["1.0.0", "2.0.0", "3.0.0"])
def test_a_version_is_replaced_by_another_one_that_is_released(root, run, replacement):
    code, _, err = run("deprecate", "orders@1.0.0", "--sunset", "2026-07-01", "--replacement", replacement)
    assert code == 1 and f"orders has no released version '{replacement}'." in err and "There are: none." in err


def test_an_active_version_is_not_retired(root, run):
    code, _, err = run("retire", "orders@1.0.0")
    assert code == 1 and "Announce its end first: c360 deprecate orders@1.0.0" in err


def test_a_draft_has_no_end(root, run):
    run("release", "orders@2.0.0")
    write(root, edited(("version", "3.0.0"), ("status", "draft")))
    code, _, err = run("retire", "orders@3.0.0")
    assert code == 1 and "orders 3.0.0 is a draft: nobody was promised it." in err


@pytest.mark.parametrize("steps", [1, 2])
def test_killed_between_lock_and_file_the_next_run_ends_it(root, run, monkeypatch, steps):
    def killed(file: Path, text: str):
        done.append(file)
        if len(done) == 2:
            raise KeyboardInterrupt
        replace_file(file, text)

    verbs = [lambda: run("release", "orders@2.0.0"), lambda: end(run)][:steps]
    for verb in verbs:
        done: list[Path] = []
        monkeypatch.setattr("c360.compat.release.replace_file", killed)
        assert verb()[0] == 2 and len(done) == 2 and done[0].name == LOCK
        monkeypatch.undo()
        monkeypatch.chdir(root)
        assert verb()[0] == 0
    assert said(root, SECOND)[0] == "active" and set(locked(root)) == {SECOND, FIRST}.difference(
        {FIRST} if steps == 1 else ()
    )
