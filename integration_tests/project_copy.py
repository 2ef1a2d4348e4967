"""A copy of this project for a test that changes it, and the change that several of them make."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRANSACTIONS = "contracts/sources/transactions/1.0.0.odcs.yaml"
LAST_CATEGORY = '          - {value: "Sports, Fitness & Outdoors", id: sports_fitness_and_outdoors}\n'
NEW_CATEGORY = "          - {value: Home & Garden, id: home_and_garden}\n"


def copy_project(folder: Path) -> Path:
    """Copy what git knows or would add, nothing that was made, to `folder`; returns it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def add_category(project: Path) -> None:
    """Add a category to the contract of transactions, and touch nothing else."""
    contract = project / TRANSACTIONS
    text = contract.read_text(encoding="utf-8")
    assert text.count(LAST_CATEGORY) == 1, f"{TRANSACTIONS} lists its categories in another way"
    contract.write_text(text.replace(LAST_CATEGORY, LAST_CATEGORY + NEW_CATEGORY), encoding="utf-8")
