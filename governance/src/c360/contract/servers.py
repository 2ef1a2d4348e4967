"""Servers: where a contract's data lies, as its `servers` say."""

from collections.abc import Mapping
from typing import Any

from c360.model import Contract

_ENGINES = {"postgres": "postgres", "databricks": "spark"}
"""By the type of a server the engine of the gate."""


def engine_of(contract: Contract, setting: str) -> str:
    """postgres or spark: the project's setting or, where that is `server`, what the contract's first server of a known
    type is; postgres where there is none."""
    if setting != "server":
        return setting
    kinds = (_ENGINES.get(str(server.get("type"))) for server in contract.document.get("servers") or [])
    return next(filter(None, kinds), "postgres")


def schema_of(document: Mapping[str, Any], otherwise: str) -> str:
    """The schema of the contract's tables: that of a Postgres, else of Databricks."""
    servers = sorted(document.get("servers") or [], key=lambda server: server.get("type") != "postgres")
    named = (server.get("schema") for server in servers if server.get("type") in _ENGINES)
    return str(next(filter(None, named), otherwise))


def unity_catalog_of(contract: Contract) -> str:
    """The catalogue of Unity Catalog that holds them; empty for that of the session."""
    servers = contract.document.get("servers") or []
    return next((str(s["catalog"]) for s in servers if s.get("type") == "databricks" and s.get("catalog")), "")


def host_of(contract: Contract) -> str:
    """The workspace of Databricks; empty where the contract names none."""
    listed = contract.document.get("servers") or []
    return next((str(s["host"]) for s in listed if s.get("type") == "databricks" and s.get("host")), "")
