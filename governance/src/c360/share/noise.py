"""The noise of totals: the discrete Laplace mechanism of OpenDP, and OpenDP's own account of what it costs.

A person is one row, so in one group: somebody who comes or goes changes one number of a list of counts by 1, and one
of a list of sums by what a contract lets one person have. So a list has the L1 sensitivity of one of its numbers, and
lists of one publication add up (basic composition).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from c360.share.totals import Totals

REACH = 2**62
"""True numbers beyond it are cut, which makes no two of them differ by more."""
SURE = 0.95
"""How often a number is off by the error bar at most."""


@dataclass(frozen=True)
class Noise:
    """Of one list of numbers. `scale` is in units, `epsilon` what OpenDP says that a person loses by the list."""

    scale: float
    epsilon: float
    measurement: Any

    @property
    def error_bar(self) -> int:
        """Units by which a number is off at most, in `SURE` of all cases."""
        import opendp.prelude as dp

        return math.floor(dp.discrete_laplacian_scale_to_accuracy(self.scale, alpha=1 - SURE))

    def draw(self, numbers: Sequence[int]) -> list[int]:
        return list(self.measurement([max(-REACH, min(REACH, number)) for number in numbers]))


def noises(totals: Totals) -> list[Noise]:
    """Of the counts, and of each sum, as the policy has them: equal parts of epsilon.

    Raises ImportError without OpenDP.
    """
    import opendp.prelude as dp

    dp.enable_features("contrib")
    lists = 1 + len(totals.sums)
    part = float(totals.each / lists)
    while Fraction(part) * lists > Fraction(totals.each):
        part = math.nextafter(part, 0)
    persons, somebody = dp.symmetric_distance(), dp.vector_domain(dp.atom_domain(T=dp.i64))
    sensitivities = [((somebody, persons) >> dp.t.then_count(TO=dp.i64)).map(1)]
    for one in totals.sums:
        theirs = dp.vector_domain(dp.atom_domain(bounds=(one.least, one.most), T=dp.i64))
        sensitivities.append(((theirs, persons) >> dp.t.then_sum()).map(1))
    found = [_laplace(sensitivity, part) for sensitivity in sensitivities]
    assert spent_by(found) <= Fraction(totals.each)
    return found


def spent_by(made: Sequence[Noise]) -> Fraction:
    """What a person loses by lists that are published together, by OpenDP's account."""
    return sum((Fraction(noise.epsilon) for noise in made), Fraction(0))


def _laplace(sensitivity: int, epsilon: float) -> Noise:
    """The least noise that costs no more than `epsilon`; `sensitivity` is what one person changes, in units."""
    import opendp.prelude as dp

    numbers = dp.vector_domain(dp.atom_domain(T=dp.i64)), dp.l1_distance(T=dp.i64)
    most = max(1, sensitivity)

    def measurement(scale: float) -> Any:
        return numbers >> dp.m.then_laplace(scale)

    scale = dp.binary_search_param(measurement, d_in=most, d_out=epsilon)
    made = measurement(scale)
    return Noise(scale, made.map(most), made)
