"""An older ODCS file in today's words: the rest of it stays as it is."""

from pathlib import Path

import pytest

from c360.draft.upgrade import upgraded
from c360.errors import Breach

OLD = """\
# Ours since 2021.
apiVersion: v3.0.2
kind: DataContract
id: urn:old   # never changes
version: "1.0.0"
team:
  - username: jdoe
schema:
  - name: rides
    properties:
      - name: kind   # of vehicle
        logicalType: string
        logicalTypeOptions: {enum: [bus, tram]}
        quality:
          - rule: nullCheck
            mustBe: 0
"""


def test_only_what_is_called_otherwise_changes(tmp_path: Path) -> None:
    (tmp_path / "a.odcs.yaml").write_text(OLD)
    text, told = upgraded(tmp_path / "a.odcs.yaml")
    kept = [line for line in OLD.splitlines() if line in text.splitlines()]
    assert set(OLD.splitlines()) - set(kept) == {
        "apiVersion: v3.0.2", "  - username: jdoe", "        logicalTypeOptions: {enum: [bus, tram]}",
        "          - rule: nullCheck",
    }  # fmt: skip
    assert "metric: nullValues" in text and "apiVersion: v3.2.0" in text and "members:" in text
    assert len(told) == 4


def test_twice_is_once(tmp_path: Path) -> None:
    (tmp_path / "a.odcs.yaml").write_text(OLD)
    once, _ = upgraded(tmp_path / "a.odcs.yaml")
    (tmp_path / "b.odcs.yaml").write_text(once)
    assert upgraded(tmp_path / "b.odcs.yaml") == (once, [])


def test_of_version_2_comments_are_lost_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("# Mine.\nkind: DataContract\napiVersion: v2.2.1\nuuid: u\nversion: 1.0.0\n")
    text, told = upgraded(tmp_path / "a.yaml")
    assert "id: u\n" in text and "Mine" not in text
    assert told[-1].startswith("its comments are lost")


def test_another_format_is_no_older_version(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("dataContractSpecification: 1.1.0\nid: x\n")
    with pytest.raises(Breach, match="is no ODCS contract") as told:
        upgraded(tmp_path / "a.yaml")
    assert "c360 import" in told.value.remedy
