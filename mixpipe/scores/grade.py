"""The grade of a text by a model that is given, read as FineWeb-Edu reads its own.

FineWeb-Edu (Penedo et al. 2024, arXiv 2406.17557; the classifier's card): a regression from 0 to 5 on the first 512
tokens; the grade is clipped and rounded, halves to the even number, and 3 is the least that is kept. `scores.grader`
names that model or another one with one output, a folder or a hub name; none comes with mixpipe. The limit belongs to
that model: for another, leave `grade` out of `scores.drop` and go by the column's percentiles (`plan.maker: top`).
Its files are kept with what the scorers learnt, which is known by its content and no path.
"""

from collections.abc import Sequence

import numpy as np

from mixpipe.models.finding import find_model
from mixpipe.models.grading import GradingModel
from mixpipe.models.packed import packed, unpacked
from mixpipe.models.precision import resolve_dtype
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule, Sample, State
from mixpipe.scores.rules import RuleSet

__all__ = ["Grade", "rounded"]

LEAST, MOST, KEPT_FROM = 0, 5, 3
DTYPE = "dtype"


class Grade(RuleSet):
    """The model's output, and the whole grade that it is read as."""

    family = "grade"
    measures = ("score", "rounded")
    rules = (Rule("low", "rounded", least=KEPT_FROM),)

    def __init__(self, state: State) -> None:
        """Load the model."""
        with unpacked(state) as folder:
            self._model = GradingModel(folder, dtype=str(state[DTYPE]))

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Take the model's files, and the arithmetic that is native here.

        Raises:
            ConfigError: it is no model that grades texts.
        """
        folder = find_model(str(config.grader), "scores.grader")
        dtype = resolve_dtype("auto", None)
        GradingModel(folder, dtype=dtype)  # loaded where it lies, so that a complaint names that folder, not a copy
        return {**packed(folder), DTYPE: np.array(dtype)}

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, 2) float64."""
        grades = self._model.grades([document.text for document in documents]).astype(np.float64)
        return np.column_stack([grades, rounded(grades)])


def rounded(grades: np.ndarray) -> np.ndarray:
    """Return (n,) whole grades, 0 to 5; halves go to the even number, so 2.5 is not kept and 3.5 is 4."""
    return np.asarray(np.round(np.clip(grades, LEAST, MOST)))
