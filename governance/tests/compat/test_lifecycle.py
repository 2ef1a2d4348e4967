"""The life of a version: what may follow what, and the notice that is due."""

import pytest

from governance.tests.compat.examples import CONTRACT, compared, edited

NOTICE = CONTRACT["customProperties"][1]


def version(status, sunset=None, of="1.0.0", **others):
    custom = [NOTICE, *([{"property": "sunset", "value": sunset}] if sunset else [])]
    return edited(("status", status), ("version", of), ("customProperties", custom), *others.items())


def told(old, new):
    return {change.rule.name for change in compared(old, new).changes} - {"version-raised"}


FAR, NEAR, PAST = "2026-08-01", "2026-06-20", "2026-05-31"


@pytest.mark.parametrize(
    ("old", "new", "rules", "enough"),
    [
        (version("draft"), version("active"), {"released"}, True),
        (version("active"), version("draft"), {"withdrawn"}, False),
        (version("active"), version("draft", of="2.0.0"), {"status-changed"}, True),
        (version("active"), version("deprecated", FAR), {"deprecated", "sunset-changed"}, True),
        (version("active"), version("deprecated"), {"deprecated"}, True),
        (version("active"), version("deprecated", NEAR), {"deprecated", "sunset-changed", "sunset-too-near"}, False),
        (version("deprecated", FAR), version("deprecated", NEAR), {"sunset-changed", "sunset-too-near"}, False),
        (version("deprecated", NEAR), version("deprecated", FAR), {"sunset-changed"}, True),
        (version("deprecated", FAR), version("active", FAR), {"reinstated"}, True),
        (version("deprecated", FAR), version("active", of="2.0.0"), {"sunset-changed"}, True),
        (version("retired", PAST), version("active", of="2.0.0"), {"sunset-changed"}, True),
        (version("deprecated", PAST), version("retired", PAST), {"retired"}, True),
        (version("deprecated", FAR), version("retired", FAR), {"retired-without-notice"}, False),
        (version("deprecated"), version("retired"), {"retired-without-notice"}, False),
        (version("active"), version("retired"), {"retired-without-notice"}, False),
        (version("active"), version("retired", of="2.0.0"), {"retired-without-notice"}, False),
        (version("retired", PAST), version("active", PAST), {"reinstated", "sunset-too-near"}, False),
        (version("draft"), version("retired"), {"retired"}, True),
        (version("active"), version("paused"), {"status-changed"}, True),
        (version("active", of="1.1.0"), version("active"), {"version-lowered"}, False),
    ],
)
def test_what_may_follow(old, new, rules, enough):
    found = compared(old, new)
    assert told(old, new) == rules
    assert found.enough is enough


def test_the_notice_is_that_of_the_old_version():
    """Who promised 30 days cannot shorten them on the day on which they matter."""
    new = version("deprecated", NEAR)
    new["customProperties"][0] = {"property": "noticePeriod", "value": "1 d"}
    assert "sunset-too-near" in told(version("active"), new)


@pytest.mark.parametrize("name", ["endOfLife", "endOfSupport"])
def test_sunset_and_notice_may_be_service_levels(name):
    sunset = {"property": name, "value": NEAR}
    notice = {"property": "noticePeriod", "value": 20, "unit": "d"}
    old = edited(("customProperties", []), ("slaProperties", [notice]))
    new = edited(("customProperties", []), ("slaProperties", [notice, sunset]), ("status", "deprecated"))
    assert told(old, new) == {"deprecated", "sunset-changed", "sunset-too-near"}
    assert told(old, edited(("slaProperties.0.value", 19), base=new)) >= {"notice-shortened"}
    sunset["value"] = FAR
    assert told(old, edited(("slaProperties.1", sunset), base=new)) == {"deprecated", "sunset-changed"}


def test_a_notice_longer_than_any_calendar_is_still_a_notice():
    old = edited(("customProperties", [{"property": "noticePeriod", "value": "9e300 y"}]))
    new = edited(("customProperties", [*old["customProperties"], {"property": "sunset", "value": "9999-01-01"}]))
    assert told(old, new) >= {"sunset-changed"}
