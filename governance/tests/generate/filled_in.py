"""SQL of a share as dbt would fill it in: customers are read, what was published before lies in published."""

import jinja2
import yaml

from c360.generate.target import Target
from c360.share.columns import Columns
from c360.share.models import files
from c360.share.policy import Policy
from c360.share.release_sql import people, release


def filled_in(policy: Policy, compare: bool = False, last: str = "published") -> str:
    """The query of a release on Postgres; `compare` says whether there is one before, in the table `last`."""
    return _render(release(policy, Target()), {"this": last, "ref": lambda *_, **__: "customers"}, compare)


def view_filled_in(policy: Policy, released: str) -> str:
    """The query of the view on Postgres, over SQL of what is released."""
    (model,) = (text for path, text in files(policy, Target()).items() if path.endswith(f"share_{policy.name}.sql"))
    return _render(model, {"config": lambda **_: "", "var": lambda *_: "", "ref": lambda *_, **__: released})


def anonymity_test(policy: Policy, released: str) -> str:
    """The query of the dbt test of a release, the first of those that its model has."""
    made = files(policy, Target())
    (macro,) = (text for path, text in made.items() if path.endswith("k_anonymous.sql"))
    (properties,) = (text for path, text in made.items() if path.endswith(".yml"))
    tests = yaml.safe_load(properties)["models"][0]["data_tests"]
    asked = tests[0]["k_anonymous"]["arguments"]
    text = macro.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
    return _render(f"{text}{{{{ k_anonymous(model, **asked) }}}}", {"model": released, "asked": asked})


def _render(text: str, context: dict[str, object], compare: bool = False) -> str:
    class Package:
        by_engine = staticmethod(lambda texts: texts["postgres"])
        last_release = staticmethod(lambda this, columns: compare)

    return (
        jinja2.Environment(autoescape=False)
        .from_string(text)
        .render({Target().name: Package, "source": lambda _, table: table, **context})
    )


def unprotected(policy: Policy) -> str:
    """SQL of customers in the form of a release, everybody with the finest labels, however few are alike."""
    columns = Columns(policy)
    labels = [f"f{n} as {name}" for n, name in enumerate(columns.quasi, 1)]
    made = ["person", *labels, "1 as step", *columns.others, "cast(null as int) as canary", "1 as key_version"]
    query = f"(select {', '.join(made)} from ({people(policy, Target())}) as people) as everybody"
    return _render(query, {"ref": lambda *_, **__: "customers"})
