"""What a job of GitHub gets to know: outputs, summary, annotations and a comment, by a double of GitHub's API."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from c360.compat.github import MARKER
from governance.tests.compat.examples import edited
from governance.tests.compat.test_compat import WITHOUT, consumer, root, run, write  # noqa: F401
from governance.tests.test_ci_formats import CHECKS

TOKEN = "of-this-test"


class GitHub:
    """Comments of one pull request, two a page; `ours` are the numbers of those that the token's user wrote."""

    def __init__(self) -> None:
        self.comments: dict[int, str] = {}
        self.ours: set[int] = set()
        self.refuses = 0

    def answer(self, method: str, path: str, document: dict) -> tuple[int, dict]:
        if self.refuses:
            return self.refuses, {}
        if path == "/graphql":
            after = int(document["variables"]["after"] or 0)
            assert document["variables"] | {"after": None} == {"owner": "o", "name": "r", "number": 7, "after": None}
            numbers = sorted(number for number in self.comments if number > after)
            nodes = [
                {"databaseId": n, "body": self.comments[n], "viewerDidAuthor": n in self.ours} for n in numbers[:2]
            ]
            page = {"hasNextPage": len(numbers) > 2, "endCursor": str(numbers[1]) if len(numbers) > 2 else None}
            return 200, {"data": {"repository": {"pullRequest": {"comments": {"nodes": nodes, "pageInfo": page}}}}}
        if (method, path) == ("POST", "/repos/o/r/issues/7/comments"):
            number = max(self.comments, default=0) + 1
            self.ours.add(number)
            self.comments[number] = document["body"]
            return 201, {}
        number = int(path.removeprefix("/repos/o/r/issues/comments/"))
        assert method == "PATCH" and number in self.comments
        self.comments[number] = document["body"]
        return 200, {}


@pytest.fixture
def github(tmp_path, monkeypatch):
    """A double of GitHub, and the environment of a job of it for pull request 7."""
    double = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            length = int(self.headers["Content-Length"])
            state, said = double.answer(self.command, self.path, json.loads(self.rfile.read(length)))
            self.send_response(state)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_PATCH = do_POST

        def log_message(self, *_) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    for name, value in {
        "GITHUB_ACTIONS": "true", "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
        "GITHUB_GRAPHQL_URL": f"http://127.0.0.1:{server.server_port}/graphql", "GITHUB_REPOSITORY": "o/r",
        "GITHUB_EVENT_PATH": str(event), "GITHUB_TOKEN": TOKEN, "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield double
    server.shutdown()
    server.server_close()


def outputs(folder) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())


def test_nothing_changes(root, run, github, tmp_path):  # noqa: F811
    assert run("--base", "main")[0] == 0
    assert outputs(tmp_path) == {"grade": "none", "breaking": "false", "consumers": "[]"}
    assert (tmp_path / "summary").read_text() == "No contract changes.\n"
    assert github.comments == {}


def test_a_breaking_change_sets_outputs_and_is_annotated_once_at_its_line(root, run, github, tmp_path):  # noqa: F811
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    consumer(root)
    code, _, err = run("--base", "main")
    assert code == 1
    assert outputs(tmp_path) == {"grade": "major", "breaking": "true", "consumers": '["crm"]'}
    errors = [line for line in err.splitlines() if line.startswith("::error")]
    assert len(errors) == 1 and errors[0].startswith("::error file=contracts/consumers/crm.yaml,line=1::orders 2.0.0")
    assert "### `orders` `1.0.0` → `2.0.0`" in (tmp_path / "summary").read_text()


def test_a_step_that_is_too_small_is_annotated_at_the_version_and_at_each_change(root, run, github):  # noqa: F811
    file = root / "contracts/sources/orders/1.1.0.odcs.yaml"
    write(root, edited(("schema.0.properties.3.physicalType", "integer"), ("version", "1.1.0")))
    lines = file.read_text().splitlines()
    errors = [line for line in run("--base", "main")[2].splitlines() if line.startswith("::error")]
    places = {int(error.split("line=")[1].split("::")[0]) for error in errors}
    assert places == {lines.index("version: 1.1.0") + 1, lines.index("  - name: amount") + 1}
    assert len(errors) == len(set(errors))


@pytest.mark.parametrize("form", CHECKS)
def test_compat_reports(root, run, form):  # noqa: F811
    write(root, edited(WITHOUT, ("version", "1.1.0")))
    code, out, _ = run("--base", "main", "--format", form)
    CHECKS[form](out)
    assert code == 1 and "orders.amount" in out and "contracts/sources/orders/1.1.0.odcs.yaml" in out
    CHECKS[form](run("--base", "nowhere", "--format", form)[1])


def test_the_comment_is_found_again_and_never_is_another_ones(root, run, github):  # noqa: F811
    github.comments = {1: f"{MARKER}\nof somebody else", 2: "ours, of another tool", 3: "x"}
    github.ours = {2}
    assert run("--base", "main", "--comment")[0] == 0
    assert github.comments[4] == f"{MARKER}\nNo contract changes."
    write(root, edited(WITHOUT, ("version", "2.0.0")))
    assert run("--base", "main", "--comment")[0] == 0
    assert github.comments[4].startswith(f"{MARKER}\n### `orders`") and len(github.comments) == 4
    assert github.comments[1] == f"{MARKER}\nof somebody else" and github.comments[2] == "ours, of another tool"


def test_a_token_that_may_not_write_fails_nothing(root, run, github):  # noqa: F811
    github.refuses = 403
    code, _, err = run("--base", "main", "--comment")
    assert code == 0 and "GitHub answered 403" in err and TOKEN not in err


def test_a_comment_is_no_longer_than_github_takes(root, run, github, monkeypatch):  # noqa: F811
    monkeypatch.setattr("c360.compat.github.markdown_of_all", lambda comparisons: "a row\n" * 20_000)
    assert run("--base", "main", "--comment")[0] == 0
    assert len(github.comments[1]) < 65_536 and github.comments[1].endswith("The rest is in the job's summary.")


def test_a_comment_wants_a_job_of_a_pull_request_and_a_token(root, run, github, monkeypatch, tmp_path):  # noqa: F811
    monkeypatch.delenv("GITHUB_TOKEN")
    assert run("--base", "main", "--comment")[0] == 2
    (tmp_path / "event.json").write_text("{}")
    code, _, err = run("--base", "main", "--comment")
    assert code == 0 and "for no pull request" in err
    monkeypatch.delenv("GITHUB_ACTIONS")
    code, _, err = run("--base", "main", "--comment")
    assert code == 2 and "needs a job of GitHub" in err
    assert github.comments == {}
