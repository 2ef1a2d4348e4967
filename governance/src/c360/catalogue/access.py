"""How a server is reached: its address and the token, which stands in the environment or in a file of one's own."""

import os
import stat
from pathlib import Path

from c360.catalogue.server import Server
from c360.errors import CouldNotTell
from c360.settings import Settings

_MAKE_ONE = "Make one (Settings > Bots in its pages) and set C360_OPENMETADATA_TOKEN, or _TOKEN_FILE with its file."


def server(settings: Settings) -> Server:
    """Raises CouldNotTell when there is no address or no token, or when others may read its file."""
    return Server(address(settings), token(settings))


def address(settings: Settings) -> str:
    if not settings.openmetadata_url:
        raise CouldNotTell(
            "No catalogue is named.", "Set its address: export C360_OPENMETADATA_URL=http://localhost:8585"
        )
    return settings.openmetadata_url


def token(settings: Settings) -> str:
    """Never shown, nor passed on in an argument."""
    path = settings.openmetadata_token_file
    found = settings.openmetadata_token or (_of_file(path) if path else "")
    if not found:
        raise CouldNotTell("There is no token for the catalogue.", _MAKE_ONE)
    if not found.isascii() or not found.isprintable() or " " in found:
        raise CouldNotTell(
            "The token for the catalogue is none: it holds blanks or signs that no token has.", _MAKE_ONE
        )
    return found


def _of_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise CouldNotTell(f"Others may read {path}, which holds a token.", f"Close it: chmod 600 {path}")
            return file.read(100_000).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CouldNotTell(f"Cannot read the token in {path}: {why}.", _MAKE_ONE) from None
