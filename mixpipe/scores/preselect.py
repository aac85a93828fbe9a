"""PreSelect: texts whose losses order models as their benchmarks do (Shum et al. 2025, arXiv 2503.00808, section 3).

Predictive strength S = share of the pairs of models, the worse one first, in which the worse one also has the higher
loss on the text; equal losses count 0. Texts of high and low strength then train an n-gram classifier, which scores the
whole corpus. Deviations: the models are the trials of one size of an earlier search (`scores.trials`), ordered by the
mean of their standardised target losses instead of benchmark scores; the block is a domain, whose held-out loss every
trial has measured, instead of a document; positives are the sampled documents of the strongest third of the measured
domains, negatives those of the weakest third. So it finds the kind of text that reveals progress on the targets; inside
a domain it can only generalise by words. Ranks come from the user's own targets: keep these out of the corpus first.
"""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import ConfigError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.given import given_search
from mixpipe.scores.ngram_classifier import NGramClassifier, TextSet, fit_halves
from mixpipe.scores.protocol import Sample, State
from mixpipe.store.files import read_json, read_table

__all__ = ["PreSelect", "predictive_strength"]

# Four models are the shortest ladder that makes more than two steps (six in the paper).
FEWEST_TRIALS = 4
THIRD = 1 / 3


class PreSelect(NGramClassifier):
    """Probability that a document is like those of the domains with the highest predictive strength."""

    columns = ("preselect",)

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Fit both models on the sampled documents of strong and of weak domains."""
        strength = predictive_strength(*_losses(config, sample))
        strong, weak = _ends(strength, np.bincount(sample.domains, minlength=len(strength)))
        classes = [np.flatnonzero(np.isin(sample.domains, domains)).tolist() for domains in (strong, weak)]
        return fit_halves(*(TextSet([sample.texts[i] for i in r], [sample.ids[i] for i in r]) for r in classes))


def predictive_strength(objective: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Return (blocks,) the share of pairs of models whose losses on the block are in the order of the objective.

    Args:
        objective: (models,) what ranks the models, lower is better; pairs that are equal in it are left out.
        losses: (models, blocks) on each block; a block with a NaN has the strength NaN.
    """
    worse, better = np.nonzero(objective[:, None] > objective[None, :])
    agree = (losses[worse] > losses[better]).sum(axis=0) / max(len(worse), 1)
    return np.where(np.isfinite(losses).all(axis=0), agree, np.nan)


def _losses(config: ScoresConfig, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Return the objective (trials,) and the domains' losses (trials, domains) of the search at `scores.trials`.

    Raises:
        ConfigError: no folder is given, it holds no sealed search over these domains, or too few trials ended well.
    """
    if config.trials is None:
        raise ConfigError(
            "expected a finished search at scores.trials for the scorer preselect, found none; name its folder"
        )
    found = given_search(config.trials)
    mixture = read_json(found.file("mixture.json"))
    names = tuple(mixture["domains"])
    if names != sample.domain_names:
        raise ConfigError(
            f"expected a search over the domains {', '.join(sample.domain_names)} at scores.trials ({config.trials}), "
            f"found one over {', '.join(names)}; set domains.frozen to its domains"
        )
    usable = _of_one_size(read_table(found.file("trials.parquet")))
    targets = _matrix([dict(row["target_losses"]) for row in usable], None)
    strata = len(mixture.get("strata", [[1]])[0])  # of every domain: losses are then by stratum, see `search.strata`
    cells = _matrix([dict(row["domain_losses"]) for row in usable], [str(n) for n in range(len(names) * strata)])
    domains = cells.reshape(len(cells), len(names), strata).mean(axis=2)
    good = np.isfinite(targets).all(axis=1)
    if good.sum() < FEWEST_TRIALS:
        raise ConfigError(
            f"expected at least {FEWEST_TRIALS} trials of one size with finite losses at scores.trials "
            f"({config.trials}), found {good.sum()}; name a longer search"
        )
    spread = targets[good].std(axis=0)
    units = (targets[good] - targets[good].mean(axis=0)) / np.where(spread > 0, spread, 1)
    return units.mean(axis=1), domains[good]


def _of_one_size(trials: pa.Table) -> list[dict[str, Any]]:
    """Return the trials that ended well, of the model size and training tokens that most of them have.

    A longer training lowers every loss: pairs of different lengths would agree everywhere and tell nothing of a domain.
    """
    rows = trials.filter(pc.equal(trials["status"], "ok")).to_pylist()
    sizes = Counter((row["model_size"], row["tokens"]) for row in rows)
    most = max(sizes, key=lambda size: (sizes[size], size), default=None)
    return [row for row in rows if (row["model_size"], row["tokens"]) == most]


def _matrix(rows: list[dict[str, float]], names: list[str] | None) -> np.ndarray:
    """Return (rows, names) losses, NaN where there is none; without names all that occur."""
    columns = sorted({name for row in rows for name in row}) if names is None else names
    return np.array([[row.get(name, np.nan) for name in columns] for row in rows]).reshape(len(rows), len(columns))


def _ends(strength: np.ndarray, documents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the strongest and the weakest third of the domains that are measured and sampled, at least one each.

    Raises:
        ConfigError: fewer than two such domains, or all equally strong.
    """
    known = np.flatnonzero(np.isfinite(strength) & (documents > 0))
    ordered = known[np.argsort(-strength[known], kind="stable")]
    third = max(1, round(len(ordered) * THIRD))
    if len(ordered) < 2 or strength[ordered[0]] == strength[ordered[-1]]:
        raise ConfigError(
            "expected domains of different predictive strength at scores.trials, found "
            f"{len(ordered)} measured ones, all equal; name another search or remove preselect from scores.scorers"
        )
    return ordered[:third], ordered[-third:]
