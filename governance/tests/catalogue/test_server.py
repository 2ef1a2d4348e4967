"""Calls to the server: what is wrong is told with what to do, no redirect is followed, no text holds the token."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from c360.catalogue import access
from c360.catalogue.server import Refused, Server
from c360.errors import CouldNotTell
from c360.settings import load

TOKEN = "eyJ.secret-of-the-test.x"


class Answers(BaseHTTPRequestHandler):
    answer: tuple[int, dict[str, str], str] = (200, {}, "{}")
    heard: list[Any] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.heard.append((self.path, self.headers.get("Authorization"), self.headers.get("Content-Type")))
        status, headers, text = self.answer
        if not status:
            self.connection.shutdown(2)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_POST = do_PATCH = do_GET

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Answers.heard.clear()
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "said", "remedy"),
    [
        ((401, {}, '{"message": "Expired token!"}'), "does not take the token", "Settings > Bots"),
        ((503, {}, ""), "answered 503", "it goes on"),
        ((429, {}, ""), "answered 429", "it goes on"),
        ((200, {}, "<html>sign in</html>"), "sends no JSON", "C360_OPENMETADATA_URL"),
        ((0, {}, ""), "ended before there was an answer", "it goes on"),
    ],
)
def test_what_is_wrong_with_the_server_is_told(url: str, answer: Any, said: str, remedy: str) -> None:
    Answers.answer = answer
    with Server(url, TOKEN) as server, pytest.raises(CouldNotTell) as told:
        server.call("POST", "tags", {})
    assert said in told.value.message and remedy in told.value.remedy
    assert TOKEN not in str(told.value) and "127.0.0.1" in told.value.message


def test_nobody_there(url: str) -> None:
    with Server("http://127.0.0.1:1", TOKEN) as server, pytest.raises(CouldNotTell, match="No server answers at"):
        server.version()


def test_one_refusal_is_of_one_thing_and_holds_no_token(url: str) -> None:
    Answers.answer = (400, {}, json.dumps({"code": 400, "message": f"bad\n{TOKEN} \x1b[31m"}))
    with Server(url, TOKEN) as server, pytest.raises(Refused) as told:
        server.call("PATCH", "tables/1", [])
    assert told.value.why == "bad\\n*** \\x1b[31m"
    assert Answers.heard[-1][2] == "application/json-patch+json"


def test_what_is_not_there_is_none(url: str) -> None:
    Answers.answer = (404, {}, '{"message": "not found"}')
    with Server(url, TOKEN) as server:
        assert server.get("tags/name/x") is None


@pytest.mark.parametrize("status", [400, 404])
def test_a_list_that_is_refused_is_not_an_empty_one(url: str, status: int) -> None:
    Answers.answer = (status, {}, '{"message": "no such glossary."}')
    with Server(url, TOKEN) as server, pytest.raises(CouldNotTell) as told:
        list(server.every("tags", parent="x"))
    assert told.value.message.endswith("does not tell its tags: no such glossary.")


def test_what_a_bot_may_not_do_ends_it(url: str) -> None:
    Answers.answer = (403, {}, '{"message": "operations [Create] not allowed"}')
    with Server(url, TOKEN) as server, pytest.raises(CouldNotTell) as told:
        server.call("POST", "tags", {})
    assert told.value.message == "The catalogue does not let the token's bot do this: operations [Create] not allowed."
    assert "c360 catalog doctor" in told.value.remedy


def test_a_redirect_does_not_take_the_token_along(url: str) -> None:
    Answers.answer = (302, {"Location": f"{url}/elsewhere"}, "")
    with Server(url, TOKEN) as server, pytest.raises(CouldNotTell, match="sends us elsewhere"):
        server.call("POST", "system/version")
    assert [path for path, *_ in Answers.heard] == ["/api/v1/system/version"]


def test_the_token_goes_and_not_what_netrc_says(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    Answers.answer = (200, {}, "{}")
    with Server(f"{url}/api/", TOKEN) as server:
        server.get("users/loggedInUser")
    assert Answers.heard == [("/api/v1/users/loggedInUser", f"Bearer {TOKEN}", "application/json")]


@pytest.mark.parametrize(
    ("version", "fits"), [("2.0.6", True), ("2.0.6-SNAPSHOT", True), ("2.1.0", False), ("1.12.0", False)]
)
def test_another_minor_version_is_refused(url: str, version: str, fits: bool) -> None:
    Answers.answer = (200, {}, json.dumps({"version": version}))
    with Server(url, TOKEN) as server:
        if fits:
            server.require_version()
            return
        with pytest.raises(CouldNotTell, match=f"OpenMetadata {version}; this c360 knows 2.0") as told:
            server.require_version()
    assert told.value.remedy == "See what does not fit: c360 catalog doctor"


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://u:p@x", "x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(CouldNotTell) as told:
        access.server(load({"C360_OPENMETADATA_URL": url, "C360_OPENMETADATA_TOKEN": TOKEN}))
    assert "C360_OPENMETADATA_URL" in str(told.value) and "u:p" not in str(told.value)


def test_a_token_lies_in_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    settings = load({"C360_OPENMETADATA_URL": "http://x", "C360_OPENMETADATA_TOKEN_FILE": str(path)})
    path.chmod(0o640)
    with pytest.raises(CouldNotTell, match="Others may read") as told:
        access.token(settings)
    assert told.value.remedy == f"Close it: chmod 600 {path}"
    path.chmod(0o600)
    assert access.token(settings) == TOKEN
    assert TOKEN not in repr(settings)
    path.unlink()
    with pytest.raises(CouldNotTell, match="Cannot read the token in"):
        access.token(settings)


def test_a_token_that_is_none() -> None:
    with pytest.raises(CouldNotTell, match="There is no token for the catalogue"):
        access.token(load({}))
    with pytest.raises(CouldNotTell) as told:
        access.token(load({"C360_OPENMETADATA_TOKEN": "two words\nand a line"}))
    assert "two words" not in str(told.value)
