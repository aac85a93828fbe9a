"""Whose tokens are whose: the domains' shares, which domains share one budget, and copies by domain and bin.

`search`: the mixture found, exact for each domain. `natural`: the shares of what may be planned, exact likewise.
`documents`: one scale over all domains, so that a domain's share is what the maker's weights of its documents come to
(SampleMix, QuaDMix and perplexity pruning alone are of this kind); the search's shares are then not used.

Phases divide the budget. Those with a mixture of their own move the overall shares, from which copies are counted once;
each phase then takes its fraction of every domain's tokens (see `stage.py`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.errors import ConfigError, StageError
from mixpipe.mixture.schedule import Phase, Schedule
from mixpipe.plan.config import PhaseConfig, PlanConfig
from mixpipe.plan.copies import VALUE_BINS, check_budget, expected_copies, shortfall
from mixpipe.plan.makers.protocol import Filled
from mixpipe.store.files import read_arrays, read_json, write_arrays
from mixpipe.store.stage import Context

__all__ = ["CURVES_FILE", "Curves", "draw_curves", "read_curves", "read_mixture", "read_strata", "write_curves"]

CURVES_FILE = "curves.npz"


class Curves(NamedTuple):
    """What the draws need to know of the whole corpus.

    Attributes:
        copies: (n_domains, 256) float64 expected copies.
        allowed: (n_domains, 256) bool, where the maker wants any.
        weights: (n_domains,) float64 token shares, summing to 1.
        groups: (n_domains,) int64, the budget that a domain draws on.
        fractions: (n_phases, n_domains) float64, of a domain's tokens up to the end of each phase; 1 in the last.
    """

    copies: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]
    fractions: NDArray[np.float64]

    def by_phase(self) -> NDArray[np.float64]:
        """Return each phase's and domain's share of all tokens: (n_phases, n_domains), summing to 1."""
        return np.asarray(self.weights * np.diff(self.fractions, axis=0, prepend=0.0))


def draw_curves(
    tokens: NDArray[np.int64],
    config: PlanConfig,
    names: list[str],
    found: NDArray[np.float64],
    strata: NDArray[np.float64] | None = None,
) -> Curves:
    """Return the copies that meet the budget.

    Args:
        tokens: (n_domains, 256) int64 eligible tokens by domain and bin.
        config: of the stage.
        names: of the domains.
        found: (n_domains,) shares found by the search.
        strata: (n_domains, s) those of quality strata, if it looked for any.

    Raises:
        ConfigError: the budget is above what the epoch cap allows of all documents, or of those the maker wants.
    """
    budget, cap, available = config.budget_tokens, config.max_epochs, tokens.sum(axis=1)
    is_shared = config.shares == "documents"
    if config.shares != "search":
        check_budget(np.array([float(budget)]), np.array([available.sum()]), cap, ["corpus"])
        found = available / available.sum()
    found, fractions = _phased(config, names, found)
    check_budget(found * budget, available, cap, names)
    preference = _checked(config, tokens, Filled(tokens, found * budget, cap, is_shared, names, strata))
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
    return Curves(copies, preference > 0, found, groups, fractions)


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


def read_strata(context: Context) -> NDArray[np.float64] | None:
    """Return the token shares (n_domains, s) that the search found for quality strata; None: it did not look."""
    found = read_json(context.inputs["search"].file("mixture.json")).get("strata")
    return None if found is None else np.array(found, dtype=np.float64)


def _phased(
    config: PlanConfig, names: list[str], found: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares over all phases (n_domains,), and the fractions up to the end of each (n_phases, n_domains)."""
    schedule = Schedule(
        tuple(
            Phase(phase.name, config.budget_tokens * phase.share, _mixture(phase, names, found), phase.rate)
            for phase in config.stretches
        )
    )
    filled = np.cumsum(schedule.tokens, axis=0)
    return schedule.mixture, np.divide(filled, filled[-1], out=np.ones_like(filled), where=filled[-1] > 0)


def _mixture(phase: PhaseConfig, names: list[str], found: NDArray[np.float64]) -> NDArray[np.float64]:
    if phase.mixture is None:
        return found
    own = np.array([phase.mixture.get(name, 0.0) for name in names])
    unknown = sorted(set(phase.mixture) - set(names))
    if unknown or (own < 0).any() or not abs(own.sum() - 1) < 1e-6:
        raise ConfigError(
            f"expected shares >= 0 that sum to 1 of the domains {', '.join(names)} in the phase {phase.name}, found a "
            f"sum of {own.sum():g}{' and no domains ' + ', '.join(unknown) if unknown else ''}"
        )
    return np.asarray(own / own.sum())


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
