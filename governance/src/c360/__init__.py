"""c360: one contract drives every protection.

The Python API: `c360.open_project(folder)`, then a method for each stage (docs/python.md). It follows SemVer; all other
modules are internal.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from c360.api import (
        Broken,
        Built,
        CouldNotTell,
        Delivery,
        Generated,
        Problem,
        Project,
        Published,
        Released,
        Verdict,
        open_project,
    )

__version__ = "1.4.0"
__all__ = ["Broken", "Built", "CouldNotTell", "Delivery", "Generated", "Problem", "Project", "Published", "Released",
           "Verdict",
           "open_project"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Names of the API are imported when they are used, so that `import c360` is quick."""
    if name in __all__:
        from c360 import api

        return getattr(api, name)
    raise AttributeError(f"module 'c360' has no attribute {name!r}")
