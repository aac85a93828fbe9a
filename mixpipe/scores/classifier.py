"""P(positive) of a document's vector: logistic regression on embeddings.

The idea of DCLM's and FineWeb-Edu's classifiers (Li et al. 2024, arXiv 2406.11794; Penedo et al. 2024, arXiv
2406.17557). Positives are the user's own targets and negatives a sample of the corpus, unless `targets.labelled` gives
texts in their place. Classes weigh the same, so without labels 0.5 reads "as likely a target as a corpus document" and
scores of different corpora compare. Two models by halves: nothing is judged by a model that it was shown to. Cost: the
encoder sees only the beginning of a text, and with it the score. Their thresholds (an educational score of 3, the best
tenth) belong to their models, and `grade` reads such a model: here the score's percentile in the corpus is what decides
(`quality`, `plan.maker: top`).
"""

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State
from mixpipe.scores.two_models import Rows, TwoModels, fit_two_models

__all__ = ["Classifier"]

INVERSE_RIDGE = 1.0  # scikit-learn's; rows have unit length
ITERATIONS = 1000


class Classifier:
    """Probability, under equal weight of both, that a document is a positive: one of the targets', without labels."""

    columns = ("classifier",)
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the two models' weights."""
        self._models = TwoModels(state["weights"], state["biases"])

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Fit both models; `weights` is (2, dimensions) float32, `biases` (2,) float32.

        Raises:
            InputError: texts that it needs have no vectors.
        """
        given = {label: Rows(texts.vectors, texts.encoded) for label, texts in sample.labelled.items()}
        classes = {"positive": Rows(sample.target_vectors, None), "negative": Rows(sample.vectors, sample.ids), **given}
        for label, rows in classes.items():
            if not len(rows.features):
                texts = f"targets.labelled.{label}" if label in given else "the targets' texts"
                raise InputError(
                    f"expected embeddings of {texts} for the scorer classifier, found none, as where the corpus came "
                    "with its own (ingest.embedding); remove `classifier` from scores.scorers"
                )
        return fit_two_models(**classes, inverse_ridge=INVERSE_RIDGE, iterations=ITERATIONS)

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) probabilities."""
        return self._models.probabilities(batch.vectors, batch.ids)
