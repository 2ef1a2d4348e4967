"""An older ODCS file in today's version: as little is changed as can be, and comments stay where the shape stays."""

from pathlib import Path

from c360.contract.document import read_document
from c360.draft.older import as_current_version, renew
from c360.errors import Breach
from c360.yaml_writer import changed_yaml, to_yaml


def upgraded(path: Path) -> tuple[str, list[str]]:
    """The text of the file, and what has changed. Raises Breach for a file that is no ODCS contract."""
    document = read_document(path)  # with its limits, before any other parser sees it
    version = str(document.get("apiVersion") or "")
    if document.get("kind") != "DataContract" or not version.lstrip("v").startswith(("2.", "3.")):
        raise Breach(f"{path} is no ODCS contract of v2 or v3.", f"Draft one from it: c360 import {path}")
    if version.lstrip("v").startswith("2."):
        document, notes = as_current_version(path, document)
        return to_yaml(document), [*notes, "its comments are lost: v2 had another shape"]
    notes = []
    return changed_yaml(path.read_text(encoding="utf-8"), lambda whole: renew(whole, notes)), notes
