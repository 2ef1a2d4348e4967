"""The dialects: Postgres and Databricks, and the types that contracts write."""

from c360.clause.databricks import DATABRICKS
from c360.clause.postgres import POSTGRES
from c360.clause.spelling import TEMPLATE_OPENERS, Dialect
from c360.clause.types import canonical_type, is_open, same_type, spark_type, unsized

__all__ = [
    "DATABRICKS", "POSTGRES", "TEMPLATE_OPENERS", "Dialect", "canonical_type", "is_open", "same_type", "spark_type",
    "unsized",
]  # fmt: skip
