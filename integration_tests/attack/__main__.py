"""`python -m integration_tests.attack [--customers N] [--seed N] [--json]`: attacks what partners get over a year, and
the same columns without protection.

Exit code 1 when an attack succeeds more often than the policy promises.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from c360.console import print_json, print_table
from c360.database import server
from c360.settings import load

from .suite import Tried, attack
from .world import build

REPOSITORY = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.attack", description=__doc__)
    parser.add_argument("--customers", type=int, default=4_000, help="how many people there are")
    parser.add_argument("--seed", type=int, default=1, help="the same seed invents the same people")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON, for machines")
    arguments = parser.parse_args()
    say = (lambda text: print(text, file=sys.stderr)) if sys.stderr.isatty() else (lambda text: None)
    with tempfile.TemporaryDirectory(prefix="c360-attack-") as scratch:
        settings = load({"C360_ROOT": str(REPOSITORY), "C360_HOME": str(Path(scratch).resolve() / "home")})
        server.start(settings)
        try:
            world = build(settings, arguments.customers, arguments.seed, say)
        finally:
            server.stop(settings)
    tried = attack(world)
    show(tried, arguments.as_json)
    return 0 if all(one.protected.held for one in tried) else 1


def show(tried: list[Tried], as_json: bool) -> None:
    if as_json:
        print_json([one.facts for one in tried])
        return
    rows = []
    for one in tried:
        promise = "none" if one.protected.promise is None else f"{one.protected.promise:.1%}"
        counted = [
            cell
            for r in (one.protected, one.raw)
            for cell in (f"{r.successes:,.0f} of {r.attempts:,}", f"{r.rate:.1%}")
        ]
        verdict = "" if one.protected.held else "BROKEN"
        rows.append([one.protected.attack, one.protected.partner, promise, *counted, verdict])
    print_table(["attack", "partner", "promise", "protected", "rate", "unprotected", "rate", ""], rows)


if __name__ == "__main__":
    sys.exit(main())
