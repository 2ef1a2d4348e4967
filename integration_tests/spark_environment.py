"""Make .spark-venv, the environment of Spark and of dbt's adapter for Databricks: 860 MB, so made when first needed.

    python spark_environment.py          make it, unless it is there already; safe from several processes at once
    python spark_environment.py --java   the same, if there is a Java for Spark

Exit codes: 0 it is there, 2 it could not be made, 3 there is no Java 17.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE / ".spark-venv"
PYTHON = FOLDER / "bin/python"
REQUIREMENTS = HERE.parent / "requirements/spark.txt"
OLDEST_JAVA = 17


def main(with_java: bool) -> int:
    if with_java and (missing := java_missing()):
        return say(missing, "apt-get install openjdk-17-jre-headless (on macOS: brew install openjdk@17)", 3)
    with (HERE / ".spark-venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = FOLDER / ".complete"  # a run that was killed leaves none behind, so the next one starts afresh
        if complete.exists() and complete.read_bytes() == REQUIREMENTS.read_bytes():
            return 0
        print("Installing Spark and the adapter for Databricks into integration_tests/.spark-venv ...", flush=True)
        venv.create(FOLDER, clear=True, with_pip=True)
        if not install():
            return say(
                "The requirements of Spark could not be installed.", "pip config list (is an index in reach?)", 2
            )
        shutil.copyfile(REQUIREMENTS, complete)
    return 0


def java_missing() -> str | None:
    """What is wrong with the Java that Spark would take; None when it will do."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin" if home else None)
    said = subprocess.run([program, "-version"], capture_output=True, text=True).stderr if program else ""
    version = re.search(r'version "(\d+)', said)
    if version and int(version[1]) >= OLDEST_JAVA:
        return None
    return f"Spark needs Java {OLDEST_JAVA} or later; found {version[1] if version else 'none'}."


def install() -> bool:
    """By uv, which is quicker, where the toolkit's environment has it; else, or when it fails, by pip."""
    uv = Path(sys.executable).with_name("uv")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    wanted = ["--require-hashes", "--requirement", str(REQUIREMENTS)]
    by_uv = [str(uv), "pip", "install", "--quiet", "--python", str(PYTHON), "--index-strategy", "unsafe-best-match"]
    commands = ([by_uv] if uv.exists() else []) + [pip]
    return any(subprocess.run([*command, *wanted]).returncode == 0 for command in commands)


def say(what: str, remedy: str, code: int) -> int:
    print(f"{what} Type: {remedy}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main("--java" in sys.argv[1:]))
