"""Invented purchases: the columns of transactions, without the load time.

Each customer has a taste, a Dirichlet draw around a segment that gender and age make more or less likely,
and what was bought last makes one certain category more likely next: there is something to learn.
"""

import numpy as np
import pyarrow as pa

from c360.fake.patterns import uuids

from .people import People

CATEGORIES = (
    "Apps & Games",
    "Beauty",
    "Books",
    "Clothing, Shoes & Accessories",
    "Movies & TV",
    "Sports, Fitness & Outdoors",
)
MEDIAN_AUD = np.array([12.0, 35.0, 24.0, 70.0, 16.0, 90.0])
SPREAD = np.array([0.6, 0.7, 0.5, 0.8, 0.4, 0.9])  # standard deviation of the logarithm
# What each segment buys, in the order of CATEGORIES.
SEGMENTS = {
    "players": (0.55, 0.02, 0.08, 0.08, 0.20, 0.07),
    "stylists": (0.03, 0.35, 0.07, 0.45, 0.05, 0.05),
    "readers": (0.05, 0.07, 0.55, 0.08, 0.20, 0.05),
    "movers": (0.07, 0.06, 0.06, 0.25, 0.04, 0.52),
    "viewers": (0.15, 0.04, 0.15, 0.06, 0.52, 0.08),
}
# How likely each segment is, in the order of SEGMENTS: by gender (GENDERS) times by age band.
BY_GENDER = np.array([[0.6, 1.8, 1.2, 0.8, 1.0], [1.6, 0.5, 0.8, 1.3, 1.0], [1.0] * 5, [1.0] * 5])
BY_AGE = np.array([[2.0, 1.2, 0.5, 1.1, 0.7], [0.8, 1.1, 1.0, 1.1, 1.0], [0.2, 0.8, 2.0, 0.6, 1.6]])
AGE_BANDS = (30, 55)
CONCENTRATION = 5.0
# The category that a purchase leads to, by index: games to films to books, beauty to clothes to sports.
LEADS_TO = (4, 3, 0, 5, 2, 1)
PULL = 3.0  # how many times likelier it becomes
WINDOW_DAYS = 730


def invent(
    people: People,
    count: int,
    seed: int,
    end: np.datetime64,
) -> dict[str, pa.Array]:
    """`count` purchases of the two years before `end` (a UTC day), in order of time."""
    rng = np.random.default_rng([seed, 1])
    counts = _counts(rng, len(people.age), count)
    category = _walk(rng, _tastes(rng, people), counts)
    buyer = np.repeat(np.arange(counts.size), counts)
    moment = _moments(rng, buyer, counts.size)
    in_time = np.argsort(moment, kind="stable")
    buyer, category, moment = buyer[in_time], category[in_time], moment[in_time]

    items = 1 + rng.poisson(0.4, count)
    price = MEDIAN_AUD[category] * np.exp(SPREAD[category] * rng.standard_normal(count))
    cents = np.clip(np.round(100 * price * items), 1, 10**12 - 1).astype("int64")
    span = WINDOW_DAYS * 86_400_000
    milliseconds = end.astype("datetime64[ms]") - span + (moment * span).astype("int64")
    return {
        "id": uuids(rng, count),
        "contact_id": people.columns["id"].take(pa.array(buyer)),
        "transaction_date": pa.array(milliseconds).cast(pa.string()),
        "amount": _decimal(cents),
        "item_count": pa.array(items, pa.int32()),
        "category": pa.array(CATEGORIES).take(pa.array(category)),
    }


def _counts(rng: np.random.Generator, customers: int, purchases: int) -> np.ndarray:
    """Purchases a customer: a tenth never bought, a tenth bought once, the rest follow a heavy tail."""
    shuffled, tenth = rng.permutation(customers), customers // 10
    once, often = shuffled[tenth : 2 * tenth][:purchases], shuffled[2 * tenth :]
    weights = rng.lognormal(0, 1.2, often.size)
    counts = np.zeros(customers, "int64")
    counts[once] = 1
    counts[often] = rng.multinomial(purchases - once.size, weights / weights.sum())
    return counts


def _tastes(rng: np.random.Generator, people: People) -> np.ndarray:
    """One row a customer, one column a category: positive weights (a Dirichlet draw before its division)."""
    likely = BY_GENDER[people.gender] * BY_AGE[np.digitize(people.age, AGE_BANDS)]
    segment = _pick(rng, likely)
    return rng.standard_gamma(CONCENTRATION * np.array(list(SEGMENTS.values()))[segment])


def _walk(rng: np.random.Generator, tastes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The category of each purchase, customer after customer, each in order of time.

    All customers take their first step together, then all who have a second, and so on.
    """
    pull = np.ones((len(CATEGORIES) + 1, len(CATEGORIES)))  # the last row: nothing bought yet
    pull[range(len(CATEGORIES)), LEADS_TO] = PULL
    category = np.empty(counts.sum(), "int64")
    busiest = np.argsort(-counts, kind="stable")
    first = (np.cumsum(counts) - counts)[busiest]
    last_bought = np.full(counts.size, len(CATEGORIES))
    waiting = -counts[busiest]
    for step in range(counts.max()):
        active = np.searchsorted(waiting, -step)
        last_bought[:active] = _pick(rng, tastes[busiest[:active]] * pull[last_bought[:active]])
        category[first[:active] + step] = last_bought[:active]
    return category


def _pick(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    """For each row of `weights`, the index of a column drawn with these weights."""
    edges = np.cumsum(weights, axis=1)
    drawn = rng.random(len(weights)) * edges[:, -1]
    return np.minimum((drawn[:, None] >= edges).sum(axis=1), weights.shape[1] - 1)


def _moments(rng: np.random.Generator, buyer: np.ndarray, customers: int) -> np.ndarray:
    """When in the window (0 to 1) each purchase was made; ascending within each customer."""
    joined = 0.75 * rng.random(customers)
    moment = joined[buyer] + rng.random(buyer.size) * (1 - joined[buyer])
    return moment[np.lexsort((moment, buyer))]


def _decimal(cents: np.ndarray) -> pa.Array:
    """Non-negative cents as decimal(12,2), which Arrow keeps as two little-endian words, low first."""
    words = np.zeros((cents.size, 2), "<i8")
    words[:, 0] = cents
    return pa.Array.from_buffers(pa.decimal128(12, 2), cents.size, [None, pa.py_buffer(words)])
