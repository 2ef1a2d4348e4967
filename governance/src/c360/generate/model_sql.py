"""Whether the SQL of each version of a model is there: written by hand, and dbt only warns where it is missing."""

import re
from pathlib import Path

from c360.contract.catalog import Catalog
from c360.errors import Breach


def require_sql(catalog: Catalog, models: Path) -> None:
    """Raises Breach for a live version without a file of its own, and for a file of a version that is live no more, of
    which dbt would make a model by itself. The newest version may be written in the file of the model's plain name."""
    files = (path for path in sorted(models.rglob("*")) if path.suffix in (".sql", ".py"))
    there = {path.stem: path.relative_to(models) for path in files}
    for contract, dataset in catalog.pairs():
        if dataset.major is None:
            continue
        versions = catalog.versions(dataset)
        newest = versions[0][1]
        file = f"{dataset.model}_v{dataset.major}"
        if not there.keys() & ({file, dataset.model} if dataset is newest else {file}):
            wanted = f"select … from {{{{ ref('{dataset.model}', v={newest.major}) }}}}, in {models.name}/…/{file}.sql"
            remedy = f"what makes {newest.table}." if dataset is newest else f"a view over {newest.table}: {wanted}"
            raise Breach(f"{contract.label} is live, and no file {file}.sql says how dbt builds it.", f"Write {remedy}")
        live = {version.major for _, version in versions}
        for stem, path in there.items():
            found = re.fullmatch(rf"{re.escape(dataset.model)}_v(\d+)", stem)
            if found and int(found[1]) < (newest.major or 0) and int(found[1]) not in live:
                raise Breach(
                    f"{models.name}/{path} builds a version of {dataset.model} that is live no more.",
                    "Delete it and what it built: dbt drops nothing that it no longer knows.",
                )
