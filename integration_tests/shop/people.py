"""Invented Australian customers: the columns of contacts, without the load time.

Faker is slow (a hundredth of a second for a few people), so it only fills pools of names, streets and
suburbs; each customer is a seeded combination of them. Mails end in domains that are reserved for examples.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c360.fake.patterns import uuids

POOL = 600
GENDERS = ("F", "M", "X", None)
GENDER_SHARES = (0.49, 0.47, 0.02, 0.02)
DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606: nobody's mailbox
# State, share of the population, first and last postcode of its main range (Australia Post).
STATES = (
    ("NSW", 0.31, 2000, 2599),
    ("VIC", 0.26, 3000, 3999),
    ("QLD", 0.20, 4000, 4899),
    ("WA", 0.11, 6000, 6797),
    ("SA", 0.07, 5000, 5799),
    ("TAS", 0.02, 7000, 7799),
    ("ACT", 0.02, 2600, 2618),
    ("NT", 0.01, 800, 899),
)


@dataclass(frozen=True)
class People:
    """The columns of contacts, and what tastes depend on: gender (index into GENDERS) and age in years."""

    columns: dict[str, pa.Array]
    gender: np.ndarray
    age: np.ndarray


def invent(count: int, seed: int, today: np.datetime64) -> People:
    """`count` customers aged 16 to 95 on `today` (a day); equal arguments give equal people."""
    rng = np.random.default_rng([seed, 0])
    pools = _pools(seed)
    gender = rng.choice(len(GENDERS), count, p=GENDER_SHARES)
    feminine = np.where(gender < 2, gender == 0, rng.random(count) < 0.5)
    first = pc.if_else(pa.array(feminine), _draw(rng, pools["feminine"], count), _draw(rng, pools["masculine"], count))
    last = _draw(rng, pools["last"], count)
    username = _join(
        _letters(first), ".", _letters(last), _text(rng.permutation(count) + 1)
    )  # the number makes it unique
    days_old = (365.25 * (16 + 79 * rng.beta(1.6, 2.4, count))).astype("int64")
    columns = {
        "id": uuids(rng, count),
        "username": username,
        "name": _join(first, " ", last),
        "gender": pa.array([GENDERS[code] for code in gender], pa.string()),
        "address": _addresses(rng, pools, count),
        "mail": _join(username, "@", _draw(rng, DOMAINS, count)),
        "birthdate": pa.array(today.astype("datetime64[D]") - days_old),
    }
    return People(columns, gender, days_old / 365.25)


def _pools(seed: int) -> dict[str, list[str]]:
    from faker import Faker

    fake = Faker("en_AU")
    fake.seed_instance(seed)
    drawn = {
        "feminine": fake.first_name_female,
        "masculine": fake.first_name_male,
        "last": fake.last_name,
        "street": fake.street_name,
        "suburb": fake.city,
    }
    return {pool: [draw() for _ in range(POOL)] for pool, draw in drawn.items()}


def _addresses(rng: np.random.Generator, pools: dict[str, list[str]], count: int) -> pa.Array:
    """One line, such as `7/185 William Steps, West Kerry NSW 2042`; one in fifty is unknown (null)."""
    names, shares, lowest, highest = zip(*STATES, strict=True)
    state = rng.choice(len(STATES), count, p=shares)
    postcode = rng.integers(np.array(lowest)[state], np.array(highest)[state], endpoint=True)
    unit = pc.if_else(pa.array(rng.random(count) < 0.2), _join(_text(rng.integers(1, 60, count)), "/", ""), "")
    line = _join(
        unit,
        _text(rng.integers(1, 400, count)),
        " ",
        _draw(rng, pools["street"], count),
        ", ",
        _draw(rng, pools["suburb"], count),
        " ",
        pa.array(names).take(pa.array(state)),
        " ",
        pc.utf8_lpad(_text(postcode), 4, "0"),
    )
    return pc.if_else(pa.array(rng.random(count) < 0.02), pa.scalar(None, pa.string()), line)


def _draw(rng: np.random.Generator, pool: list[str] | tuple[str, ...], count: int) -> pa.Array:
    return pa.array(pool).take(pa.array(rng.integers(0, len(pool), count)))


def _letters(name: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.utf8_lower(name), "[^a-z]", "")


def _text(numbers: np.ndarray) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
