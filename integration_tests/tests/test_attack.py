"""Attacks on a year of releases fail as often as the policies promise, and succeed where a protection is missing."""

import json
from dataclasses import replace

from c360.database import connect
from c360.share import keys
from governance.tests.generate.filled_in import filled_in
from integration_tests.attack.__main__ import show
from integration_tests.attack.suite import attack
from integration_tests.attack.world import Protections, build, ours

CUSTOMERS, SEED = 1_200, 2
BY_NAME = {"joining two partners by pseudonym", "guessing pseudonyms from known ids"}
BY_GROUP = {"standing in a group of fewer than k", "singling somebody out among fewer than 11, exact values known"}
BY_PATH = {
    "standing on a path of groups shared by fewer than k",
    "singling somebody out among fewer than 11, all of them known in every release",
}
BY_LABEL = "having a sensitive value of fewer than k"
BY_CHANGE, BY_ERASURE = "seeing a change of the sensitive value among fewer than k", "seeing who was erased"
BY_WINDOW = "knowing a pseudonym again after its window"


def tried(database, how=None, policies=None):
    drop(database)
    return attack(build(database, CUSTOMERS, SEED, lambda text: None, how, policies))


def drop(settings):
    database = connect(settings, role=None)
    database.execute("drop schema if exists shares cascade; drop schema if exists sharing cascade")
    database.close()


def broken(database, how, policies=None):
    return {one.protected.attack for one in tried(database, how, policies) if not one.protected.held}


def test_what_is_promised_holds_and_every_attack_is_one(database, capsys):
    found = tried(database)
    assert [one.facts for one in found if not one.protected.held] == []
    assert [one.facts for one in found if one.raw.rate <= max(2 * (one.protected.promise or 0), 0.15)] == []
    assert {one.protected.attack for one in found} > (
        BY_NAME | BY_GROUP | BY_PATH | {BY_LABEL, BY_CHANGE, BY_ERASURE, BY_WINDOW}
    )
    looked = {(one.protected.attack, one.protected.partner): one.protected.attempts for one in found}
    for partner in ("harbour_media", "southern_insight_following"):
        assert looked[BY_ERASURE, partner] >= 5 and looked[BY_WINDOW, partner] > 800, "there is something to look at"
    assert looked[BY_CHANGE, "southern_insight_following"] > 5_000
    show(found, as_json=True)
    told = capsys.readouterr().out
    assert [one["held"] for one in json.loads(told)] == [True] * len(found)


def test_without_a_secret_key_pseudonyms_are_guessed_and_joined(database, monkeypatch):
    monkeypatch.setattr(keys, "_RANDOM", "''::bytea")
    assert broken(database, None) >= BY_NAME


def test_by_one_key_for_all_releases_people_are_followed(database):
    found = broken(
        database, Protections(goes_on=lambda cursor, policy: keys.newest(cursor, policy.partner) is not None)
    )
    assert found >= {min(BY_PATH, key=len), BY_CHANGE, BY_WINDOW}


def test_without_another_key_after_an_erasure_it_is_seen(database):
    assert BY_ERASURE in broken(database, Protections(rekey=lambda cursor, tables: None))


def test_without_the_release_before_a_path_is_seen(database):
    found = broken(database, Protections(release=lambda policy, compare, last: filled_in(policy, False, last)))
    assert found >= BY_PATH | {BY_CHANGE}


def test_by_pairs_of_releases_a_path_is_seen(database):
    """By the way to a group alone, whatever the path before."""

    def pairs(policy, compare, last):
        path = f"dense_rank() over (order by flows.last_path, flows.number) as path_of_{policy.k}"
        sql = filled_in(policy, compare, last)
        assert not compare or path in sql
        return sql.replace("order by flows.last_path, flows.number", "order by flows.number")

    few = [replace(policy, k=3) for policy in ours() if not policy.sensitive]
    assert broken(database, Protections(release=pairs), few) & BY_PATH


def test_with_a_lower_k_somebody_is_singled_out(database):
    lower = [replace(policy, k=3) for policy in ours()]
    drop(database)
    world = build(database, CUSTOMERS, SEED, lambda text: None, None, lower)
    for month in world.protected:
        month.shares = {
            name: replace(share, k=11 if name == "harbour_media" else 20) for name, share in month.shares.items()
        }
    assert {one.protected.attack for one in attack(world) if not one.protected.held} >= BY_GROUP | {BY_LABEL}
