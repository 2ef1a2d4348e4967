"""The steps of a version's life: released, deprecated, retired. Each is checked, locked, then written into the file.

The lock is written first. Killed in between, the same command finds there what it was about to write, and goes on.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from c360.compat.changes import Diff
from c360.compat.compare import compare_all
from c360.compat.diff import diff
from c360.compat.lifecycle import notice_of
from c360.compat.render import refusal, verdict
from c360.compat.steps import to_compare
from c360.contract.classifications import classifications
from c360.contract.current import name_of
from c360.contract.document import read_document
from c360.contract.edit import edited
from c360.contract.findings import LintRules
from c360.contract.load import contract_files
from c360.contract.lock import LOCK, UNRELEASED, Locked, digest, moved_on, read_lock, written
from c360.contract.sunset import sunset as sunset_of
from c360.errors import Breach, CouldNotTell
from c360.folders import replace_file
from c360.lint.lint import lint
from c360.printable import shown
from c360.settings import Settings


@dataclass(frozen=True)
class Version:
    """A version in its file."""

    path: Path
    name: str
    version: str
    status: str
    text: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def versions(folder: Path) -> list[Version]:
    """Every version of every contract below `folder`, by file."""
    found = []
    for path in contract_files(folder):
        document = read_document(path)
        text = path.read_bytes().decode("utf-8")  # with the line ends that it has
        status = str(document.get("status") or "active")
        found.append(Version(path, name_of(document), str(document.get("version")), status, text))
    return found


def pick(folder: Path, said: str) -> Version:
    """The version that is meant by `contract@version`, by a file, or by a contract that has one version or draft only.

    Raises CouldNotTell naming what there is.
    """
    there = versions(folder)
    name, _, version = said.partition("@")
    meant = [v for v in there if v.path == Path(said).resolve() or (v.name == name and version in ("", v.version))]
    if len(meant) > 1:
        meant = [v for v in meant if v.status in UNRELEASED]
    if len(meant) == 1:
        return meant[0]
    known = ", ".join(
        f"{v.name}@{v.version}" for v in there if v.name == name or not any(o.name == name for o in there)
    )
    raise CouldNotTell(f"There is no one version {shown(said)}.", f"There are: {known}.")


def release(settings: Settings, folder: Path, version: Version, today: date) -> bool:
    """Make a draft active, and lock it. False when it was so already.

    Raises Breach when it does not lint, has not moved far enough from the version below, or a consumer that it breaks
    has not agreed.
    """
    lock = read_lock(folder)
    text = edited(version.path, version.text, "active", {}) if version.status in UNRELEASED else version.text
    if _kept(folder, version, lock, text) and text == version.text:
        return False
    _sound(settings, folder, version.path)
    instead = {version.path: text}
    comparisons = compare_all(folder, None, settings.classifications, today, instead)
    refused = refusal([one for one in comparisons if version.path in (one.diff.new.path, one.diff.old.path)])
    if refused:
        raise refused
    _write(folder, version, lock, text, today)
    return True


def deprecate(settings: Settings, folder: Path, version: Version, sunset: date, replacement: str, today: date) -> bool:
    """Announce the end of a version: the day (UTC) after which it may be gone, and what to use instead.

    False when it was announced so already. Raises Breach when the day is nearer than the notice that it promises, or
    the replacement is no released version of it.
    """
    others = [v for v in versions(folder) if v.name == version.name and v.status not in (*UNRELEASED, "retired")]
    if replacement == version.version or replacement not in [v.version for v in others]:
        known = ", ".join(v.version for v in others if v.version != version.version) or "none"
        raise Breach(f"{version.name} has no released version {shown(replacement)}.", f"There are: {known}.")
    dates = {"sunset": str(sunset), "replacement": replacement}
    return _step(settings, folder, version, "deprecated", dates, today)


def retire(settings: Settings, folder: Path, version: Version, today: date) -> bool:
    """End a version whose sunset has passed. False when it has ended already. Raises Breach before that day."""
    return _step(settings, folder, version, "retired", {}, today)


def _step(settings: Settings, folder: Path, version: Version, status: str, custom: dict[str, str], today: date) -> bool:
    if version.status in UNRELEASED:
        raise Breach(f"{version} is a {version.status}: nobody was promised it.", f"Delete {version.path}")
    lock = read_lock(folder)
    text = edited(version.path, version.text, status, custom)
    _kept(folder, version, lock, text)
    if text == version.text:
        return False
    step = _compared(folder, version, text, settings, today)
    if not step.enough:
        raise Breach(verdict(step), _first_day(step, today))
    _write(folder, version, lock, text, today)
    return True


def _compared(folder: Path, version: Version, text: str, settings: Settings, today: date) -> Diff:
    old, new = (to_compare(version.path, folder, said) for said in (version.text, text))
    return diff(old, new, classifications(settings.classifications), today)


def _first_day(step: Diff, today: date) -> str:
    """What has to come before this step."""
    name, ends = f"{step.old.name}@{step.old.version}", sunset_of(step.old.document)
    if "sunset-too-near" in [change.rule.name for change in step.changes]:
        return f"It promises notice: the first day for --sunset is {today + notice_of(step.old.document)}."
    return (
        f"It ends on {ends}: retire it from that day on." if ends else f"Announce its end first: c360 deprecate {name}"
    )


def _kept(folder: Path, version: Version, lock: dict[str, Locked], text: str) -> bool:
    """Whether it is in the lock. Raises Breach for a file that is neither what was locked nor on its way to `text`."""
    entry = lock.get(version.path.relative_to(folder).as_posix())
    if entry is None or moved_on(version.path, version.version, entry):
        return False
    if entry.digest not in (digest(version.text.encode()), digest(text.encode())):
        raise Breach(
            f"{version} was released on {entry.day} and has changed since.",
            f"Put it back (git checkout -- {version.path}), and write the change into the next version.",
        )
    return True


def _sound(settings: Settings, folder: Path, path: Path) -> None:
    rules = LintRules(settings.strict, {**settings.lint_off, "not-locked": "it is about to be locked"})
    found = lint(folder, classifications(settings.classifications), rules, settings.file.raw_schema)
    errors = [f for f in found if f.severity == "error" and f.file == path and f.rule != "released-changed"]
    if errors:
        first = errors[0]
        raise Breach(
            f"{path}:{first.line}: {first.message} ({len(errors)} findings in all).", f"See them: c360 lint {path}"
        )


def _write(folder: Path, version: Version, lock: dict[str, Locked], text: str, today: date) -> None:
    relative = version.path.relative_to(folder).as_posix()
    known = lock.get(relative)
    day = known.day if known and known.version == version.version else today
    lock[relative] = Locked(relative, version.version, day, digest(text.encode()))
    try:
        replace_file(folder / LOCK, written(lock.values()))
        if text != version.text:
            replace_file(version.path, text)
    except OSError as error:
        raise CouldNotTell(f"Cannot write {error.filename}: {error.strerror}.", "Check the folder's rights.") from error


def unlocked(folder: Path) -> list[Version]:
    """Released versions that no lock holds."""
    held = {(entry.path, entry.version) for entry in read_lock(folder).values()}
    found = [v for v in versions(folder) if v.status not in UNRELEASED]
    return [v for v in found if (v.path.relative_to(folder).as_posix(), v.version) not in held]
