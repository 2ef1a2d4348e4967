"""docs/reference.md is what the code says."""

from c360.clause.kinds import KINDS
from c360.cli import VERBS
from c360.project_file import _SETTINGS
from governance.reference import ODCS, PAGE, page


def test_the_reference_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "Run: python governance/reference.py"


def test_the_reference_names_everything() -> None:
    text = page()
    assert ODCS.keys() == KINDS.keys()
    named = [*(f"#### `c360 {verb}`" for verb in VERBS), "#### `c360 quarantine show`", "#### `Project.ingest`"]
    named += [f"| `{name}` |" for name in (*_SETTINGS, *KINDS, "governance.delivery", "quarantine.rows")]
    named += ["`$C360_DATABASE_URL`", "`$C360_ROOT`", "`--as-of TIME`"]
    assert [name for name in named if name not in text] == []
