"""`python -m mutation [--point P] [--only TEXT] [--all]`, in integration_tests: breaks every clause at every point.

Exit code 1 when a mutation survived or something alarmed that should not.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from c360.database import server
from c360.settings import load

from .generated import generated
from .mutations import MUTATIONS, POINTS
from .points import REPOSITORY
from .suite import Verdict, run, score

SIGNS = {
    "killed": "killed",
    "survived": "SURVIVED",
    "silent": "silent",
    "false alarm": "FALSE ALARM",
    "not here": "not here",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("--point", choices=POINTS, action="append", help="only this enforcement point")
    parser.add_argument("--only", default="", help="only mutations whose dataset, clause or name holds this text")
    parser.add_argument("--keep", type=Path, help="keep contracts, generated files and dbt project in this folder")
    arguments = parser.parse_args()
    every = (*MUTATIONS, *generated())
    chosen = [m for m in every if arguments.only in f"{m.dataset} {' '.join(m.clauses)} {m.name}"]
    with tempfile.TemporaryDirectory(prefix="c360-mutation-") as scratch:
        settings = load({"C360_ROOT": str(REPOSITORY), "C360_HOME": str(Path(scratch).resolve() / "home")})
        folder = arguments.keep or Path(scratch).resolve() / "work"
        server.start(settings)
        try:
            verdicts = run(
                chosen, settings, folder, arguments.point or POINTS, lambda text: print(text, file=sys.stderr)
            )
        finally:
            server.stop(settings)
    show(verdicts)
    return 0 if all(verdict.good for verdict in verdicts) else 1


def show(verdicts: list[Verdict]) -> None:
    ordered = list(dict.fromkeys(v.point for v in verdicts))
    by_mutation: dict[int, dict[str, Verdict]] = {}
    for verdict in verdicts:
        by_mutation.setdefault(id(verdict.mutation), {})[verdict.point] = verdict
    width = 100
    print(f"{'mutation':{width}}" + "".join(f"{point:13}" for point in ordered))
    for row in by_mutation.values():
        mutation = next(iter(row.values())).mutation
        title = f"{mutation.dataset}: {mutation.name}" + (
            f" → {', '.join(mutation.clauses)}" if mutation.clauses else ""
        )
        print(f"{title[: width - 1]:{width}}" + "".join(f"{SIGNS[row[p].outcome]:13}" for p in ordered))
    print("\nNot here, because:")
    for reason in sorted({f"  {v.point:8} {v.detail}" for v in verdicts if v.outcome == "not here"}):
        print(reason)
    wrong = [v for v in verdicts if not v.good]
    for verdict in wrong:
        mutation = verdict.mutation
        print(f"\n{SIGNS[verdict.outcome]} at {verdict.point}: {mutation.dataset}: {mutation.name}")
        print(f"  {verdict.detail}")
    print("\nScore:")
    for point, counts in score(verdicts).items():
        seen = counts["killed"] + counts["survived"]
        print(
            f"  {point:8} {counts['killed']} of {seen} mutations killed, {counts['survived']} survived, "
            f"{counts['false alarm']} false alarms, {counts['silent']} legal changes silent, "
            f"{counts['not here']} not here"
        )


if __name__ == "__main__":
    sys.exit(main())
