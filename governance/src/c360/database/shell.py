"""What the shell may say about a connection.

libpq fills whatever a connection leaves open from variables such as PGSERVICE, PGHOSTADDR, PGOPTIONS or
PGCLIENTENCODING. They are set for other programs: here they would lead elsewhere, or change what a query answers.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

LOGIN = ("PGPASS", "PGSSL", "PGGSS", "PGKRB", "PGCHANNELBINDING", "PGREQUIREAUTH")
"""How to log in to a server that C360_DATABASE_URL names, and how to be sure of it: PGPASSWORD, PGPASSFILE, PGSSL…"""


@contextmanager
def left_out(database_url: str | None) -> Iterator[tuple[str, ...]]:
    """Run a block without the shell's libpq variables, and give their names; LOGIN counts where there is a URL."""
    kept = LOGIN if database_url else ()
    before = {name: value for name, value in os.environ.items() if name.startswith("PG") and not name.startswith(kept)}
    for name in before:
        del os.environ[name]
    try:
        yield tuple(before)
    finally:
        os.environ.update(before)


@contextmanager
def exported(variables: dict[str, str]) -> Iterator[None]:
    """Run a block with `variables` in the environment, for libraries that connect by themselves."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
