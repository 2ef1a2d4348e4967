"""Everything that is generated from the contracts: planned as pure text, then written or checked."""

from c360.generate.plan import plan
from c360.generate.target import Target, target_of
from c360.generate.write import Drift, check, write

__all__ = ["Drift", "Target", "check", "plan", "target_of", "write"]
