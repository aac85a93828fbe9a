"""Repetition: epochs per domain, and what repeated tokens are worth.

Muennighoff et al. 2023 (Scaling data-constrained language models, arXiv 2305.16264, section 5): U unique tokens seen
1 + R times are worth U + U R* (1 - exp(-R / R*)) fresh ones, R* = 15.387756. Up to 4 epochs that is nearly all of
them (3.73 U). The same form says what parameters beyond those that the unique tokens call for are worth, and both
together foresee the loss. Fitted on repeating a whole corpus; per domain of a mixture it is an extrapolation.
"""

import numpy as np

__all__ = ["data_constrained_loss", "effective_parameters", "effective_tokens", "epochs", "repeat_value"]

REPEAT_DECAY = 15.387756
PARAMETER_DECAY = 5.309743
# loss = FLOOR + A / parameters^EXPONENT + B / tokens^EXPONENT, nats per token, for fresh data (their equation 7)
FLOOR, A, B, EXPONENT = 1.8691, 520.82, 1487.7, 0.35266


def epochs(weights: np.ndarray, available_tokens: np.ndarray, budget_tokens: float) -> np.ndarray:
    """Return how often each domain is seen: (..., k) mixtures times the budget over (k,) available tokens.

    A domain without tokens is seen 0 times when its share is 0, else infinitely often.
    """
    used = np.asarray(weights, dtype=np.float64) * budget_tokens
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(used == 0, 0.0, used / available_tokens))


def effective_tokens(unique_tokens: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """Return the fresh tokens that `unique_tokens` seen `epochs` times are worth, elementwise."""
    repeats = np.maximum(np.asarray(epochs, dtype=np.float64) - 1, 0)
    seen = np.minimum(epochs, 1)
    return np.asarray(unique_tokens * (seen - REPEAT_DECAY * np.expm1(-repeats / REPEAT_DECAY)))


def repeat_value(epochs: np.ndarray) -> np.ndarray:
    """Return what one more token is worth after so many epochs, as a share of a fresh one."""
    return np.asarray(np.exp(-np.maximum(np.asarray(epochs, dtype=np.float64) - 1, 0) / REPEAT_DECAY))


def effective_parameters(parameters: float, unique_tokens: float) -> float:
    """Return what `parameters` are worth when there are `unique_tokens` to learn from (their equation 6)."""
    called_for = unique_tokens * (A / B) ** (1 / EXPONENT)
    excess = max(parameters / called_for - 1, 0)
    return float(min(parameters, called_for) - called_for * PARAMETER_DECAY * np.expm1(-excess / PARAMETER_DECAY))


def data_constrained_loss(parameters: float, unique_tokens: float, epochs: float) -> float:
    """Return the loss, nats per token, of a model trained for `epochs` on `unique_tokens` (their equation 7)."""
    tokens = float(effective_tokens(np.asarray(unique_tokens), np.asarray(epochs)))
    worth = effective_parameters(parameters, unique_tokens)
    return float(FLOOR + A / worth**EXPONENT + B / tokens**EXPONENT)
