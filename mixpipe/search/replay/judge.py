"""How well surrogates foresee recorded runs: fitted on one table and scored on another, or by cross-validation.

Without a second table the first is cut into five folds that keep equal mixtures together, and every run is predicted
by a fit that has not seen its mixture; each fold is scored by itself and the mean over folds counts, with the standard
deviation between them. With several seeds the folds are cut anew for each. Targets measured in too few runs, or
constant, have no figure (NaN, null in JSON) and do not enter the mean.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mixpipe.errors import InputError
from mixpipe.mixture.simplex import lattice_key, snap
from mixpipe.search.replay.merit import MERITS, merits
from mixpipe.search.replay.tables import RunTable, aligned
from mixpipe.search.surrogates import load_surrogate
from mixpipe.search.surrogates.protocol import fit_surrogate
from mixpipe.store.fingerprint import Json

__all__ = ["Judgement", "judge"]

FOLDS = 5

Split = tuple[np.ndarray, np.ndarray, RunTable]  # rows to fit on, rows to score, and the table of the latter


@dataclass(frozen=True, eq=False)
class Judgement:
    """What one surrogate's predictions are worth.

    Attributes:
        targets: the m names.
        figures: (splits, 4, m) float64 by fold or seed, figure (spearman, mse, r2, regret) and target; NaN: undefined.
        seconds: of fitting and predicting, all splits together.
    """

    targets: tuple[str, ...]
    figures: np.ndarray
    seconds: float

    def mean(self) -> np.ndarray:
        """Return the mean over splits, (4, m)."""
        return _nanmean(self.figures, 0)

    def overall(self) -> np.ndarray:
        """Return the mean over splits and targets, (4,)."""
        return _nanmean(self.mean(), 1)

    def deviation(self) -> np.ndarray:
        """Return the standard deviation over splits of the mean over targets, (4,); NaN with one split."""
        by_split = _nanmean(self.figures, 2)
        return by_split.std(axis=0, ddof=1) if len(by_split) > 1 else np.full(len(MERITS), np.nan)

    def as_json(self) -> dict[str, Json]:
        """Return the figures by target and their mean; undefined ones are null."""
        by_target = {name: _named(column) for name, column in zip(self.targets, self.mean().T, strict=True)}
        return {
            "targets": dict(by_target),
            "mean": _named(self.overall()),
            "sd": _named(self.deviation()),
            "splits": len(self.figures),
            "seconds": round(self.seconds, 3),
        }


def judge(
    fit: RunTable, score: RunTable | None, surrogates: Sequence[str], *, seeds: int = 1
) -> Iterator[tuple[str, Judgement]]:
    """Yield each surrogate's name and what it is worth.

    Args:
        fit: the runs to fit on.
        score: the runs to score on; None cross-validates over `fit`.
        surrogates: registered names.
        seeds: ways to cut the folds; of no effect with a second table, where nothing is drawn.

    Raises:
        InputError: the tables do not match, or there are fewer mixtures than folds.
    """
    splits = list(_folds(fit, seeds)) if score is None else [_whole(fit, aligned(score, fit))]
    for name in surrogates:
        started = time.perf_counter()
        figures = []
        for fitted_rows, scored_rows, scored in splits:
            known = fit.rows(fitted_rows)
            fitted = fit_surrogate(load_surrogate(name), known.mixtures, known.losses)
            predicted = fitted.predict(scored.mixtures[scored_rows]).mean
            figures.append(np.array(merits(predicted, scored.losses[scored_rows])))
        yield name, Judgement(fit.targets, np.array(figures), time.perf_counter() - started)


def _whole(fit: RunTable, score: RunTable) -> Split:
    return np.arange(len(fit)), np.arange(len(score)), score


def _folds(table: RunTable, seeds: int) -> Iterator[Split]:
    """Yield the splits of a cross-validation grouped by mixture."""
    groups: dict[bytes, int] = {}
    group = np.array([groups.setdefault(lattice_key(row), len(groups)) for row in snap(table.mixtures)])
    if len(groups) < FOLDS:
        raise InputError(
            f"expected at least {FOLDS} different mixtures in {table.name} to cross-validate, found {len(groups)}; "
            "name a table to score with --score, or widen --fit-where"
        )
    for seed in range(seeds):
        fold = np.random.default_rng(seed).permutation(len(groups))[group] % FOLDS
        yield from ((np.flatnonzero(fold != number), np.flatnonzero(fold == number), table) for number in range(FOLDS))


def _named(figures: np.ndarray) -> dict[str, Json]:
    return {name: float(value) if np.isfinite(value) else None for name, value in zip(MERITS, figures, strict=True)}


def _nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the mean of what is defined, NaN where nothing is, and no warning."""
    defined = np.isfinite(values)
    counts = defined.sum(axis=axis)
    total = np.where(defined, values, 0).sum(axis=axis)
    return np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
