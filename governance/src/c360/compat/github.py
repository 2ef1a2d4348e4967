"""What a job of GitHub gets to know of a comparison: outputs, its summary, and a comment of the pull request."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from c360.compat.compare import ContractComparison
from c360.compat.grades import Step
from c360.compat.render import markdown_of_all
from c360.console import in_github
from c360.errors import CouldNotTell

MARKER = "<!-- c360 compat -->"
"""The first line of our comment, which nobody sees."""
_LONGEST = 60_000
"""Characters of a comment; GitHub takes 65,536."""
_SECONDS = 30
_COMMENTS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    comments(first: 100, after: $after) {
      nodes { databaseId body viewerDidAuthor } pageInfo { hasNextPage endCursor }
    }
  } }
}"""


def outputs(comparisons: list[ContractComparison]) -> dict[str, str]:
    """`grade` is the largest step that changes need (none, patch, minor, major, never), `breaking` true or false,
    `consumers` the names of consumers that a change breaks, as a JSON list."""
    changes = [change for one in comparisons for change in one.diff.changes]
    names = sorted({hit.consumer.name for one in comparisons for hit in one.affected})
    return {
        "grade": max([one.diff.needed for one in comparisons], default=Step.NONE).label,
        "breaking": str(any(change.consumers == "break" for change in changes)).lower(),
        "consumers": json.dumps(names),
    }


def write_summary(comparisons: list[ContractComparison]) -> None:
    """Set the outputs of the job's step, and add to the job's summary."""
    said = "".join(f"{name}={value}\n" for name, value in outputs(comparisons).items())
    for variable, text in (("GITHUB_OUTPUT", said), ("GITHUB_STEP_SUMMARY", f"{markdown_of_all(comparisons)}\n")):
        if os.environ.get(variable):
            with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
                file.write(text)


def write_comment(comparisons: list[ContractComparison]) -> str:
    """Write our comment of the pull request, or update it. Returns why there is none, or an empty text.

    Ours has the marker, and the token's user wrote it. A token that may not write, as in a pull request from a fork,
    fails nothing. Raises CouldNotTell outside of a job of GitHub, and without a token.
    """
    env = os.environ
    if not in_github():
        raise CouldNotTell("--comment needs a job of GitHub.", "Leave it out, or write: --format markdown")
    event = json.loads(Path(env["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = event.get("pull_request", {}).get("number")
    if number is None:
        return "No comment: this job is for no pull request."
    token = env.get("GITHUB_TOKEN") or env.get("GH_TOKEN")
    if not token:
        raise CouldNotTell("--comment needs a token.", "Give the step env: {GITHUB_TOKEN: ${{ github.token }}}.")
    api, repository = env.get("GITHUB_API_URL", "https://api.github.com"), env["GITHUB_REPOSITORY"]

    def ask(method: str, url: str, document: dict[str, Any]) -> Any:
        request = Request(  # noqa: S310 (the runner says where)
            url,
            json.dumps(document).encode(),
            {"Authorization": f"Bearer {token}", "User-Agent": "c360"},
            method=method,
        )
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return json.loads(answer.read())

    body = {"body": _body(markdown_of_all(comparisons))}
    try:
        own = _own(ask, env.get("GITHUB_GRAPHQL_URL", f"{api}/graphql"), repository, number)
        if own is None:
            ask("POST", f"{api}/repos/{repository}/issues/{number}/comments", body)
        else:
            ask("PATCH", f"{api}/repos/{repository}/issues/comments/{own}", body)
    except HTTPError as error:
        error.close()
        return f"No comment: GitHub answered {error.code}. The step needs the permission pull-requests: write."
    except (URLError, TimeoutError, OSError, ValueError, KeyError, TypeError):
        return "No comment: GitHub cannot be reached, or does not answer as expected."
    return ""


def _own(ask: Callable[[str, str, dict[str, Any]], Any], url: str, repository: str, number: int) -> int | None:
    """The number of our comment, None if there is none yet."""
    owner, _, name = repository.partition("/")
    given: dict[str, Any] = {"owner": owner, "name": name, "number": number, "after": None}
    while True:
        answer = ask("POST", url, {"query": _COMMENTS, "variables": given})
        page = answer["data"]["repository"]["pullRequest"]["comments"]
        for comment in page["nodes"]:
            if comment["viewerDidAuthor"] and comment["body"].startswith(MARKER):
                return int(comment["databaseId"])
        if not page["pageInfo"]["hasNextPage"]:
            return None
        given["after"] = page["pageInfo"]["endCursor"]


def _body(text: str) -> str:
    """With the marker; cut between two lines if GitHub would not take it whole."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST].rpartition(chr(10))[0]}\n\nThe rest is in the job's summary."
    return f"{MARKER}\n{text}"
