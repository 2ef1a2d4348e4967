"""What is built on a dataset, by dbt's last manifest: products, and the partners who get them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from c360.contract.catalog import Catalog
from c360.dbt.manifest import downstream, newest_manifest, nodes_of, read_manifest
from c360.errors import CouldNotTell
from c360.project import Project
from c360.share.living import last_days


@dataclass(frozen=True)
class Users:
    """Products that read a dataset, nearest first, and partners who get it or one of them, by name."""

    products: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()


def lineage(project: Project, today: date) -> dict[str, Users]:
    """By dataset. Without a manifest that can be read no dataset has a product behind it."""
    try:
        manifest = read_manifest(newest_manifest(project.settings))
    except CouldNotTell:  # c360 impact tells why
        manifest = {}
    catalog = project.catalog
    products = _products(manifest, catalog)
    shares = [share for share, until in last_days(project.settings.policies).items() if until >= today]
    found = {}
    for contract, dataset in catalog.pairs():
        reached = [n for node in nodes_of(manifest, contract, dataset) for n, _ in downstream(manifest, node)]
        names = dict.fromkeys(products[node] for node in reached if node in products)
        gets = {partner for partner, product in shares if product in (dataset.name, *names)}
        found[dataset.name] = Users(tuple(names), tuple(sorted(gets)))
    return found


def upstream(users: Mapping[str, Users], name: str) -> list[str]:
    """The datasets that a product is built on."""
    return [dataset for dataset, of in users.items() if name in of.products]


def _products(manifest: dict[str, object], catalog: Catalog) -> dict[str, str]:
    """The dataset that each node of dbt is, where it is a product."""
    return {
        node: dataset.name
        for contract, dataset in catalog.pairs()
        if contract.layer == "products"
        for node in nodes_of(manifest, contract, dataset)
    }
