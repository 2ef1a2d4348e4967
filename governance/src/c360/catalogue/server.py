"""Calls to an OpenMetadata server: one connection, JSON, errors that say what to do, and never the token in them."""

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from c360.catalogue.values import Ref
from c360.errors import CouldNotTell
from c360.printable import one_line

VERSION = "2.0"
"""Major and minor version of the servers whose ways were read; that of the client in requirements/catalog.in."""
_SECONDS = (10, 120)
"""To connect, and to wait for an answer."""
_GONE = (408, 429, 500, 502, 503, 504)
"""HTTP states of a server that is not itself; 500 is its answer to a JSON Patch whose `test` fails, too."""
_PATIENCE_S = 60
"""So long, in all, a command waits for a server that says when to come again (Retry-After)."""
_PAGE = 1_000


class Refused(Exception):
    """The server did not take one entity; it may take others. `why` is its own sentence."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        self.why = why
        super().__init__(f"{status}: {why}")


class _Bearer(requests.auth.AuthBase):
    """Without one, requests would send what it finds in ~/.netrc in the place of the token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Server:
    """A server, at the address that its web pages have. Redirects are not followed: they would take the token along."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise CouldNotTell(
                "C360_OPENMETADATA_URL is no http(s) address.",
                "Set it: export C360_OPENMETADATA_URL=http://localhost:8585",
            )
        self.url = url.rstrip("/").removesuffix("/api")
        self.host = parts.netloc
        self._token = token
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._patience = float(_PATIENCE_S)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def version(self) -> str:
        """Raises CouldNotTell when there is no OpenMetadata at the address."""
        body = self.get("system/version")
        if not isinstance(body, dict) or not body.get("version"):
            raise CouldNotTell(f"What answers at {self.host} is no OpenMetadata.", "Check C360_OPENMETADATA_URL.")
        return str(body["version"])

    def require_version(self) -> None:
        """Raises CouldNotTell for a server of another minor version: nothing has been sent to it then."""
        found = self.version()
        if not fits(found):
            raise CouldNotTell(
                f"The server at {self.host} is OpenMetadata {one_line(found)}; this c360 knows {VERSION}.",
                "See what does not fit: c360 catalog doctor",
            )

    def get(self, path: str, **query: Any) -> Any:
        """None where there is no such entity. Raises CouldNotTell where the server tells nothing for another reason."""
        try:
            return self.call("GET", path, query=query)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise self._untold(path, refused) from None

    def named(self, collection: str, ref: Ref, **query: Any) -> Any:
        """One entity by its fully qualified name; None where there is none."""
        return self.get(f"{collection}/name/{quote(ref.name, safe='')}", **query)

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All entries of a list, page by page."""
        after = None
        while True:
            asked = {"limit": _PAGE, **query, **({"after": after} if after else {})}
            try:
                page = self.call("GET", path, query=asked)
            except Refused as refused:
                raise self._untold(path, refused) from None
            yield from page["data"]
            after = page.get("paging", {}).get("after")
            if not after:
                return

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """One call; what was answered, None when nothing.

        Raises:
            Refused: the server did not take this.
            CouldNotTell: it is away, wants to be asked later than a command waits, takes the token no more, or does
                not answer as an OpenMetadata does.
        """
        answer = self._answer(method, path, body, query)
        while wait := _asked_to_wait(answer):
            if wait > self._patience:
                break
            self._patience -= wait
            time.sleep(wait)
            answer = self._answer(method, path, body, query)
        if answer.status_code == 401:
            raise CouldNotTell(
                f"The server at {self.host} does not take the token: it is expired, revoked or of another server.",
                "Make a new one (Settings > Bots in its pages), set C360_OPENMETADATA_TOKEN, and run it again.",
            )
        if answer.status_code == 403:
            raise CouldNotTell(
                f"The catalogue does not let the token's bot do this: {self._message(answer).rstrip('.')}.",
                "Give it a role (docs/catalog.md has the least policy), then see: c360 catalog doctor",
            )
        if answer.status_code in _GONE and not (answer.status_code == 500 and method == "PATCH"):
            when = f" in {wait:.0f} seconds" if wait else ""
            raise CouldNotTell(
                f"The server at {self.host} is not well: it answered {answer.status_code}.",
                f"Run it again{when}: it goes on.",
            )
        if answer.is_redirect:
            raise CouldNotTell(
                f"The server at {self.host} sends us elsewhere: a sign-in page, or https.",
                "Check C360_OPENMETADATA_URL.",
            )
        if answer.status_code >= 400:
            raise Refused(answer.status_code, self._message(answer))
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise CouldNotTell(
                f"What answers at {self.host} sends no JSON: a sign-in page, or a proxy.",
                "Check C360_OPENMETADATA_URL.",
            ) from None

    def _answer(self, method: str, path: str, body: Any, query: Mapping[str, Any] | None) -> requests.Response:
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        try:
            return self._session.request(
                method, f"{self.url}/api/v1/{path}", params=query, json=body, timeout=_SECONDS, allow_redirects=False,
                headers={"Content-Type": kind, "Accept": "application/json", "User-Agent": "c360"},
            )  # fmt: skip
        except requests.RequestException as error:
            raise self._away(error) from None

    def _untold(self, path: str, refused: Refused) -> CouldNotTell:
        return CouldNotTell(
            f"The server at {self.host} does not tell its {path.partition('/')[0]}: {refused.why.rstrip('.')}.",
            "Run it again; if it stays so: c360 catalog doctor",
        )

    def _away(self, error: requests.RequestException) -> CouldNotTell:
        if isinstance(error, requests.exceptions.SSLError):
            return CouldNotTell(
                f"The certificate of {self.host} is not trusted.",
                "Name its authority: export REQUESTS_CA_BUNDLE=file.pem",
            )
        if isinstance(error, requests.ConnectTimeout | requests.ConnectionError) and "refused" in str(error):
            return CouldNotTell(f"No server answers at {self.host}.", "Start it, then run this again.")
        return CouldNotTell(
            f"The connection to {self.host} ended before there was an answer.", "Run it again: it goes on."
        )

    def _message(self, answer: requests.Response) -> str:
        try:
            body = answer.json()
            text = str(body.get("message") or body) if isinstance(body, dict) else str(body)
        except ValueError:
            text = answer.reason or "no reason given"
        return one_line(text.replace(self._token, "***"))[:300]


def _asked_to_wait(answer: requests.Response) -> float:
    """Seconds until a server that is busy, or rests, wants to be asked again; 0 where it says nothing of it."""
    said = answer.headers.get("Retry-After")
    if answer.status_code not in (429, 503) or not said:
        return 0
    try:
        return max(1.0, Retry().parse_retry_after(said))
    except InvalidHeader:
        return 0


def fits(version: str) -> bool:
    return version.split(".")[:2] == VERSION.split(".")
