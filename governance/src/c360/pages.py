"""Pages that load nothing and tell nobody that they are read: what a page we write lets a browser do."""

import base64
import hashlib
import re
from collections.abc import Iterable

from c360.generate.text import unique_slugs

_HEAD = re.compile(r"\s*(<!doctype\b[^>]*>)?\s*(<html\b[^>]*>)?\s*<head\b[^>]*>", re.IGNORECASE)


def owner_pages(keys: Iterable[str]) -> dict[str, str]:
    """By key of a contract the file of its page for owners."""
    return {key: f"contract-{slug}.html" for key, slug in unique_slugs(list(keys), joint="-").items()}


def policy(scripts: Iterable[str] = (), handlers: Iterable[str] = ()) -> str:
    """A Content-Security-Policy: styles of the page itself, and no script but these (`handlers` are onclick's)."""
    allowed = [f"'{_hash(script)}'" for script in scripts]
    handlers = [f"'{_hash(handler)}'" for handler in handlers]
    allowed += ["'unsafe-hashes'", *handlers] if handlers else []
    return sealed_but(f"script-src {' '.join(allowed) or repr('none')}; style-src 'unsafe-inline'; img-src data:")


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
