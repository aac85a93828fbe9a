"""The verdict: is the winner better than each control, over fresh seeds, by more than the noise?

Winner and controls are trained with the same seeds (same initial weights, same order of draws), so differences are
paired and the seed's own luck cancels. In loss = arm + seed + rest (randomised blocks, Fisher 1935) one variance of
the rest is pooled over all arms: five arms and three seeds give it 8 degrees of freedom and not the 2 of each pair, and
the 95 % t-interval is 2.3 standard errors and not 4.3. The price is the assumption that all arms are equally noisy.
With one control it is the paired t-test. `better` and `worse` mean more than two standard errors; all else is `tied`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from mixpipe.search.objective import Objective
from mixpipe.search.trials import Trial, losses, usable
from mixpipe.store.fingerprint import Json

__all__ = ["OBJECTIVE", "Comparison", "Verdict", "judge"]

OBJECTIVE = "objective"
STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class Comparison:
    """Winner against one control on one measure.

    Attributes:
        control: name of the control.
        measure: a target's name (bits per byte), or `objective` (its own unit).
        gain: mean over seeds of control minus winner; positive where the winner is better. None without a common seed.
        standard_error: of the gain, from the variance pooled over arms; None below two common seeds.
        low: lower end of the 95 % t-interval of the gain.
        high: upper end.
        seeds: how many seeds both have.
        word: `better`, `tied`, `worse`, or `unknown` below two common seeds.
    """

    control: str
    measure: str
    gain: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    seeds: int
    word: str


@dataclass(frozen=True)
class Verdict:
    """All comparisons of a winner with its controls.

    Attributes:
        comparisons: per control the objective and then every target.
        wins: whether the objective is `better` against every control.
    """

    comparisons: tuple[Comparison, ...]
    wins: bool

    def record(self) -> dict[str, Json]:
        """Return the verdict as JSON."""
        return asdict(self)


def judge(
    winner: Sequence[Trial], controls: Mapping[str, Sequence[Trial]], targets: Sequence[str], objective: Objective
) -> Verdict:
    """Compare a winner with controls, seed by seed.

    Args:
        winner: the trials of the winning mixture, one per seed.
        controls: by name, the trials of each control.
        targets: the m target names.
        objective: maps losses (n, m) to one number; fitted on the search's trials, not on these.
    """
    rest = _rest([winner, *controls.values()], targets, objective)
    ours = {trial.seed: trial for trial in usable(winner)}
    found: list[Comparison] = []
    for name, trials in controls.items():
        theirs = {trial.seed: trial for trial in usable(trials)}
        seeds = sorted(ours.keys() & theirs.keys())
        win, control = (_measures([side[seed] for seed in seeds], targets, objective) for side in (ours, theirs))
        for column, measure in enumerate((OBJECTIVE, *targets)):
            found.append(_compare(name, measure, (control - win)[:, column], rest.variances[column], rest.degrees))
    words = [comparison.word for comparison in found if comparison.measure == OBJECTIVE]
    return Verdict(tuple(found), bool(words) and set(words) == {"better"})


class _Rest(NamedTuple):
    """What neither arm nor seed explains: variances (m + 1,), the objective's first, and their degrees of freedom."""

    variances: np.ndarray
    degrees: int


def _rest(arms: Sequence[Sequence[Trial]], targets: Sequence[str], objective: Objective) -> _Rest:
    """Fit arm + seed by least squares; a trial that two arms share, their mixtures being equal, counts once."""
    arm_of: dict[Trial, int] = {}
    for number, trials in enumerate(arms):
        for trial in usable(trials):
            arm_of.setdefault(trial, number)
    arm, seed = np.array([*arm_of.values()]), np.array([trial.seed for trial in arm_of])
    design = np.hstack([arm[:, None] == np.unique(arm), seed[:, None] == np.unique(seed)]).astype(np.float64)
    values = _measures(list(arm_of), targets, objective)
    fitted, _, rank, _ = np.linalg.lstsq(design, values)
    # Without a degree of freedom no two different mixtures share two seeds: nothing is claimed, or gains are exactly 0.
    degrees = max(len(design) - int(rank), 1)
    return _Rest(((values - design @ fitted) ** 2).sum(axis=0) / degrees, degrees)


def _measures(trials: Sequence[Trial], targets: Sequence[str], objective: Objective) -> np.ndarray:
    """Return (n, m + 1): the objective and then every target's loss."""
    values = losses(trials, targets)
    return np.column_stack([objective.value(values), values])


def _compare(control: str, measure: str, gains: np.ndarray, variance: float, degrees: int) -> Comparison:
    seeds = len(gains)
    gain = float(gains.mean()) if seeds else None
    if gain is None or seeds < 2:
        return Comparison(control, measure, gain, None, None, None, seeds, "unknown")
    error = float(np.sqrt(2 * variance / seeds))
    reach = float(student.ppf(0.975, degrees)) * error
    word = "better" if gain > STANDARD_ERRORS * error else "worse" if gain < -STANDARD_ERRORS * error else "tied"
    return Comparison(control, measure, gain, error, gain - reach, gain + reach, seeds, word)
