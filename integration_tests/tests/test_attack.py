"""Attacks on the shares fail as often as the policies promise, and succeed where there is no protection, or less."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from attack.__main__ import show
from attack.suite import attack
from attack.world import build, c360, published

from c360.database import connect
from integration_tests.project_copy import copy_project

CUSTOMERS, SEED = 1_200, 2
"""Of these the second release moves ten people from a coarser group to a finer one, where a newcomer makes eleven."""
BY_NAME = {"joining two partners by pseudonym", "guessing pseudonyms from known ids"}
BY_RELEASE = {"seeing who came, went or changed between releases", "following pseudonyms from release to release"}
BY_GROUP = {"standing in a group of fewer than k", "singling somebody out among fewer than 11, exact values known"}


@pytest.fixture(scope="module")
def world(database, tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("project"))
    return build(replace(database, root=project), CUSTOMERS, SEED, lambda text: None)


def broken(before, after):
    return {one.protected.attack for one in attack(before, after) if not one.protected.held}


def administer(settings, statement):
    database = connect(settings, role=None)
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(statement)
    database.close()


def test_what_is_promised_holds_and_every_attack_is_one(world, capsys):
    tried = attack(world.before, world.after)
    assert [one.facts for one in tried if not one.protected.held] == []
    assert [one.facts for one in tried if one.raw.rate <= max(2 * (one.protected.promise or 0), 0.15)] == []
    assert {one.protected.attack for one in tried} > BY_NAME | BY_RELEASE | BY_GROUP
    for partner, share in world.after.protected.items():
        came = share.pseudonyms - world.before.protected[partner].pseudonyms
        assert len(came) >= share.k and len(share.rows) > 1_000, "there is something to look at"
    show(tried, as_json=True)
    told = capsys.readouterr().out
    assert [one["held"] for one in json.loads(told)] == [True] * len(tried)
    assert world.after.people["harbour_media"][0].id not in told


def test_without_a_secret_key_pseudonyms_are_guessed_and_joined(world):
    """The key of nothing: its pads are the bytes of RFC 2104 themselves."""
    administer(
        world.settings,
        "create table public.kept as select * from sharing.key; update sharing.key set "
        "inner_pad = decode(repeat('36', 64), 'hex'), outer_pad = decode(repeat('5c', 64), 'hex')",
    )
    try:
        assert broken(world.before, published(world.settings)) >= BY_NAME
    finally:
        administer(
            world.settings,
            "update sharing.key as k set inner_pad = kept.inner_pad, outer_pad = kept.outer_pad from public.kept "
            "where (k.partner, k.version) = (kept.partner, kept.version); drop table public.kept",
        )


def test_without_the_release_before_the_difference_is_seen(world):
    administer(world.settings, "drop schema analytics_sharing cascade")
    assert broken(world.before, published(world.settings)) == BY_RELEASE


def test_with_a_lower_k_somebody_is_singled_out(world):
    policy = world.settings.policies / "harbour_media.yaml"
    policy.write_text(policy.read_text().replace("k: 11", "k: 3\ncontract_version: 2.0.0"))
    c360(world.settings, "generate")
    administer(world.settings, "drop schema analytics_sharing cascade")
    lower = published(world.settings)
    shares = {name: replace(share, k=world.before.protected[name].k) for name, share in lower.protected.items()}
    assert broken(world.before, replace(lower, protected=shares)) >= BY_GROUP
