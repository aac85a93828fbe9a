"""What a set of rules is: measures of one document, and limits that they must keep.

Every measure becomes a column, so each rule's outcome can be read back whatever was dropped, and a limit can be moved
without scoring again. `<family>_rule` holds the number, from 1, of the first rule that fires; 0 when none does.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State

__all__ = ["RuleSet"]


class RuleSet(ABC):
    """A scorer made of rules; a subclass names its family, lists its rules and measures documents.

    Attributes:
        family: prefix of the columns and of the drop reasons.
        rules: the limits, in the order in which they are tried.
        measures: names of what `measure` returns, in its order.
        columns: one per measure, then the number of the first rule that fires.
    """

    family: str
    rules: tuple[Rule, ...]
    measures: tuple[str, ...]
    columns: tuple[str, ...]

    def __init_subclass__(cls) -> None:
        """Name the columns, known before anything is fitted."""
        cls.columns = (*(f"{cls.family}_{name}" for name in cls.measures), f"{cls.family}_rule")

    def __init__(self, state: State) -> None:  # noqa: B027  every family may leave it as it is
        """Take nothing: rules learn nothing."""

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Learn nothing."""
        return {}

    @abstractmethod
    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, measures) float64."""

    def score(self, batch: Batch) -> Floats:
        """Return (n, measures + 1) float64."""
        values = self.measure(batch.documents).reshape(len(batch.texts), len(self.measures))
        by_name = dict(zip(self.measures, values.T, strict=True))
        return np.column_stack([values, self.first_rule(by_name, len(values))])

    def first_rule(self, values: Mapping[str, np.ndarray], n: int) -> np.ndarray:
        """Return (n,) int64: the number of the first rule that fires, or 0."""
        fired = np.zeros((len(self.rules) + 1, n), bool)
        for number, rule in enumerate(self.rules):
            fired[number] = rule.fires(values[rule.measure])
        fired[-1] = True
        return np.asarray((np.argmax(fired, axis=0) + 1) % (len(self.rules) + 1))
