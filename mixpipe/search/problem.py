"""What is searched: the domains, the budget, the bounds and the targets, as arrays and without a scheduler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mixpipe.errors import ConfigError, InputError
from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import shares
from mixpipe.search.objective import Objective, ObjectiveKind

__all__ = ["Prior", "Problem"]

# Cheap forecast of the losses: (q, k) mixtures to (q, m) bits per byte, on any scale that is affine in the true one.
Prior = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Problem:
    """A mixture search.

    Attributes:
        domains: the k names; they play no part in the search.
        available_tokens: (k,) float64 tokens of each domain.
        budget_tokens: tokens of the training run that the mixture is for.
        constraints: bounds on every mixture.
        targets: the m names of the held-out sets, in the order of all loss columns.
        target_weights: (m,) float64, >= 0; only their ratios count.
        prior: the experts' screen, if there is one.
        entropies: (k,) nats by kind (`se`, `je`, `ce`, `vne`), if they were measured.
        objective: how the targets become one number.
        strata: quality strata that each domain is divided into; then `domains` are cells, best stratum last.
    """

    domains: tuple[str, ...]
    available_tokens: np.ndarray
    budget_tokens: float
    constraints: Constraints
    targets: tuple[str, ...]
    target_weights: np.ndarray
    prior: Prior | None = None
    entropies: Mapping[str, np.ndarray] | None = None
    objective: ObjectiveKind = "mean"
    strata: int = 1

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit the names."""
        k, m = len(self.domains), len(self.targets)
        found = (self.available_tokens.shape, self.constraints.caps.shape, self.target_weights.shape)
        if found != ((k,), (k,), (m,)):
            raise ConfigError(f"expected {k} token counts, {k} caps and {m} target weights, found shapes {found}")
        if m == 0 or (self.target_weights < 0).any() or not self.target_weights.sum() > 0:
            found_weights = dict(zip(self.targets, self.target_weights.tolist(), strict=True))
            raise ConfigError(f"expected target weights >= 0, at least one of them positive, found {found_weights}")

    @property
    def natural(self) -> np.ndarray:
        """The share of each domain in the corpus, (k,) float64."""
        return shares(self.available_tokens)

    def fit_objective(self, losses: np.ndarray) -> Objective:
        """Return the objective in units of (n, m) finite losses.

        Raises:
            InputError: a loss is not finite: a trial lacks a target, or was not left out by `usable`.
        """
        if not np.isfinite(losses).all():
            bad = [name for name, column in zip(self.targets, losses.T, strict=True) if not np.isfinite(column).all()]
            raise InputError(f"expected losses of every trial on every target, found none for some on {', '.join(bad)}")
        return Objective.fit(losses, self.target_weights, self.objective)
