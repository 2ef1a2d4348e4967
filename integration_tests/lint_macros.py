"""Check the keywords within macros and generic tests: sqlfluff renders such a file to nothing, and sees only its lines.

Their bodies are pieces of statements, which no parser takes. Exit codes: 0 all as it should be, 1 not.
"""

import re
import sys
from pathlib import Path

from sqlfluff.core.dialects import dialect_selector

ROOT = Path(__file__).parents[1]
FOLDERS = ("dbt_package/macros", "governance/src/c360/generate/package", "integration_tests/macros")
KEYWORDS = dialect_selector("postgres").sets("reserved_keywords") | {"SELECT", "CAST", "COUNT", "COALESCE", "NULL"}
_NO_SQL = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|--[^\n]*|'[^']*'|\"[^\"]*\"", re.DOTALL)


def findings(text: str) -> list[str]:
    """`line: what is wrong` of one file of macros."""
    plain = _NO_SQL.sub(lambda other: "\n" * other[0].count("\n"), text)
    return [
        f"{number}: {word} should be {word.lower()}"
        for number, line in enumerate(plain.splitlines(), start=1)
        for word in re.findall(r"\w+", line)
        if word != word.lower() and word.upper() in KEYWORDS
    ]


def main() -> int:
    files = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.sql"))
    told = [f"{path.relative_to(ROOT)}:{line}" for path in files for line in findings(path.read_text(encoding="utf-8"))]
    print("\n".join(told), end="\n" * bool(told))
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
