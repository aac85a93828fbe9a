"""Whose tokens are whose: the domains' shares, which domains share one budget, and copies by domain and bin.

`search`: the mixture found, exact for each domain. `natural`: the shares of what may be planned, exact likewise.
`documents`: one scale over all domains, so that a domain's share is what the maker's weights of its documents come to
(SampleMix, QuaDMix and perplexity pruning alone are of this kind); the search's shares are then not used.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.errors import ConfigError, StageError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS, check_budget, expected_copies, shortfall
from mixpipe.plan.makers.protocol import Filled
from mixpipe.store.files import read_arrays, read_json, write_arrays
from mixpipe.store.stage import Context

__all__ = ["CURVES_FILE", "Curves", "draw_curves", "read_curves", "read_mixture", "write_curves"]

CURVES_FILE = "curves.npz"


class Curves(NamedTuple):
    """What the draws need to know of the whole corpus.

    Attributes:
        copies: (n_domains, 256) float64 expected copies.
        allowed: (n_domains, 256) bool, where the maker wants any.
        weights: (n_domains,) float64 token shares, summing to 1.
        groups: (n_domains,) int64, the budget that a domain draws on.
    """

    copies: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]


def draw_curves(tokens: NDArray[np.int64], config: PlanConfig, names: list[str], found: NDArray[np.float64]) -> Curves:
    """Return the copies that meet the budget.

    Args:
        tokens: (n_domains, 256) int64 eligible tokens by domain and bin.
        config: of the stage.
        names: of the domains.
        found: (n_domains,) shares found by the search.

    Raises:
        ConfigError: the budget is above what the epoch cap allows of all documents, or of those the maker wants.
    """
    budget, cap, available = config.budget_tokens, config.max_epochs, tokens.sum(axis=1)
    is_shared = config.shares == "documents"
    if config.shares != "search":
        check_budget(np.array([float(budget)]), np.array([available.sum()]), cap, ["corpus"])
        found = available / available.sum()
    check_budget(found * budget, available, cap, names)
    preference = _checked(config, tokens, Filled(tokens, found * budget, cap, is_shared, names))
    groups = np.zeros(len(names), np.int64) if is_shared else np.arange(len(names))
    targets: NDArray[np.float64] = np.bincount(groups, weights=found * budget).astype(np.float64)
    reach: NDArray[np.float64] = np.bincount(groups, weights=(tokens * (preference > 0)).sum(axis=1)).astype(np.float64)
    _check_reach(config, targets, reach, ["corpus"] if is_shared else names)
    copies = np.zeros_like(preference)
    for group, target in enumerate(targets.tolist()):
        mine = groups == group
        filled = expected_copies(tokens[mine].ravel(), preference[mine].ravel(), target, cap)
        copies[mine] = filled.reshape(-1, VALUE_BINS)
    if is_shared:
        found = (copies * tokens).sum(axis=1)
        found = found / found.sum()
    return Curves(copies, preference > 0, found, groups)


def write_curves(context: Context, curves: Curves) -> None:
    """Write the curves for the later steps."""
    write_arrays(context.out / CURVES_FILE, **curves._asdict())


def read_curves(context: Context) -> Curves:
    """Return the curves written."""
    return Curves(**read_arrays(context.out / CURVES_FILE))


def read_mixture(context: Context) -> tuple[list[str], NDArray[np.float64]]:
    """Return the domains' names and the token shares found by the search, which sum to 1."""
    path = context.inputs["search"].file("mixture.json")
    record = read_json(path)
    names, weights = list(record["domains"]), np.array(record["weights"], dtype=np.float64)
    if len(names) != len(weights) or (weights < 0).any() or not abs(weights.sum() - 1.0) < 1e-6:
        raise StageError(
            f"expected one share per domain, >= 0 and summing to 1, in {path}, found {len(weights)} shares that sum "
            f"to {weights.sum()} for {len(names)} domains"
        )
    return names, weights / weights.sum()


def _checked(config: PlanConfig, tokens: NDArray[np.int64], filled: Filled) -> NDArray[np.float64]:
    preference = np.asarray(config.chosen.preference(filled), dtype=np.float64)
    if preference.shape != tokens.shape or not np.isfinite(preference).all() or (preference < 0).any():
        raise StageError(
            f"expected preferences >= 0 of shape {tokens.shape} from the plan maker {config.maker}, found shape "
            f"{preference.shape}, least {np.min(preference, initial=np.inf):g}"
        )
    return preference


def _check_reach(
    config: PlanConfig, targets: NDArray[np.float64], reach: NDArray[np.float64], names: list[str]
) -> None:
    missing = shortfall(targets, reach, config.max_epochs)
    if short := np.flatnonzero(missing).tolist():
        lines = [f"{names[d]}: {targets[d]:,.0f} tokens wanted, {reach[d]:,.0f} taken by it" for d in short]
        raise ConfigError(
            f"expected the plan maker {config.maker} to take enough for budget_tokens within {config.max_epochs:g} "
            f"epochs (max_epochs), found {'; '.join(lines)}; let it take more (plan.settings), lower budget_tokens, "
            "raise max_epochs or choose plan.maker=tilt"
        )
