"""P(target): logistic regression on embeddings, the targets' texts against a sample of the corpus.

The idea of DCLM's and FineWeb-Edu's classifiers (Li et al. 2024, arXiv 2406.11794; Penedo et al. 2024, arXiv
2406.17557) with the user's own targets as the positive class. Classes weigh the same whatever their sizes, so 0.5
reads "as likely a target as a corpus document" and scores of different corpora compare. Two models, one per half of
the corpus sample: a document's score never comes from a model that was told it is a negative. Cost: the encoder sees
only the beginning of a text, and with it the score.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State, halves

__all__ = ["Classifier"]


class Classifier:
    """Probability, under equal weight of both, that a document is one of the targets' rather than the corpus's."""

    columns = ("classifier",)
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the two models' weights."""
        self._weights, self._biases = state["weights"], state["biases"]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Fit both models; `weights` is (2, dimensions) float32, `biases` (2,) float32."""
        if not len(sample.target_vectors):
            raise InputError(
                "expected embeddings of the targets' texts for the scorer classifier, found none, as where the corpus "
                "came with its own (ingest.embedding); remove `classifier` from scores.scorers"
            )
        which = halves(sample.ids)
        models = [_fitted(sample.target_vectors, sample.vectors[which == half]) for half in (0, 1)]
        return {
            "weights": np.stack([model[:-1] for model in models]),
            "biases": np.array([model[-1] for model in models]),
        }

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) probabilities."""
        judge = 1 - halves(batch.ids)
        logits = np.einsum("nd,nd->n", batch.vectors, self._weights[judge]) + self._biases[judge]
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))))[:, None]


def _fitted(targets: np.ndarray, corpus: np.ndarray) -> np.ndarray:
    """Return (dimensions + 1,) float32: weights and bias; zeros, which score 0.5, where there is no corpus document."""
    if not len(corpus):
        return np.zeros(targets.shape[1] + 1, np.float32)
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    model.fit(np.concatenate([targets, corpus]), np.arange(len(targets) + len(corpus)) < len(targets))
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float32)
