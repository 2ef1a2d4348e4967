"""Reports for CI: SARIF is checked by its schema. No package has those of JUnit and GitLab: their parts are checked."""

import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sarif_kit.validate import validation_errors

from c360 import ci
from c360.ci import FORMS, Entry, render
from governance.tests.workplace import contact

ROOT = Path(__file__).parents[2]
CONTACTS = "contracts/sources/contacts/1.0.0.odcs.yaml"
HOSTILE = "a\x00\x1b[31m\n]]><x>&\ud800\ufffe\uffff'\" ::error::"
FOLDER = "a\x1b[31m\n]]><x>&%\udcff\ufffe/'\" b"
OUTCOMES = ("passed", "failed", "warned", "skipped", "errored")
EVERY = [Entry("unique", f"orders.id.{o}", o, f"It {o}.", ROOT / CONTACTS, 7, "orders 1.0.0") for o in OUTCOMES]
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "classname", "time", "file", "line"},
    "failure": {"message", "type"}, "error": {"message", "type"}, "skipped": {"message", "type"}, "system-out": set(),
}  # fmt: skip
INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}
DIGEST = re.compile(r"[0-9a-f]{64}")


def junit(text: str) -> ElementTree.Element:
    """The report, if it has the elements, attributes and sums that Jenkins' and Azure's readers know."""
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag], element.attrib
        assert {inner.tag for inner in element} <= INSIDE.get(element.tag, set())
        if element.tag in ("testsuites", "testsuite"):
            held = Counter(inner.tag for case in element.iter("testcase") for inner in case)
            said = {name: int(element.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
            assert said == {"tests": len(list(element.iter("testcase"))), "failures": held["failure"],
                            "errors": held["error"], "skipped": held["skipped"]}  # fmt: skip
        if element.tag == "testcase":
            assert element.attrib["name"] and element.attrib["classname"] and len(element) <= 1
    return root


def sarif(text: str) -> list[dict]:
    log = json.loads(text)
    assert validation_errors(log) == []
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    return run["results"]


def gitlab(text: str) -> list[dict]:
    """The report, if each finding has what GitLab's documentation requires."""
    found = json.loads(text)
    for one in found:
        assert one.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker") and DIGEST.fullmatch(
            one["fingerprint"]
        )
        assert one["location"].keys() == {"path", "lines"} and one["location"]["lines"]["begin"] >= 1
        assert not Path(one["location"]["path"]).is_absolute() and one["description"]
    assert len({one["fingerprint"] for one in found}) == len(found)
    return found


CHECKS = {"junit": junit, "sarif": sarif, "gitlab": gitlab}


def test_there_is_a_check_for_every_format():
    assert CHECKS.keys() == FORMS.keys()


def test_junit_has_every_outcome():
    cases = {
        case.attrib["name"]: [e.tag for e in case] for case in junit(render("junit", "lint", EVERY)).iter("testcase")
    }
    assert cases == {
        "orders.id.passed": [], "orders.id.failed": ["failure"], "orders.id.warned": ["system-out"],
        "orders.id.skipped": ["skipped"], "orders.id.errored": ["error"],
    }  # fmt: skip


def test_sarif_and_gitlab_have_what_does_not_hold_with_file_and_line():
    results = sarif(render("sarif", "lint", EVERY))
    assert [result["level"] for result in results] == ["error", "warning", "error"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (CONTACTS, 7)
    found = gitlab(render("gitlab", "lint", EVERY))
    assert [one["severity"] for one in found] == ["major", "minor", "critical"]
    assert found[0]["location"] == {"path": CONTACTS, "lines": {"begin": 7}}


@pytest.mark.parametrize("form", FORMS)
def test_what_contracts_say_does_not_break_a_report(form):
    entries = [Entry("unique", HOSTILE, outcome, HOSTILE, Path(FOLDER), 1, HOSTILE) for outcome in OUTCOMES]
    text = render(form, "lint", [*entries, *entries])
    CHECKS[form](text)
    assert "\x1b" not in text
    CHECKS[form](render(form, "lint", []))


def test_a_finding_keeps_its_fingerprint_when_its_line_and_numbers_change():
    def prints(*entries: Entry) -> list[str]:
        return [one["fingerprint"] for one in gitlab(render("gitlab", "verify", list(entries)))]

    (one,) = prints(Entry("unique", "a", "failed", "3 rows", ROOT / CONTACTS, 3))
    assert prints(Entry("unique", "a", "failed", "4 rows", ROOT / CONTACTS, 9)) == [one]
    assert prints(Entry("unique", "b", "failed", "3 rows", ROOT / CONTACTS, 3)) != [one]


def test_a_path_is_that_of_the_repository_wherever_the_command_runs(tmp_path, monkeypatch):
    (tmp_path / "repository/.git").mkdir(parents=True)
    inside = tmp_path / "repository/data/x.yaml"
    monkeypatch.chdir(tmp_path)
    assert ci.shown_path(inside) == "data/x.yaml"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert ci.shown_path(inside) == "repository/data/x.yaml"


@pytest.fixture
def broken(tmp_path):
    """A copy of the contracts with an error at a known line."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "c360.toml").write_text("")
    file = tmp_path / "contracts/sources/contacts.odcs.yaml"
    file.parent.mkdir(parents=True)
    lines = (ROOT / CONTACTS).read_text(encoding="utf-8").replace("status: active", "status: 7").splitlines()
    file.write_text("\n".join(lines))
    return tmp_path, lines.index("status: 7") + 1


@pytest.mark.parametrize("form", FORMS)
def test_lint_reports_file_and_line(broken, form, capsys, monkeypatch):
    from c360.cli import main

    folder, line = broken
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        main(["lint", "--format", form])
    assert ended.value.code == 1
    found = CHECKS[form](capsys.readouterr().out)
    if form == "junit":
        (case,) = [case for case in found.iter("testcase") if case.find("failure") is not None]
        place = (case.attrib["file"], int(case.attrib["line"]))
    elif form == "sarif":
        (result,) = [result for result in found if result["level"] == "error"]
        physical = result["locations"][0]["physicalLocation"]
        place = (physical["artifactLocation"]["uri"], physical["region"]["startLine"])
    else:
        (one,) = [one for one in found if one["severity"] == "major"]
        place = (one["location"]["path"], one["location"]["lines"]["begin"])
    assert place == ("contracts/sources/contacts.odcs.yaml", line)


@pytest.mark.parametrize("form", FORMS)
def test_what_could_not_be_told_is_in_the_report(form, tmp_path, capsys, monkeypatch):
    from c360.cli import main

    (tmp_path / "c360.toml").write_text("contracts = 7")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["lint", "--format", form])
    assert ended.value.code == 2
    text = capsys.readouterr().out
    CHECKS[form](text)
    assert "contracts is a path" in text


def test_annotations_come_once(broken, capsys, monkeypatch):
    from c360.cli import main

    folder, line = broken
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(SystemExit):
        main(["lint", "--format", "sarif"])
    errors = [said for said in capsys.readouterr().err.splitlines() if said.startswith("::error")]
    assert len(errors) == 1 and errors[0].startswith(f"::error file=contracts/sources/contacts.odcs.yaml,line={line}::")
    (folder / "c360.toml").write_text("contracts = 7")
    with pytest.raises(SystemExit):
        main(["lint"])
    assert capsys.readouterr().err.count("::error::") == 1


def test_json_and_a_report_exclude_each_other(broken, capsys, monkeypatch):
    from c360.cli import main

    monkeypatch.chdir(broken[0])
    with pytest.raises(SystemExit) as ended:
        main(["lint", "--json", "--format", "junit"])
    assert ended.value.code == 2 and "exclude each other" in capsys.readouterr().err


def line_of(clause: str, text: str) -> int:
    """The line of a column's first key, as a reader finds it."""
    lines = text.splitlines()
    return next(number for number, line in enumerate(lines, 1) if re.fullmatch(rf"\s*- name: {clause}", line))


def test_ingest_and_verify_report_clauses_at_their_lines(workplace):
    contract = (ROOT / CONTACTS).read_text(encoding="utf-8")
    file = workplace.write("contacts.csv", [contact(1), *(contact(n) for n in range(3, 30)), contact(2, mail="q-at-x")])
    for form, check in CHECKS.items():
        workplace.reset()
        answer = workplace.c360("ingest", "contacts", file, "--as-of", "2026-03-01T12:00:00Z", "--format", form)
        assert answer.code == 0, answer.err
        found = check(answer.out)
        if form == "junit":
            failed = {case.attrib["name"]: case for case in found.iter("testcase") if case.find("failure") is not None}
            assert set(failed) == {"contacts.mail.pattern"}
            assert failed["contacts.mail.pattern"].attrib["file"] == CONTACTS
            assert int(failed["contacts.mail.pattern"].attrib["line"]) > line_of("mail", contract)
            names = {case.attrib["name"] for case in found.iter("testcase")}
            assert {"contacts.csv", "contacts.id.unique"} & names and len(names) > 10
        assert "contacts.mail.pattern" in answer.out and "q-at-x" not in answer.out
    bad = workplace.write("bad.csv", [{"id": "x"}])
    for form, check in CHECKS.items():
        answer = workplace.c360("ingest", "contacts", bad, "--format", form)
        assert answer.code == 1 and "bad.csv was refused" in answer.out
        check(answer.out)
    for form, check in CHECKS.items():
        answer = workplace.c360("verify", "contacts", "--as-of", "2026-03-01T12:00:00Z", "--format", form)
        found = check(answer.out)
        assert answer.code == 0, answer.err
        if form == "junit":
            assert len(list(found.iter("testcase"))) > 10
