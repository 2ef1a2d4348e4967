"""Pages that load nothing and tell nobody that they are read: how they are rendered, and what they let a browser do.

Text of contracts is not trusted: all of it is escaped, an address that does more than lead somewhere is left out, and
the only script that a page allows is ours.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from c360.generate.text import unique_slugs
from c360.printable import age, number, span

_TEMPLATES = Path(__file__).parent / "templates"
_HEAVY = 80_000
"""Bytes of the items of one page; with its head, navigation and the largest item it stays below 100 kB."""
_HEAD = re.compile(r"\s*(<!doctype\b[^>]*>)?\s*(<html\b[^>]*>)?\s*<head\b[^>]*>", re.IGNORECASE)


def owner_pages(keys: Iterable[str]) -> dict[str, str]:
    """By key of a contract the file of its page for owners."""
    return {key: f"contract-{slug}.html" for key, slug in unique_slugs(list(keys), joint="-").items()}


def renderer(as_of: datetime | None = None, **values: Any) -> Callable[..., str]:
    """Renders a template by its name, with `values` for all of them and others for each. Pages that tell how things
    stood at `as_of` (with time zone) bear our script, others none."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (_TEMPLATES / "filter.js").read_text(encoding="utf-8") if as_of else ""
    environment.globals |= {
        "as_of": as_of,
        "style": (_TEMPLATES / "style.css").read_text(encoding="utf-8"),
        "script": script,
        "policy": _policy([script] if script else []),
        **values,
    }
    environment.filters |= {
        "when": lambda time: f"{time.astimezone(UTC):%Y-%m-%d %H:%M}",
        "breakable": _breakable,
        "address": address,
        "thousands": lambda value: f"{value:,}",
        "number": number,
        "date": lambda day: f"{day:%d %b}",
        "ago": lambda time: age((as_of - time).total_seconds()) if as_of else "",
        "span": span,
        "percent": lambda share: f"{share:.1%}",
    }
    return lambda name, **own: environment.get_template(name).render(**own)


def _breakable(name: str) -> Any:
    """A name that may break over lines after its dots and underscores."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[._])", str(name))
    return Markup("<wbr>").join(escape(part) for part in parts)


def address(text: object) -> str:
    """An address of the web or of mail as it stands; empty for any other, which could run something."""
    bare = re.sub(r"[\x00-\x20\x7f]", "", text) if isinstance(text, str) else ""  # browsers skip these in a scheme
    return bare if re.match(r"(https?|mailto):", bare, re.IGNORECASE) else ""


def write_list(folder: Path, stem: str, items: Sequence[tuple[str, str]], render: Callable[..., str]) -> None:
    """Write a list of items (the name and the HTML of each) as `stem`.html, and what it has no room for as
    `stem`-2.html and so on. `render` gets the `items` of a page, the `files` of all, their `names` and the page's own
    file, `at`."""
    pages: list[list[tuple[str, str]]] = [[]]
    room = _HEAVY
    for item in items:
        size = len(item[1].encode())
        if pages[-1] and size > room:
            pages.append([])
            room = _HEAVY
        pages[-1].append(item)
        room -= size
    files = [f"{stem}.html", *(f"{stem}-{n}.html" for n in range(2, len(pages) + 1))]
    names = [_from_to(page[0][0], page[-1][0]) if page else "" for page in pages]
    for file, page in zip(files, pages, strict=True):
        text = render(items=page, files=files, names=names, at=file)
        (folder / file).write_text(text, encoding="utf-8")


def _from_to(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _policy(scripts: Iterable[str]) -> str:
    """A Content-Security-Policy: styles of the page itself, and no script but these."""
    allowed = " ".join(f"'{_hash(script)}'" for script in scripts) or "'none'"
    return sealed_but(f"script-src {allowed}; style-src 'unsafe-inline'; img-src data:")


def sealed_but(exceptions: str) -> str:
    """A Content-Security-Policy by which a page loads and sends nothing, with `exceptions`."""
    return f"default-src 'none'; {exceptions}; base-uri 'none'; form-action 'none'"


def with_policy(html: str, content: str) -> str:
    """`html` with that policy before all that it could hold back: in its head, or, as in Elementary's, before it."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    head = _HEAD.match(html)
    return html[: head.end()] + meta + html[head.end() :] if head else meta + html


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
