"""The documentation site: no dead link, every page, nothing loaded from elsewhere, and it fits a phone."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "governance/mkdocs.yml"
HEADING = re.compile(r"(?m)^### (.+)$")
LOADED = re.compile(
    r"""<(?:script|img|iframe)[^>]*\bsrc=["']?([^"' >]+)"""
    r"""|<link[^>]*\brel=["']?(?:stylesheet|icon|preconnect)[^>]*\bhref=["']?([^"' >]+)"""
)


@pytest.fixture(scope="module")
def mkdocs(environment):
    program = environment("docs") / "mkdocs"
    return lambda *arguments: subprocess.run(
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, env={"NO_MKDOCS_2_WARNING": "1"}
    )


@pytest.fixture(scope="module")
def site(mkdocs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = mkdocs("build", "--strict", "--quiet", "--config-file", CONFIG, "--site-dir", folder)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_on_the_site(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert {path.relative_to(site) for path in site.rglob("*.html")} >= {
        *pages,
        Path("index.html"),
        Path("changelog.html"),
    }
    index = (site / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{page}"' in index or f"href={page}" in index for page in pages if len(page.parts) == 1)


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = {
        one
        for page in site.rglob("*.html")
        for found in LOADED.findall(page.read_text(encoding="utf-8"))
        for one in found
    }
    assert len(loaded) > 3 and [one for one in loaded if re.match(r"(https?:)?//", one)] == []


def test_what_pages_link_to_in_the_repository_is_on_the_site(site):
    assert (site / "repository/integration_tests/fuzz/one_rule.py").read_bytes() == (
        ROOT / "integration_tests/fuzz/one_rule.py"
    ).read_bytes()
    assert 'href="decisions.html"' in (site / "index.html").read_text(encoding="utf-8")


def test_a_dead_link_fails_the_build(mkdocs, site, tmp_path):
    """Of a site that is this one but for a page."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# A\n\n[b](index.md#nowhere)\n")
    config = CONFIG.read_text(encoding="utf-8")
    text = re.sub(r"\n(hooks|docs_dir|site_dir):[^\n]*", "", config[: config.index("\nnav:")])
    (tmp_path / "mkdocs.yml").write_text(text)
    built = mkdocs("build", "--strict", "--config-file", tmp_path / "mkdocs.yml", "--site-dir", tmp_path / "out")
    assert built.returncode == 1 and "#nowhere" in built.stderr


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.browser
def test_no_page_is_wider_than_the_screen(site, chromium, width):
    page = chromium.new_page(viewport={"width": width, "height": 900})
    for name in ("index", "reference", "troubleshooting", "compare", "contracts"):
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.close()


def test_messages_of_the_page_of_errors_are_those_of_the_code():
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    code = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "governance/src/c360").rglob("*.py"))
    code = code.replace("{project_file.NAME}", "c360.toml")
    code = re.sub(r'"\s+f?"', "", code)
    parts = [part.strip(" ,:;") for heading in HEADING.findall(page) for part in heading.split("…")]
    assert len(parts) > 20 and [part for part in parts if part not in code] == []
