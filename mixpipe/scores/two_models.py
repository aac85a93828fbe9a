"""P(positive) by two logistic regressions, one per half of the documents: none is judged by the one that was shown it.

Classes weigh the same whatever their sizes, so 0.5 reads "as likely the one as the other".
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from mixpipe.scores.protocol import Floats, State, halves

__all__ = ["Rows", "TwoModels", "fit_two_models"]


class Rows(NamedTuple):
    """One class.

    Attributes:
        features: (n, dimensions) float32, dense or sparse.
        ids: n ids of documents, or none: of what is no document, which both models may see.
    """

    features: "np.ndarray | csr_matrix"
    ids: Sequence[str] | None

    def of(self, half: int) -> "np.ndarray | csr_matrix":
        """Return the rows that the model of a half, 0 or 1, may see."""
        return self.features if self.ids is None else self.features[halves(self.ids) == half]


class TwoModels(NamedTuple):
    """Both models.

    Attributes:
        weights: (2, dimensions) float32.
        biases: (2,) float32.
    """

    weights: np.ndarray
    biases: np.ndarray

    def probabilities(self, features: "np.ndarray | csr_matrix", ids: Sequence[str]) -> Floats:
        """Return (n, 1): P(positive) of rows (n, dimensions), each by the model of the other half."""
        judge = 1 - halves(ids)
        if isinstance(features, csr_matrix):
            products = np.asarray(features @ self.weights.T)[np.arange(len(ids)), judge]
        else:  # not by BLAS, whose last bits depend on what else is in the batch
            products = np.einsum("nd,nd->n", features, self.weights[judge])
        return np.asarray(1 / (1 + np.exp(-np.clip(products + self.biases[judge], -60, 60))))[:, None]


def fit_two_models(positive: Rows, negative: Rows, *, inverse_ridge: float, iterations: int) -> State:
    """Return `weights` and `biases` of two models, each fitted on one half of the documents of either class."""
    fitted = []
    for half in (0, 1):
        model = LogisticRegression(C=inverse_ridge, class_weight="balanced", max_iter=iterations)
        fitted.append(_fitted(positive.of(half), negative.of(half), model))
    return {"weights": np.stack([model[:-1] for model in fitted]), "biases": np.array([model[-1] for model in fitted])}


def _fitted(
    positive: "np.ndarray | csr_matrix", negative: "np.ndarray | csr_matrix", model: LogisticRegression
) -> np.ndarray:
    """Return (dimensions + 1,) float32: weights and bias; zeros, which score 0.5, where a class is empty."""
    n, m = positive.shape[0], negative.shape[0]
    if not n or not m:
        return np.zeros(positive.shape[1] + 1, np.float32)
    if isinstance(positive, csr_matrix) and isinstance(negative, csr_matrix):
        both = vstack([positive, negative], format="csr")
    else:
        both = np.concatenate([positive, negative])
    model.fit(both, np.arange(n + m) < n)
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float32)
