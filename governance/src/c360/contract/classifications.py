"""The ordered list of classifications: a project's own, or the one that comes with the toolkit."""

from importlib.resources import as_file, files
from pathlib import Path

from c360.contract.document import read_document
from c360.errors import Breach


def classifications(path: Path | None = None) -> list[str]:
    """Names of the classification levels, from open to closed; of the toolkit's own list when there is no `path`.

    Raises CouldNotTell when it cannot be read, and Breach when it is no such list.
    """
    return list(described(path))


def described(path: Path | None = None) -> dict[str, str]:
    """What each level means, in their order; empty where the list does not say. Raises as `classifications` does."""
    if path is None:
        with as_file(files("c360.contract") / "classifications.yaml") as ours:
            return described(ours)
    entries = read_document(path).get("classifications")
    entries = entries if isinstance(entries, list) else []
    given = [entry for entry in entries if isinstance(entry, dict)]
    names = [name for entry in given if (name := entry.get("name")) and isinstance(name, str)]
    if not names or len(names) != len(entries):
        raise Breach(f"{path} holds no list `classifications` of entries with a name.", "Mend it, then: c360 lint")
    return {name: str(entry.get("description") or "") for name, entry in zip(names, given, strict=True)}
