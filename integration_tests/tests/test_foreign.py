"""The toolkit is not tied to its own project: a foreign one is generated, loaded, gated, built and verified."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

FOREIGN = Path(__file__).parents[1] / "foreign"


def _receiver(number: int, **changes):
    created = (datetime.now(UTC) - timedelta(hours=number)).isoformat()
    return {"rcvr_id": f"R{number}", "rcvr_cntry_code": "AU", "rating": "4.5", "crt_ts": created} | changes


def _payment(number: int, **changes):
    loaded = (datetime.now(UTC) - timedelta(minutes=number)).replace(tzinfo=None).isoformat(" ")
    return {
        "txn_ref_dt": (date.today() - timedelta(days=number)).isoformat(), "txn_no": str(number), "rcvr_id": "R1",
        "amount": "10.00", "fee": "0.50", "channel": "web", "Load Time": loaded,
        "details": """{"purpose": "{{ 'services' }}", "parts": [1.5, null]}""",
    } | changes  # fmt: skip


def test_a_foreign_project_is_generated_loaded_gated_built_and_verified(workplace):
    root = shutil.copytree(FOREIGN, workplace.folder / "project")
    workplace = replace(workplace, settings=replace(workplace.settings, root=root))
    made = workplace.c360("generate")
    assert made.code == 0, made.err
    assert (root / "checks" / "payment.yml").is_file()
    generated = [path for path in root.rglob("*") if path.is_file() and not (FOREIGN / path.relative_to(root)).exists()]
    assert not [path for path in generated if "customer360" in path.read_text()], "nothing of it is of our package"

    people = workplace.write("r.csv", [_receiver(n) for n in range(1, 11)] + [_receiver(11, rating="5.01")])
    taken = workplace.ingest("Receivers", people, as_of=None)
    assert taken.code == 0, taken.err
    assert taken.only["rows_by_clause"] == {"Receivers.rating.maximum": 1}

    rows = [_payment(n) for n in range(1, 41)] + [
        _payment(50, rcvr_id="R11"),
        _payment(51, fee="10.01"),
        _payment(52, amount="0"),
        _payment(53, txn_ref_dt="2003-12-31"),
        _payment(54, channel="marketplaces!"),
        _payment(55, details='{"purpose": "goods", "parts": [1, -0.01]}'),
    ]
    taken = workplace.ingest("payment", workplace.write("p.csv", rows), as_of=None)
    assert (taken.code, taken.err) != (
        0,
        "",
    ) and "payment.retention" in taken.err  # 2003 is more than 3 years ago

    del rows[43]
    taken = workplace.ingest("payment", workplace.write("p.csv", rows), as_of=None)
    assert taken.code == 0, taken.err
    assert taken.only["rows_by_clause"] == {
        "payment.receiver.relationship": 1,
        "payment.amount.fee_within_amount": 2,
        "payment.amount.exclusiveMinimum": 1,
        "payment.channel.maxLength": 1,
        "payment.details.parts.items.minimum": 1,
    }
    checked = workplace.c360("verify", "--json")
    assert checked.code == 0, checked.err
    assert {line["outcome"] for line in checked.json} == {"passed"}
    assert "what is no clause" not in checked.err

    built = workplace.c360("build", "--json")
    assert built.code == 0, built.err
    held = built.json["clauses"]
    assert set(held.values()) == {"passed"}
    kinds = (
        "maximum",
        "relationship",
        "fee_within_amount",
        "rating.physicalType",
        "unexpectedColumns",
        "freshness",
        "details.purpose.enum",
        "parts.items.minimum",
    )
    for kind in kinds:  # each kind of test that is generated with the package
        assert [clause for clause in held if clause.endswith(kind)], kind
    assert workplace.sql("select payments, paid from marts.paid_by_country") == [(40, 400)]

    workplace.sql(
        """update payments."Seller Payments" set "Load Time" = now() at time zone 'UTC' - interval '2 hours'"""
    )
    workplace.sql("update payments.rcvr_mstr set rcvr_cntry_code = 'XX' where rcvr_id = 'R3'")
    checked = workplace.c360("verify", "--json")
    assert checked.code == 1, checked.err
    outcomes = {line["clause"]: line["outcome"] for line in checked.json if line["outcome"] != "passed"}
    assert outcomes == {"payment.freshness": "failed", "Receivers.country.known_country": "warned"}
