"""Make .spark-venv, the environment of Spark and of dbt's adapter for Databricks: 860 MB, so made when first needed.

    python spark_environment.py          make it, unless it is there already; safe from several processes at once
    python spark_environment.py --java   the same, if there is a Java for Spark

Exit codes: 0 it is there, 2 it could not be made, 3 there is no Java 17.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "requirements"))
from environment import made  # noqa: E402

OLDEST_JAVA = 17


def main(with_java: bool) -> int:
    if with_java and (missing := java_missing()):
        return say(missing, "apt-get install openjdk-17-jre-headless (on macOS: brew install openjdk@17)", 3)
    return 0 if made(HERE / ".spark-venv", ROOT / "requirements/spark.txt") else 2


@contextmanager
def beside() -> Iterator[None]:
    """Its Spark in this process, behind what is installed here: workers need the toolkit's reader."""
    if code := main(with_java=True):
        sys.exit(code)
    (site,) = (HERE / ".spark-venv/lib").glob("python*/site-packages")
    sys.path.append(str(site))
    try:
        yield
    finally:
        from pyspark.sql import SparkSession

        if (session := SparkSession.getActiveSession()) is not None:
            session.stop()
        sys.path.remove(str(site))


def java_missing() -> str | None:
    """What is wrong with the Java that Spark would take; None when it will do."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin" if home else None)
    said = subprocess.run([program, "-version"], capture_output=True, text=True).stderr if program else ""
    version = re.search(r'version "(\d+)', said)
    if version and int(version[1]) >= OLDEST_JAVA:
        return None
    return f"Spark needs Java {OLDEST_JAVA} or later; found {version[1] if version else 'none'}."


def say(what: str, remedy: str, code: int) -> int:
    print(f"{what} Type: {remedy}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main("--java" in sys.argv[1:]))
