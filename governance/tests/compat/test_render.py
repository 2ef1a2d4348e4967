"""What people, machines and pull requests get to see, through the command."""

import json
import re

import pytest
import yaml

from c360.cli import main
from c360.compat.render import code, markdown
from governance.tests.compat.examples import CONTRACT, GONE, compared, edited

NASTY = "@someone | </code><script>x</script> [a](http://b.c) `q` \x1b[31m *b* #1\nnext"


def run(tmp_path, capsys, new, *options, old=CONTRACT):
    files = []
    for name, document in {"old": old, "new": new}.items():
        files.append(tmp_path / f"{name}.odcs.yaml")
        files[-1].write_text(yaml.safe_dump(document, sort_keys=False))
    with pytest.raises(SystemExit) as stopped:
        main(["diff", *map(str, files), *options])
    told = capsys.readouterr()
    return stopped.value.code, told.out, told.err


def test_a_step_that_is_enough_exits_0(tmp_path, capsys):
    code, out, _ = run(tmp_path, capsys, edited(("schema.0.description", "x"), ("version", "1.0.1")))
    assert code == 0
    assert "orders.description  words changed" in out
    assert "orders 1.0.0 to 1.0.1: the changes need a patch step, the version takes a patch step." in out


@pytest.mark.parametrize("options", [(), ("--json",), ("--format", "markdown")])
def test_a_step_that_is_missing_exits_1_and_tells_what_to_do(tmp_path, capsys, options):
    code, out, err = run(tmp_path, capsys, edited(("schema.0.properties.3", GONE), ("version", "1.0.1")), *options)
    assert code == 1
    assert "orders.amount" in out.replace("&#46;", ".")
    assert "the changes need a major step, the version takes a patch step." in err
    assert "→ Write 2.0.0 into a file of its own" in err


def test_json_is_for_machines(tmp_path, capsys):
    new = edited(("schema.0.properties.1.classification", "public"), ("version", "2.0.0"))
    code, out, _ = run(tmp_path, capsys, new, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["needed"], told["lowest"], told["given"], told["enough"]) == ("major", "2.0.0", "major", True)
    assert (told["consumers"], told["producers"]) == ("break", "break")
    assert told["changes"][0] == {
        "place": "orders.buyer.classification", "change": "classification-lowered", "dataset": "orders",
        "column": "buyer", "classification": "pii_direct", "old": "pii_direct", "new": "public",
        "consumers": "break", "producers": "break", "step": "major",
    }  # fmt: skip


def test_a_comment_has_an_end():
    many = [{"name": f"c{n}", "physicalType": "text"} for n in range(150)]
    text = markdown(compared(CONTRACT, edited(("schema.+", {"name": "wide", "properties": many}))))
    assert "table added" in text, "what is inside of a new table is not told one by one"
    wide = edited(("schema.1.properties", [*CONTRACT["schema"][1]["properties"], *many]))
    text = markdown(compared(CONTRACT, wide))
    assert text.count("column added") == 100 and "and 50 more, none worse" in text
    assert "At least `1.1.0`." in text


def test_nothing_changes(tmp_path, capsys):
    code, out, _ = run(tmp_path, capsys, CONTRACT)
    assert (code, out) == (0, "orders 1.0.0 to 1.0.0: nothing changes.\n")


@pytest.mark.parametrize(
    ("edit", "remedy"),
    [(("version", "0.9.0"), "a version above 1.0.0"), (("status", "retired"), "Deprecate the version with a sunset")],
)
def test_what_no_version_allows_has_a_remedy_too(tmp_path, capsys, edit, remedy):
    code, _, err = run(tmp_path, capsys, edited(edit))
    assert code == 1 and "no version step allows this" in err and remedy in err


def test_text_of_a_contract_is_only_text_in_a_comment():
    new = edited(
        ("schema.0.description", NASTY), ("schema.0.properties.0.name", NASTY.splitlines()[0]), ("name", NASTY)
    )
    lines = markdown(compared(CONTRACT, new)).splitlines()
    text = "\n".join(lines)
    text = re.sub(r"`[\w ./-]*`", "", text)  # plain words, as code
    for sign in ("@", "<script", "](", "`q`", "\x1b", "*", "http:"):
        assert sign not in text, sign
    assert "&#64;someone" in text
    rows = [line for line in lines if line.startswith("| ")]
    assert {row.count("|") for row in rows} == {8}


def test_what_is_made_of_plain_signs_is_readable_as_it_is():
    assert [code(text) for text in ("a_b.c, d-e 1%", "", "x y")] == ["`a_b.c, d-e 1%`", "", "`x y`"]
    for text in ("a`b", " a", "a ", "a|b", "@a", "a*b", "<b>", "a#1", "a$b", "https://a[b](c)", "a\\"):
        bare = re.sub(r"&#\d+;|</?code>", "", code(text))
        assert code(text).startswith("<code>") and not re.search(r"[`|@*#$<\[\\]", bare)


def test_terminals_are_safe_too(tmp_path, capsys):
    _, out, err = run(tmp_path, capsys, edited(("schema.0.description", NASTY), ("name", NASTY)))
    assert "\x1b" not in out + err


def test_a_contract_of_another_shape_is_refused_in_words(tmp_path, capsys):
    code, _, err = run(tmp_path, capsys, edited(("schema.0.properties.3.items", "x")))
    assert code == 2 and "Error" in err and "c360 lint" in err
