"""P(positive) of a document's words: logistic regression on hashed unigrams and bigrams, in the manner of fastText.

DCLM's classifier (Li et al. 2024, arXiv 2406.11794, section 4.4) is fastText with bigrams; here one weight for each of
2^18 buckets instead of 100 dimensions between (a sum of weights over the document's n-grams either way), fitted by
scikit-learn: deterministic, and without a native package. Positives are the targets' texts, negatives the corpus
sample, unless `targets.labelled` gives texts in their place. Classes weigh the same, so 0.5 reads "as likely the one
as the other"; across corpora or classifiers compare percentiles, not numbers. Two models by halves, given texts
included: nothing is judged by a model that it was shown to. It sees words where `classifier` sees what the encoder
takes from 128 tokens.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.preprocessing import normalize

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.hashed import hashed_ngrams
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State
from mixpipe.scores.two_models import Rows, TwoModels, fit_two_models

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
        self._models = TwoModels(state["weights"], state["biases"])

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Fit both models; `weights` is (2, buckets) float32, `biases` (2,) float32."""
        classes = {"positive": TextSet(sample.targets.texts, None), "negative": TextSet(sample.texts, sample.ids)}
        given = {label: TextSet(found.texts, found.ids) for label, found in sample.labelled.items()}
        return fit_halves(**{**classes, **given})

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) probabilities."""
        return self._models.probabilities(features(batch.texts), batch.ids)


def fit_halves(positive: TextSet, negative: TextSet) -> State:
    """Return the weights and biases of two models, each fitted on one half of the documents of either class.

    Raises:
        InputError: a class has no text.
    """
    classes = [("positive", positive), ("negative", negative)]
    if empty := [name for name, texts in classes if not texts.texts]:
        raise InputError(
            f"expected positive and negative texts for an n-gram classifier, found no {' and no '.join(empty)} ones; "
            "give targets or targets.labelled, or remove the scorer"
        )
    rows = [Rows(features(texts.texts), texts.ids) for _, texts in classes]
    return fit_two_models(*rows, inverse_ridge=INVERSE_RIDGE, iterations=ITERATIONS)


def features(texts: Sequence[str]) -> csr_matrix:
    """Return (n, BUCKETS) float32 rows of unit length: log(1 + count) of every n-gram; an empty text's row is empty."""
    blocks = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        counts = hashed_ngrams(texts[start : start + TEXTS_AT_ONCE], BUCKETS).counts()
        counts.data = np.log1p(counts.data)
        blocks.append(normalize(counts))
    return vstack(blocks, format="csr") if blocks else csr_matrix(np.zeros((0, BUCKETS), np.float32))
