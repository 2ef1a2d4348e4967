"""The dbt packages of the report: from the hub into a cache, and quickly without either."""

import io
import json
import tarfile
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from c360.cli import main
from c360.dbt import packages
from c360.errors import CouldNotTell
from c360.project_file import ProjectFile
from c360.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = ProjectFile(elementary=True)
    return Settings(tmp_path, tmp_path / "home", None, tmp_path / "cache", "http://127.0.0.1:9/", file=file)


@pytest.fixture
def serve():
    """Start a server on this machine that answers by a function of the path; `None` never answers."""
    servers, released = [], threading.Event()

    def start(answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = answer(self.path)
                if body is None:
                    released.wait(10)
                    return
                self.send_response(200 if body else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_): ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    released.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def fill(settings: Settings) -> None:
    for package in packages.wanted():
        package.copy(settings).mkdir(parents=True)
        (package.copy(settings) / "dbt_project.yml").write_text(f"name: {package.name}\n")


def hub(path: str, address: list[str]) -> bytes:
    """What the package hub says of our packages, and a small archive for each."""
    wanted = {package.hub: package for package in packages.wanted()}
    if path == "/api/v1/index.json":
        return json.dumps(list(wanted)).encode()
    name = path.removeprefix("/api/v1/").removesuffix(".json")
    if name in wanted:
        package = wanted[name]
        release = {
            "id": f"{name}/{package.version}", "name": package.name, "version": package.version, "packages": [],
            "require_dbt_version": [], "downloads": {"tarball": f"{address[0]}{package.name}.tgz", "format": "tgz"},
        }  # fmt: skip
        about = {"id": name, "name": package.name, "namespace": name.split("/")[0], "latest": package.version}
        return json.dumps({**about, "versions": {package.version: release}}).encode()
    for package in wanted.values():
        if path == f"/{package.name}.tgz":
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w:gz") as archive:
                text = f"name: {package.name}\nversion: {package.version}\nconfig-version: 2\n".encode()
                for name in ("dbt_project.yml", "README.md"):
                    entry = tarfile.TarInfo(f"{package.name}-x/{name}")
                    entry.size = len(text)
                    archive.addfile(entry, io.BytesIO(text))
            return packed.getvalue()
    return b""


def test_the_package_is_of_the_version_of_the_command_line():
    from elementary.utils.package import get_package_version

    assert packages.wanted()[0].version == get_package_version()


def test_the_cache_is_where_the_environment_says():
    def found(**env: str) -> Path:
        return load({"C360_ROOT": "/x", **env}, Path("/")).dbt_packages

    assert found(C360_DBT_PACKAGES="/srv/packages") == Path("/srv/packages")
    assert found(XDG_CACHE_HOME="/var/cache") == Path("/var/cache/customer360/dbt_packages")
    assert found() == Path.home() / ".cache/customer360/dbt_packages"


def test_without_copies_one_sentence_says_what_is_missing_and_how_to_get_it(settings):
    assert packages.cached(settings) == {}
    assert packages.left_out(settings) == (
        "Elementary is left out (anomaly tests, its report): "
        f"its dbt packages are not in {settings.dbt_packages}. Get them: c360 deps"
    )


def test_where_elementary_is_off_there_is_nothing_to_get(settings):
    fill(settings)
    off = replace(settings, file=ProjectFile(elementary=False))
    assert packages.cached(off) == {}
    assert "is off" in packages.left_out(off) and "c360.toml" in packages.left_out(off)


def test_half_of_the_packages_is_none(settings):
    fill(settings)
    assert packages.left_out(settings) is None
    (packages.wanted()[1].copy(settings) / "dbt_project.yml").unlink()
    assert packages.cached(settings) == {}


@pytest.mark.parametrize("answer", [lambda path: None, lambda path: b""], ids=["silent", "refusing"])
def test_a_hub_that_gives_nothing_is_given_up_in_two_seconds(serve, answer):
    address = serve(answer)
    before = time.monotonic()
    assert not packages.reachable(address)
    assert time.monotonic() - before < 2


def test_a_name_that_nobody_answers_for_is_given_up_in_two_seconds(monkeypatch):
    def silent(*_, **__):
        time.sleep(4)
        raise OSError

    monkeypatch.setattr("socket.getaddrinfo", silent)
    before = time.monotonic()
    assert not packages.reachable("https://hub.invalid/")
    assert time.monotonic() - before < 2


def test_what_the_hub_gives_is_kept(serve, settings, monkeypatch):
    address: list[str] = []
    address.append(serve(lambda path: hub(path, address)))
    monkeypatch.setenv("DBT_PACKAGE_HUB_URL", address[0])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings = replace(settings, package_hub=address[0])
    assert packages.reachable(address[0])
    packages.fetch(settings)
    assert set(packages.cached(settings)) == {"elementary", "dbt_utils"}
    assert {path.name for path in settings.dbt_packages.rglob(".*")} == set(), "no half copies"


def test_a_failing_download_leaves_no_half_copy(serve, settings, monkeypatch):
    monkeypatch.setenv("DBT_PACKAGE_HUB_URL", serve(lambda path: b"[]"))
    with pytest.raises(CouldNotTell, match="dbt deps got no packages"):
        packages.fetch(settings)
    assert packages.cached(settings) == {}


def test_deps_without_hub_and_copies_is_no_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("C360_DBT_PACKAGES", str(tmp_path / "none"))
    monkeypatch.setenv("DBT_PACKAGE_HUB_URL", "http://127.0.0.1:9/")
    with pytest.raises(SystemExit) as ended:
        main(["deps"])
    assert ended.value.code == 0
    assert "out of reach" in capsys.readouterr().out


def test_links_follow_what_there_is_and_never_touch_it(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        (folder / "dbt_project.yml").write_text("name: x\n")
    linked = packages.link(tmp_path / "packages", {"x": first, "y": first})
    packages.link(linked, {"x": second})
    assert [path.name for path in linked.iterdir()] == ["x"]
    assert (linked / "x").resolve() == second
    assert (first / "dbt_project.yml").exists()
