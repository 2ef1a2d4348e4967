"""The next best category: what its evaluation says, with and without something to learn from."""

from datetime import datetime

import pytest

from integration_tests.shop.deliver import deliver


@pytest.mark.parametrize(
    ("days", "judged"),
    [([], 0), (["2026-02-28"], 0), (["2026-02-01", "2026-02-28"], 0), (["2026-01-29", "2026-02-28"], 1)],
    ids=["no purchase", "one", "none before the hold-out", "one before it"],
)
def test_without_a_history_to_learn_from_the_evaluation_says_so(workplace, make, dbt, days, judged):
    dbt.make_raw()
    dbt.insert("contacts", *(make.contact(n) for n in (1, 2) if days))
    dates = [f"{day} 10:00:00.000" for day in days]
    dbt.insert("transactions", *(make.transaction(n, 1, transaction_date=at) for n, at in enumerate(dates)))
    assert dbt("run", "--select", "+next_best_category_evaluation").success
    rows = workplace.sql("select * from analytics.next_best_category_evaluation order by method")
    assert [row[:2] for row in rows] == [(method, judged) for method in ("own_favourite", "popularity", "recommender")]
    assert {rate is None for row in rows for rate in row[2:]} == {not judged}
    assert dbt.bad("test", "--select", "next_best_category_evaluation") == set()


def test_the_recommender_beats_popularity_clearly(workplace, dbt):
    out = workplace.folder / "made"
    deliver(out, 3_000, 30_000, datetime.fromisoformat(dbt.AS_OF), seed=3)
    for dataset in ("contacts", "transactions"):
        assert workplace.ingest(dataset, out / f"{dataset}.csv", as_of=dbt.AS_OF).code == 0
    assert dbt("run", "--select", "+next_best_category_evaluation").success
    rows = workplace.sql(
        "select method, hit_rate_at_1, hit_rate_at_3, mrr from analytics.next_best_category_evaluation"
    )
    scores = {method: measures for method, *measures in rows}
    assert scores["recommender"][0] > 2 * scores["popularity"][0]
    for ours, theirs in zip(scores["recommender"], scores["popularity"], strict=True):
        assert ours > theirs
    assert scores["recommender"][2] > scores["own_favourite"][2]


def test_the_evaluation_can_be_switched_off(raw, dbt):
    assert dbt("run", "--select", dbt.PACKAGE).success
    recommended = raw.sql("select * from analytics.next_best_category order by customer_id, rank")
    raw.sql("drop schema analytics cascade")
    outcome = dbt("build", "--select", dbt.PACKAGE, variables={"customer360_evaluation_enabled": False})
    assert outcome.success and {str(node.status) for node in outcome.result} <= {"success", "pass", "no-op"}
    names = {node.node.name for node in outcome.result}
    assert not [name for name in names if "evaluation" in name]
    assert "customer_segmentation" in names and "recommendations" not in names  # an exposure depends on the evaluation
    assert raw.sql("select to_regclass('analytics.next_best_category_evaluation')") == [(None,)]
    assert raw.sql("select distinct scope from analytics.int_category_tallies") == [("now",)]
    assert raw.sql("select * from analytics.next_best_category order by customer_id, rank") == recommended
