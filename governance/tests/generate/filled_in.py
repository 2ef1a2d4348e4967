"""SQL of a release as dbt would fill it in: customers are read, what was published before lies in published."""

import jinja2

from c360.generate.share_release import release
from c360.generate.target import Target
from c360.share.policy import Policy


def filled_in(policy: Policy, compare: bool) -> str:
    """The query on Postgres; `compare` says whether there is a release before."""

    class Package:
        by_engine = staticmethod(lambda texts: texts["postgres"])
        last_release = staticmethod(lambda this, columns: compare)

    template = jinja2.Environment(autoescape=False).from_string(release(policy, Target()))
    return template.render({Target().name: Package, "this": "published", "ref": lambda *_, **__: "customers"})
