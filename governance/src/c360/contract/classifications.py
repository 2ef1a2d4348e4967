"""The policies of governance/policies: the ordered list of classifications."""

from pathlib import Path

from c360.contract.document import read_document

_FILE = Path(__file__).parents[3] / "policies" / "classifications.yaml"


def classifications() -> list[str]:
    """Names of the classification levels, from open to closed."""
    return [str(entry["name"]) for entry in read_document(_FILE)["classifications"]]
