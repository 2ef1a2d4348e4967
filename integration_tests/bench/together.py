"""Deliveries of two datasets at once, beside one after the other: `python -m integration_tests.bench.together --help`.

Each is a program of its own, as a scheduler would start it; neither dataset looks at the other. Goal: below 1.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from c360.database import server
from c360.settings import load

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: {name}
name: {name}
version: 1.0.0
status: active
servers: [{{server: local, type: postgres, host: localhost, port: 5432, database: x, schema: raw}}]
schema:
  - name: {name}
    properties:
      - {{name: id, logicalType: integer, physicalType: bigint, classification: public, required: true,
         primaryKey: true}}
      - {{name: at, logicalType: timestamp, physicalType: timestamp, classification: public, required: true}}
      - {{name: value, logicalType: number, physicalType: "numeric(12,2)", classification: public,
         logicalTypeOptions: {{minimum: 0, maximum: 9999}}}}
      - {{name: word, logicalType: string, physicalType: text, classification: public,
         logicalTypeOptions: {{maxLength: 12}}}}
"""
DATASETS = ("left", "right")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.bench.together", description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000, help="of each delivery")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each kind; the median counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        root = Path(folder)
        settings = load({"C360_ROOT": folder, "C360_HOME": str(root / "home")})
        try:
            _measure(root, options)
        finally:
            server.stop(settings)


def _measure(root: Path, options: argparse.Namespace) -> None:
    for name in DATASETS:
        path = root / "contracts" / "sources" / name / "1.0.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(CONTRACT.format(name=name))
    (root / "c360.toml").write_text("")
    seconds: dict[str, list[float]] = {"one after the other": [], "at once": []}
    for turn in range(2 * options.repeat + 1):
        out = root / f"deliveries{turn}"
        _wait(_c360(root, "fake", "--rows", str(options.rows), "--seed", str(turn), "--out", str(out)))
        begun = time.perf_counter()
        if turn % 2:
            for name in DATASETS:
                _wait(_deliver(root, out, name))
        else:
            _wait(*[_deliver(root, out, name) for name in DATASETS])
        if turn:  # the first one starts the server
            seconds["one after the other" if turn % 2 else "at once"].append(time.perf_counter() - begun)
    apart, together = (statistics.median(seconds[kind]) for kind in seconds)
    print(f"Two deliveries of {options.rows:,} rows, of datasets that do not look at each other:")
    print(
        f"  one after the other {apart:6.2f} s\n  at once             {together:6.2f} s   ratio {together / apart:.2f}"
    )


def _deliver(root: Path, out: Path, name: str) -> "subprocess.Popen[bytes]":
    return _c360(root, "ingest", name, str(out / f"{name}.csv"))


def _c360(root: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "c360.cli", *arguments]
    return subprocess.Popen(command, cwd=root, env={"C360_ROOT": str(root), "C360_HOME": str(root / "home")},
                            stdout=subprocess.DEVNULL)  # fmt: skip


def _wait(*processes: "subprocess.Popen[bytes]") -> None:
    for process in processes:
        if process.wait():
            raise SystemExit(f"{' '.join(map(str, process.args[2:]))} ended with {process.returncode}")


if __name__ == "__main__":
    main()
