"""The pages on a local port: what is served, what is refused, how it ends."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from c360.errors import CouldNotTell
from c360.publish.serve import open_server


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "home" / "site"
    for name in ("owners/index.html", "owners/contracts/a b.html", "contracts/index.html", "dbt/manifest.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"<p>{name}</p>")
    (folder / "partners/p").mkdir(parents=True)
    (folder / "partners/p/customers.csv").write_text("id\n1\n")
    (folder / ".owners.old-1").mkdir()
    (folder / ".owners.old-1/index.html").write_text("old")
    (folder.parent / "secret.html").write_text("secret")
    (folder / "owners/link.html").symlink_to(folder.parent / "secret.html")
    return folder


@pytest.fixture
def ask(site):
    """Asks the server for a path as it is written; gives status, headers and body."""
    with open_server(site, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def asked(path, method="GET", **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer.status, dict(answer.headers), body

        yield asked
        server.shutdown()
        thread.join(10)


def test_pages_are_served_and_folders_lead_to_their_index(ask):
    assert ask("/")[:1] == (302,) and ask("/")[1]["Location"] == "/owners/"
    assert ask("/owners")[1]["Location"] == "/owners/"
    status, headers, body = ask("/owners/?x=1")
    assert (status, body) == (200, b"<p>owners/index.html</p>")
    assert headers["Content-Type"] == "text/html; charset=utf-8" and headers["X-Content-Type-Options"] == "nosniff"
    assert ask("/owners/contracts/a%20b.html")[2] == b"<p>owners/contracts/a b.html</p>"
    assert ask("/dbt/manifest.json")[1]["Content-Type"] == "application/json"
    status, headers, body = ask("/owners/", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "24", b"")


@pytest.mark.parametrize(
    "path",
    ["/../secret.html", "/owners/../../secret.html", "/%2e%2e/secret.html", "/owners/..%2f..%2fsecret.html",
     "//etc/hostname", "/owners/link.html", "/.owners.old-1/index.html", "/owners/..%5csecret.html",
     "/owners/%00index.html", "/partners/p/customers.csv", "/partners/p/", "/partners", "/owners/contracts/",
     "/nothing.html", "/" + "x" * 5000],
)  # fmt: skip
def test_what_is_no_page_or_lies_elsewhere_is_not_there(ask, path):
    status, _, body = ask(path)
    assert status == 404 and b"secret" not in body.replace(path.encode(), b"") and b"customers.csv" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_is_written(ask, method):
    assert ask("/owners/index.html", method)[0] == 501


def test_another_name_for_this_machine_is_refused(ask):
    assert ask("/owners/", Host="attacker.example")[0] == 403
    assert ask("/owners/", Host="localhost:1")[0] == 200


def test_without_pages(tmp_path):
    with pytest.raises(CouldNotTell, match="There are no pages in") as told:
        open_server(tmp_path, "127.0.0.1", 0)
    assert told.value.remedy == "Write them: c360 report"


def test_a_taken_port_names_a_free_one(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CouldNotTell, match=f"Port {port} of 127.0.0.1 is taken by another program.") as told:
            open_server(site, "127.0.0.1", port)
    free = int(told.value.remedy.removeprefix("Take a free one: c360 serve --port "))
    open_server(site, "127.0.0.1", free).server_close()


def test_an_address_of_another_machine_is_said_so(site):
    for port in (0, 8360):
        with pytest.raises(CouldNotTell, match=r"Cannot listen at 192\.0\.2\.1"):
            open_server(site, "192.0.2.1", port)


def test_ctrl_c_ends_it_in_a_sentence(site):
    (site.parents[1] / "c360.toml").write_text('name = "x"\n')
    environment = os.environ | {"C360_HOME": str(site.parent), "PYTHONUNBUFFERED": "1"}
    run = [sys.executable, "-c", "from c360.cli import main; main(['serve', '--port', '0'])"]
    with subprocess.Popen(
        run, cwd=site.parents[1], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    ) as server:  # fmt: skip
        line = server.stdout.readline()
        assert line.startswith("The pages: http://127.0.0.1:") and "Ctrl-C ends" in line
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=60)
    assert (server.returncode, told) == (0, "Stopped; the pages are shown no more.\n")
