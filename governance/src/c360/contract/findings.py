"""What lint finds: each by the name of its rule, which is an error, or what a project may want or do without."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from c360.contract.document import Place
from c360.contract.names import where
from c360.errors import CouldNotTell

Level = Literal["error", "strict", "warning"]

RULES: dict[str, tuple[Level, str]] = {
    "unreadable": ("error", "a file is not a contract that can be read"),
    "schema": ("error", "the standard forbids it"),
    "name": ("error", "no tool, or one that needs it, could carry a name or a text unchanged"),
    "collision": ("error", "two contracts claim the same name, table, file or dbt node"),
    "duplicate-column": ("error", "two columns of a table have one name"),
    "shape": ("error", "it has not the shape of a contract"),
    "never-holds": ("error", "a promise can never hold"),
    "pattern": ("error", "a pattern is no regular expression"),
    "no-such-column": ("error", "something names a column that its table does not have"),
    "released-changed": ("error", "a released version is not what it was when it was released"),
    "not-locked": ("strict", "a released version is not in the lock of a project that has one"),
    "policy": ("error", "a partner's policy is not sound"),
    "unclear": ("strict", "a promise cannot be understood"),
    "not-rendered": ("strict", "a clause cannot be enforced by the tools"),
    "older-name": ("strict", "a name is that of an older version of the standard"),
    "no-schema": ("strict", "it describes no table"),
    "version": ("strict", "the version is none of semver.org"),
    "sla-element": ("strict", "a service level is about no column that is there"),
    "no-team": ("strict", "nobody answers for the contract"),
    "no-support": ("strict", "there is no channel to ask in"),
    "no-description": ("strict", "a column is not described"),
    "no-classification": ("strict", "a column is not classified"),
    "unknown-classification": ("strict", "a classification is not on the project's list"),
    "no-type": ("strict", "a column has no physicalType, so nobody checks its type"),
    "unknown-type": ("strict", "a physicalType is of no engine that is known here"),
    "leads-nowhere": ("strict", "a relationship leads to what no contract here describes"),
    "foreign-engine": ("strict", "a rule is for an engine that nobody runs here"),
    "nested": ("strict", "a promise is made inside a column, where nobody looks"),
    "spelt-twice": ("warning", "two business names differ in upper and lower case alone"),
    "never-fails": ("warning", "a promise can never fail, so it protects nothing"),
    "not-enforced": ("warning", "what is said is enforced by nobody"),
}
"""An error always is one. A strict rule warns, and is an error where the project is strict."""


class LintProblem(NamedTuple):
    """What is wrong in a document, before it is a finding: the rule, the place inside, and the message."""

    rule: str
    place: Place
    message: str


@dataclass(frozen=True)
class LintFinding:
    file: Path
    inside: Place
    line: int
    message: str
    severity: Literal["error", "warning"]
    """A warning is sound, and yet hardly what was meant, or not as a strict project wants it."""
    rule: str

    @property
    def path(self) -> str:
        """The place inside the file, as `schema[0].properties[2].classification`."""
        return where(self.inside)

    def __str__(self) -> str:
        warning = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}: {self.path or '(whole file)'}: {warning}{self.message} [{self.rule}]"


@dataclass(frozen=True)
class LintRules:
    """How a project wants its contracts: whether strict rules are errors, and which rules are off, and why."""

    strict: bool = True
    off: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        for rule, reason in (self.off or {}).items():
            level = RULES.get(rule, ("", ""))[0]
            if level not in ("strict", "warning"):
                problem = "is always an error" if level else "is no rule of lint"
                known = ", ".join(name for name, (level, _) in RULES.items() if level != "error")
                raise CouldNotTell(f"{rule!r} {problem}, so it cannot be switched off.", f"There are: {known}.")
            if not reason.strip():
                raise CouldNotTell(f"The rule {rule!r} is switched off without a reason.", "Say why, in words.")

    def finding(self, problem: LintProblem, file: Path, line: int) -> LintFinding | None:
        """None where the rule is off."""
        if problem.rule in (self.off or {}):
            return None
        level, _ = RULES[problem.rule]
        severity: Literal["error", "warning"] = (
            "error" if level == "error" or (level == "strict" and self.strict) else "warning"
        )
        return LintFinding(file, problem.place, line, problem.message, severity, problem.rule)
