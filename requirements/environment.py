"""Make an environment of its own for a tool that cannot share .venv, unless it is there already.

    python requirements/environment.py .venv-catalog requirements/catalog.txt

Safe from several processes at once. Exit codes: 0 it is there, 2 it could not be made.
"""

import fcntl
import shutil
import subprocess
import sys
import venv
from pathlib import Path


def made(folder: Path, requirements: Path) -> bool:
    """Whether `folder` holds an environment with just these requirements; makes it anew where it does not."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / ".complete"  # a run that was killed leaves none behind, so the next one starts afresh
        if complete.exists() and complete.read_bytes() == requirements.read_bytes():
            return True
        print(f"Installing {requirements.name} into {folder.name} ...", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        if _install(folder / "bin/python", requirements):
            shutil.copyfile(requirements, complete)
            return True
        print(f"{requirements} could not be installed. Type: pip config list (is an index in reach?)", file=sys.stderr)
        return False


def _install(python: Path, requirements: Path) -> bool:
    """By uv, which is quicker, where the toolkit's environment has it; else, or when it fails, by pip."""
    uv = Path(sys.executable).with_name("uv")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    wanted = ["--require-hashes", "--requirement", str(requirements)]
    by_uv = [str(uv), "pip", "install", "--quiet", "--python", str(python), "--index-strategy", "unsafe-best-match"]
    commands = ([by_uv] if uv.exists() else []) + [pip]
    return any(subprocess.run([*command, *wanted]).returncode == 0 for command in commands)


if __name__ == "__main__":
    sys.exit(0 if made(Path(sys.argv[1]), Path(sys.argv[2])) else 2)
