"""The verdict: is the winner better than each control, over fresh seeds, by more than the noise?

Winner and controls are trained with the same seeds (same initial weights, same order of draws), so differences are
paired and the seed's own luck cancels. `better` and `worse` mean more than two standard errors; all else is `tied`.
With three seeds two standard errors are a weak claim, so the 95 % t-interval (4.3 standard errors) stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

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
        standard_error: of the gain; None below two common seeds.
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
    ours = {trial.seed: trial for trial in usable(winner)}
    found: list[Comparison] = []
    for name, trials in controls.items():
        theirs = {trial.seed: trial for trial in usable(trials)}
        seeds = sorted(ours.keys() & theirs.keys())
        win, control = (losses([side[seed] for seed in seeds], targets) for side in (ours, theirs))
        found.append(_compare(name, OBJECTIVE, objective.value(control) - objective.value(win)))
        found += [_compare(name, target, control[:, i] - win[:, i]) for i, target in enumerate(targets)]
    words = [comparison.word for comparison in found if comparison.measure == OBJECTIVE]
    return Verdict(tuple(found), bool(words) and set(words) == {"better"})


def _compare(control: str, measure: str, gains: np.ndarray) -> Comparison:
    seeds = len(gains)
    gain = float(gains.mean()) if seeds else None
    if gain is None or seeds < 2:
        return Comparison(control, measure, gain, None, None, None, seeds, "unknown")
    error = float(gains.std(ddof=1) / np.sqrt(seeds))
    reach = float(student.ppf(0.975, seeds - 1)) * error
    word = "better" if gain > STANDARD_ERRORS * error else "worse" if gain < -STANDARD_ERRORS * error else "tied"
    return Comparison(control, measure, gain, error, gain - reach, gain + reach, seeds, word)
