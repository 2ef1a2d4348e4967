"""The table of docs/versions.md holds the rules as they are."""

import os
from pathlib import Path

from c360.compat.grades import RULES

PAGE = Path(__file__).parents[3] / "docs" / "versions.md"
START, END = "<!-- rules: c360.compat.grades -->\n", "<!-- end of rules -->\n"


def table() -> str:
    lines = ["| change | | consumers | producers | step | in reverse |", "|---|---|---|---|---|---|"]
    for rule in RULES.values():
        steps = list(dict.fromkeys(rule.step(layer).label for layer in ("sources", "products")))
        step = steps[0] if len(steps) == 1 else f"{steps[0]}, of a product {steps[1]}"
        lines.append(
            f"| {rule.name} | {rule.description} | {rule.consumers} | {rule.producers} | {step} | {rule.mirror} |"
        )
    return "\n".join(lines) + "\n"


def test_the_table_is_that_of_the_rules():
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    written, after = rest.split(END)
    if os.environ.get("UPDATE_GOLDENS"):
        PAGE.write_text(before + START + table() + END + after, encoding="utf-8")
    else:
        assert written == table(), "Run: UPDATE_GOLDENS=1 pytest governance/tests/compat"
