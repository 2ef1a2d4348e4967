"""What mkdocs does besides: README and CHANGELOG are pages, and what a page links to in the repository comes along.

A hook of mkdocs (governance/mkdocs.yml), which calls these functions by their names.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {"index.md": "README.md", "changelog.md": "CHANGELOG.md", "decisions.md": None}
"""Pages that are made, and the files that they are."""
COPIES = "repository"
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    for name, source in PAGES.items():
        files.append(File.generated(config, name, content=_text(source) if source else _decisions()))
    read = [path for path in (ROOT / "docs").rglob("*.md")] + [ROOT / source for source in PAGES.values() if source]
    while read:
        for path in _linked(read.pop()):
            place = _place(path)
            if path.is_file() and files.get_file_from_path(place) is None:
                files.append(File.generated(config, place, content=path.read_bytes()))
                read += [path] * (path.suffix == ".md")
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """The text with links to files of the repository led to where the site has these."""
    here = Path(page.file.src_uri)
    source = PAGES.get(here.as_posix()) or (here.relative_to(COPIES) if COPIES in here.parts else Path("docs", here))

    def lead(found: re.Match[str]) -> str:
        path = (ROOT / source).parent.joinpath(found[1]).resolve()
        return f"]({'../' * (len(here.parts) - 1)}{_place(path)}{found[2] or ''})"

    return _LINK.sub(lead, markdown)


def _linked(page: Path) -> list[Path]:
    return [page.parent.joinpath(found[1]).resolve() for found in _LINK.finditer(page.read_text(encoding="utf-8"))]


def _place(path: Path) -> str:
    """Where the site has a file of the repository."""
    inside = path.relative_to(ROOT)
    for name, source in PAGES.items():
        if source == inside.as_posix():
            return name
    if inside.parts[0] != "docs":
        return Path(COPIES, inside).as_posix()
    place = Path(*inside.parts[1:])
    return (place.with_suffix(".md") if path.is_dir() else place).as_posix()


def _text(source: str) -> str:
    return (ROOT / source).read_text(encoding="utf-8")


def _decisions() -> str:
    """A list of the records of decisions, which mkdocs has no page for."""
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    titles = [(path.name, path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")) for path in records]
    lines = [f"- [{title}](decisions/{name})" for name, title in titles]
    return "\n".join(["# Decisions", "", "Why it is built as it is, one record each.", "", *lines, ""])
