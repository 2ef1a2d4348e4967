"""What is generated for partners, planned as text as everything else is (`c360.generate.plan`)."""

from collections.abc import Sequence

from c360.generate.target import Target
from c360.share import models, unity_catalog
from c360.share.policy import Policy


def shares(policies: Sequence[Policy], target: Target) -> dict[str, str]:
    """The models of every share and the SQL for Unity Catalog: their paths below the project's root, and their text."""
    files = unity_catalog.files(policies, target)
    for policy in policies:
        files |= models.files(policy, target)
    return files
