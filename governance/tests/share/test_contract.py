"""The contract that a partner gets: the server that the partner reaches, and which end of a band is in it."""

from dataclasses import replace

import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.errors import CouldNotTell
from c360.settings import load
from c360.share.contract import address_of, contract_of, is_local
from c360.share.policy import policies
from governance.tests.share.test_policy import ROOT

SETTINGS = load({"C360_ROOT": str(ROOT)})


@pytest.fixture(scope="module")
def policy():
    catalog = Catalog.of(find_contracts(ROOT / "contracts"))
    return policies(SETTINGS.policies, catalog, classifications())[0]


@pytest.mark.parametrize(
    ("server", "url", "found"),
    [
        (None, None, ("localhost", 5432, "customer360")),
        (None, "postgresql://ada:secret@db.example.com:6000/shop", ("db.example.com", 6000, "shop")),
        (None, "postgresql://ada@127.0.0.1/shop", ("localhost", 5432, "customer360")),
        (None, "postgresql:///shop?host=/tmp/here", ("localhost", 5432, "customer360")),
        ("out.example.com:6432/shares", "postgresql://db.example.com/x", ("out.example.com", 6432, "shares")),
    ],
)
def test_it_names_the_server_that_the_partner_reaches(policy, server, url, found):
    settings = replace(SETTINGS, database_url=url, file=replace(SETTINGS.file, server=server))
    address = address_of(policy, settings)
    assert tuple(address.values()) == found and is_local(address["host"]) == (found[0] == "localhost")
    text = contract_of(policy, "share", address)
    assert text["servers"][0] | address == text["servers"][0] and "secret" not in str(text)


@pytest.mark.parametrize("server", ["db.example.com", "postgresql://u:p@h:1/x", "h:1/x y", "h:x/y"])
def test_a_server_is_host_port_and_database(tmp_path, server):
    (tmp_path / "c360.toml").write_text(f'[sharing]\nserver = "{server}"\n')
    with pytest.raises(CouldNotTell, match="server is a server as host:port/database"):
        load({"C360_ROOT": str(tmp_path)})


def test_it_says_which_end_of_a_band_is_in_it(policy):
    columns = {one["name"]: one for one in contract_of(policy, "share", {})["schema"][0]["properties"]}
    assert columns["age"]["description"].endswith(" Both ends of a band are in it.")
    assert columns["total_expense"]["description"].endswith(
        " The lower end of a band is in it, the upper one in the next."
    )
    assert "end of a band" not in columns["first_purchase_at"]["description"]


def test_it_says_how_old_the_sources_may_be_where_the_product_promises_nothing(policy):
    (level,) = contract_of(policy, "share", {})["slaProperties"]
    assert (level["property"], level["value"], level["unit"]) == ("latency", 1, "d")
    assert not any(source in str(level) for source in ("contacts", "transactions"))
    own = replace(policy, promised=({"property": "availability", "value": 99},))
    assert contract_of(own, "share", {})["slaProperties"] == [{"property": "availability", "value": 99}]


def test_a_column_is_as_confidential_as_ours(policy):
    ours = {shared.name: shared.column.classification for shared in policy.columns}
    found = {one["name"]: one["classification"] for one in contract_of(policy, "share", {})["schema"][0]["properties"]}
    assert ours == {name: found[name] for name in ours} and "public" not in ours.values()
