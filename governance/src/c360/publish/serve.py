"""The pages on a local port, by the standard library: read-only, no listing, nothing outside their folder.

A browser can be led to ask any address of this machine, so a server that only this machine reaches answers no other
name than its own (https://owasp.org/www-community/attacks/DNS_Rebinding).
"""

import ipaddress
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import Any
from urllib.parse import unquote, urlsplit

from c360.database.listen import require_free
from c360.errors import CouldNotTell

TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json"}
"""What is a page, or what dbt's page loads; no other file is served."""
STARTS = ("owners", "contracts")
"""Where the address without a path leads: the first that is there."""


def open_server(site: Path, host: str, port: int) -> ThreadingHTTPServer:
    """A server of the pages below `site`, which listens; port 0 takes a free one. Raises CouldNotTell where there are
    no pages, and for a port or an address that cannot be had."""
    start = next((name for name in STARTS if (site / name / "index.html").is_file()), None)
    if start is None:
        raise CouldNotTell(f"There are no pages in {site}.", "Write them: c360 report")
    if port:
        require_free(port, "c360 serve", host)
    root = site.resolve()
    server = type("Server", (ThreadingHTTPServer,), {"address_family": AF_INET6 if ":" in host else AF_INET})
    try:
        made: ThreadingHTTPServer = server((host, port), _handler(root, start, _is_loopback(host)))
    except OSError as error:
        raise CouldNotTell(
            f"Cannot listen at {host}: {error.strerror}.", "Leave --host out for this machine."
        ) from error
    return made


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def found(root: Path, address: str) -> Path | None:
    """The file of a page below `root` that the path of a URL names; a folder stands for its index.html. None for what
    is no page, is hidden, or lies elsewhere, by links of the file system too."""
    parts = [part for part in unquote(urlsplit(address).path).split("/") if part]
    if any(part.startswith(".") or "\0" in part or "\\" in part for part in parts):
        return None
    path = root.joinpath(*parts)
    try:
        path = (path / "index.html" if path.is_dir() else path).resolve()
        return path if path.is_file() and path.is_relative_to(root) and path.suffix in TYPES else None
    except OSError:  # a name that is too long
        return None


def _handler(root: Path, start: str, alone: bool) -> Callable[..., BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        server_version, sys_version = "c360", ""
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody is watched."""

        def _answer(self, body: bool) -> None:
            named = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
            if alone and not _is_loopback(named):
                self.send_error(HTTPStatus.FORBIDDEN)
                return
            path = urlsplit(self.path).path
            if path == "/":
                self._lead(f"/{start}/")
                return
            page = found(root, self.path)
            if page is None:
                self.send_error(HTTPStatus.NOT_FOUND)
            elif page.name == "index.html" and not path.endswith(("/", "index.html")):
                self._lead(f"/{page.parent.relative_to(root).as_posix()}/")
            else:
                self._send(page.read_bytes(), TYPES[page.suffix], body)

        def _lead(self, to: str) -> None:
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", to)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, content: bytes, kind: str, body: bool) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            if body:
                self.wfile.write(content)

    return Pages
