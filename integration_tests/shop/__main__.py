"""`python -m integration_tests.shop --out DIR [--customers N] [--transactions N] [--defects]`."""

import argparse
from pathlib import Path

from c360.console import clock

from .deliver import deliver


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.shop", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--transactions", type=int, default=10_000)
    parser.add_argument("--out", type=Path, required=True, help="folder")
    parser.add_argument("--format", dest="form", choices=["csv", "parquet", "both"], default="csv")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--now", type=clock, default=clock(None), help="when rows are loaded, ISO 8601 in UTC")
    parser.add_argument("--defects", action="store_true", help="plant every kind of defect, and write truth.json")
    deliver(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
