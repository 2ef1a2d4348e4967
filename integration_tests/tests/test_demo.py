"""The demo on three days: with defects, late, and well again. Status and pages show the breach and the recovery."""

import pytest

SMALL = ("--rows=1000",)


@pytest.fixture(scope="module")
def days(shared_workplace):
    place = shared_workplace
    first = place.c360("demo", *SMALL, "--as-of=2026-03-01T12:00:00Z")
    late = place.c360("demo", *SMALL, "--late", "--clean", "--seed=2", "--as-of=2026-03-03T12:00:00Z")
    status_when_late = place.c360("status", "--json", "--as-of=2026-03-03T12:00:00Z")
    well = place.c360("demo", *SMALL, "--clean", "--seed=3", "--as-of=2026-03-04T12:00:00Z")
    return place, first, late, status_when_late, well


def test_a_good_day_ends_with_a_summary_and_0(days):
    _, first, *_ = days
    assert first.code == 0, first.err
    summary = first.out.partition("Summary")[2]
    assert "contacts" in summary
    assert "accepted" in summary
    assert "owners/index.html" in summary


def test_a_late_delivery_is_refused_and_the_pages_are_written_all_the_same(days):
    place, _, late, *_ = days
    assert late.code == 1
    assert "contacts.freshness" in late.err
    assert "refused" in late.out.partition("Summary")[2]
    assert place.sql("select count(*) from governance.delivery where outcome = 'refused'")[0][0] == 1


def test_status_tells_the_breach_and_the_recovery(days):
    place, _, _, when_late, well = days
    assert well.code == 0, well.err
    breach = {sla["dataset"]: sla["holds"] for sla in when_late.json["sla"]}
    assert breach["transactions"] is False
    now = place.c360("status", "--json", "--as-of=2026-03-04T12:00:00Z").json
    after = {sla["dataset"]: sla for sla in now["sla"]}
    assert after["transactions"]["holds"] is True
    # fresh from the 1st noon to the 2nd noon, then stale until the 4th noon
    assert after["transactions"]["attainment_7_days"]["share"] == pytest.approx(24 / 72, abs=2 / 72)


def test_the_owners_page_shows_every_day(days):
    place, *_ = days
    page = (place.settings.home / "site" / "owners" / "contract-contacts.html").read_text()
    for day in ("2026-03-01", "2026-03-03", "2026-03-04"):
        assert day in page
    assert "refused" in page
