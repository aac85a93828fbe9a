"""P(positive) of a document's words: logistic regression on hashed unigrams and bigrams, in the manner of fastText.

DCLM's classifier (Li et al. 2024, arXiv 2406.11794, section 4.4) is fastText with bigrams; here one weight for each of
2^18 buckets instead of 100 dimensions between (a sum of weights over the document's n-grams either way), fitted by
scikit-learn: deterministic, and without a native package. Positives are the targets' texts, negatives the corpus
sample, or the labelled texts of `scores.labelled`. Classes weigh the same, so 0.5 reads "as likely the one as the
other"; across corpora or classifiers compare percentiles, not numbers. Two models by halves, given texts included:
nothing is judged by a model that it was shown to. It sees words where `classifier` sees what the encoder takes from
128 tokens.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.given import given_texts
from mixpipe.scores.hashed import hashed_ngrams
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State, halves

__all__ = ["NGramClassifier", "TextSet", "fit_halves"]

BUCKETS = 1 << 18
# Inverse of the ridge: rows have unit length, so weights must be large to tell classes apart by a few words.
INVERSE_RIDGE = 10.0
ITERATIONS = 200
TEXTS_AT_ONCE = 512


class TextSet(NamedTuple):
    """Texts of one class.

    Attributes:
        texts: n texts.
        ids: n document ids of theirs, or none: texts that are no documents, which both models may see.
    """

    texts: Sequence[str]
    ids: Sequence[str] | None


class NGramClassifier:
    """Probability, under equal weight of both, that a document is a positive; one half where its words say nothing."""

    columns: tuple[str, ...] = ("ngram_classifier",)
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the two models' weights."""
        self._weights, self._biases = state["weights"], state["biases"]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Fit both models; `weights` is (2, buckets) float32, `biases` (2,) float32."""
        positive = _given(config, "positive") or TextSet(sample.targets.texts, None)
        negative = _given(config, "negative") or TextSet(sample.texts, sample.ids)
        return fit_halves(positive, negative)

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) probabilities."""
        counts = features(batch.texts)
        logits = np.asarray(counts @ self._weights.T) + self._biases
        judged = logits[np.arange(len(batch.ids)), 1 - halves(batch.ids)]
        return np.asarray(1 / (1 + np.exp(-np.clip(judged, -60, 60))))[:, None]


def fit_halves(positive: TextSet, negative: TextSet) -> State:
    """Return the weights and biases of two models, each fitted on one half of the documents of either class.

    Raises:
        InputError: a class has no text.
    """
    classes = [("positive", positive), ("negative", negative)]
    if empty := [name for name, texts in classes if not texts.texts]:
        raise InputError(
            f"expected positive and negative texts for an n-gram classifier, found no {' and no '.join(empty)} ones; "
            "give targets or scores.labelled, or remove the scorer"
        )
    rows = [features(texts.texts) for _, texts in classes]
    models = []
    for half in (0, 1):
        mine = [
            row if texts.ids is None else row[halves(texts.ids) == half]
            for row, (_, texts) in zip(rows, classes, strict=True)
        ]
        models.append(_fitted(*mine))
    return {"weights": np.stack([m[:-1] for m in models]), "biases": np.array([m[-1] for m in models])}


def features(texts: Sequence[str]) -> csr_matrix:
    """Return (n, BUCKETS) float32 rows of unit length: log(1 + count) of every n-gram; an empty text's row is empty."""
    blocks = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        counts = hashed_ngrams(texts[start : start + TEXTS_AT_ONCE], BUCKETS).counts()
        counts.data = np.log1p(counts.data)
        blocks.append(normalize(counts))
    return vstack(blocks, format="csr") if blocks else csr_matrix(np.zeros((0, BUCKETS), np.float32))


def _fitted(positive: csr_matrix, negative: csr_matrix) -> np.ndarray:
    """Return (BUCKETS + 1,) float32: weights and bias; zeros, which score 0.5, where a class is empty."""
    n = positive.shape[0]
    if not n or not negative.shape[0]:
        return np.zeros(BUCKETS + 1, np.float32)
    model = LogisticRegression(C=INVERSE_RIDGE, class_weight="balanced", max_iter=ITERATIONS)
    model.fit(vstack([positive, negative], format="csr"), np.arange(n + negative.shape[0]) < n)
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float32)


def _given(config: ScoresConfig, label: str) -> TextSet | None:
    """Return the texts that `scores.labelled` names for a label, if it does."""
    path = getattr(config.labelled, label)
    if path is None:
        return None
    field = f"scores.labelled.{label}"
    return TextSet(*given_texts(path, field, wanted=config.sample_documents, seed=config.seed))
