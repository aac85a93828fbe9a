"""Power law, loss = E + (S0 / S)^alpha, in steps or in parameters, and both nested under the mixing law.

Ye et al. 2024 (Data mixing laws, arXiv 2403.16952, section 4): for every validation domain, E and S0 differ from
mixture to mixture and alpha is shared by all. Small models at few steps are extended to many steps, then to a large
model, and the mixing law is fitted to what is foreseen there. Given alpha the law is linear, so alpha is scanned first
and all coefficients are then fitted together. Alpha of the steps is shared over model sizes too: one fit per target.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import huber_fit
from mixpipe.search.laws.mixing import MixingLaw, fit_mixing

__all__ = ["PowerLaw", "fit_power", "nest"]

STEPS_HUBER, SIZE_HUBER = 0.02, 0.08
ALPHAS = np.geomspace(0.03, 2.0, 40)
STARTS = 3


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """Coefficients for n mixtures.

    Attributes:
        floors: (n,) E, in units of the losses.
        units: (n,) S0, in units of the sizes, > 0.
        alpha: shared by the mixtures.
    """

    floors: np.ndarray
    units: np.ndarray
    alpha: float

    def predict(self, sizes: np.ndarray) -> np.ndarray:
        """Return the losses (n, s) of every mixture at sizes (s,)."""
        return np.asarray(self.floors[:, None] + (self.units[:, None] / sizes) ** self.alpha)


def fit_power(sizes: np.ndarray, losses: np.ndarray, *, delta: float = STEPS_HUBER) -> PowerLaw:
    """Fit losses (n, s) of n mixtures at the sizes (s,), steps or parameters.

    Raises:
        InputError: there are fewer measurements than coefficients, 2 n + 1.
    """
    n = len(losses)
    if len(np.unique(sizes)) < 2 or losses.size < 2 * n + 1:
        raise InputError(
            f"the power law has {2 * n + 1} parameters for {n} mixtures, found {losses.size} measurements at "
            f"{len(np.unique(sizes))} sizes; measure at three sizes or more"
        )
    relative = sizes / sizes.max()
    solved = [_solve(relative, losses, alpha) for alpha in ALPHAS]
    order = np.argsort([np.abs(residuals).sum() for _, _, residuals in solved], kind="stable")[:STARTS]
    starts = np.array([np.concatenate([[np.log(ALPHAS[i])], *solved[i][:2]]) for i in order])

    def curves(parameters: np.ndarray) -> np.ndarray:
        return np.asarray(relative ** -np.exp(parameters[0]))

    def residuals(parameters: np.ndarray) -> np.ndarray:
        return np.ravel(parameters[1 : n + 1, None] + parameters[n + 1 :, None] * curves(parameters) - losses)

    def slopes(parameters: np.ndarray) -> np.ndarray:
        curve, rows = curves(parameters), np.eye(n)
        by_alpha = -parameters[n + 1 :, None] * curve * np.log(relative) * np.exp(parameters[0])
        by_floor, by_rise = np.repeat(rows, len(sizes), axis=0), np.kron(rows, curve[:, None])
        return np.column_stack([by_alpha.ravel(), by_floor, by_rise])

    least = 1e-9 * max(float(np.ptp(losses)), 1e-6)
    lower = np.concatenate([[np.log(ALPHAS[0])], np.full(n, -np.inf), np.full(n, least)])
    upper = np.concatenate([[np.log(ALPHAS[-1])], np.full(2 * n, np.inf)])
    fitted = huber_fit(residuals, starts, delta=delta, slopes=slopes, bounds=(lower, upper))
    alpha = float(np.exp(fitted[0]))
    return PowerLaw(fitted[1 : n + 1], sizes.max() * fitted[n + 1 :] ** (1 / alpha), alpha)


def nest(
    mixtures: np.ndarray, sizes: np.ndarray, steps: np.ndarray, losses: np.ndarray, *, size: float, step: float
) -> MixingLaw:
    """Return the mixing law at a size and step beyond those measured.

    Args:
        mixtures: (n, k).
        sizes: (p,) parameters of the models trained on every mixture.
        steps: (s,) at which all of them were measured.
        losses: (n, p, s, m).
        size: parameters of the model to foresee.
        step: at which to foresee it.

    Raises:
        InputError: there are too few mixtures, sizes or steps for one of the laws.
    """
    n, p, s, m = losses.shape
    foreseen = np.empty((n, m))
    for target in range(m):
        by_steps = fit_power(steps, losses[..., target].reshape(n * p, s))
        late = by_steps.predict(np.array([step])).reshape(n, p)
        foreseen[:, target] = fit_power(sizes, late, delta=SIZE_HUBER).predict(np.array([size]))[:, 0]
    return fit_mixing(mixtures, foreseen)


def _solve(relative: np.ndarray, losses: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return E (n,), the rise (n,) >= 0 above E at the largest size, and the residuals (n, s) by least squares."""
    curve = relative**-alpha
    centred = curve - curve.mean()
    rises = np.maximum((losses @ centred) / (centred @ centred), 0)
    floors = losses.mean(axis=1) - rises * curve.mean()
    return floors, rises, floors[:, None] + rises[:, None] * curve - losses
