"""What a set of rules is: measures of one document, and limits that they must keep.

Every measure becomes a column, so each rule's outcome can be read back whatever was dropped, and a limit can be moved
without scoring again. `<family>_rule` holds the number, from 1, of the first rule that fires; 0 when none does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Batch, Floats, Sample, State

__all__ = ["Rule", "RuleSet"]


@dataclass(frozen=True)
class Rule:
    """A limit on one measure: the rule fires below `least` or above `most`; the limits themselves are allowed."""

    name: str
    measure: str
    least: float = -np.inf
    most: float = np.inf

    def fires(self, values: np.ndarray) -> np.ndarray:
        """Return (n,) bool for (n,) values of the measure."""
        return (values < self.least) | (values > self.most)


class RuleSet:
    """A scorer made of rules; a subclass names its family, lists its rules and measures one document.

    Attributes:
        family: prefix of the columns and of the drop reasons.
        limits: the rules, in the order in which they are tried.
        measures: names of what `measure` returns, in its order.
    """

    family: str
    limits: tuple[Rule, ...]
    measures: tuple[str, ...]

    def __init__(self, state: State) -> None:
        """Take nothing: rules learn nothing."""

    @property
    def columns(self) -> tuple[str, ...]:
        """One column per measure, then the number of the first rule that fires."""
        return (*(f"{self.family}_{name}" for name in self.measures), f"{self.family}_rule")

    @property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules, in the order of their numbers."""
        return tuple(rule.name for rule in self.limits)

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Learn nothing."""
        return {}

    def measure(self, document: Document) -> Sequence[float]:
        """Return the measures of one document."""
        raise NotImplementedError

    def score(self, batch: Batch) -> Floats:
        """Return (n, measures + 1) float64."""
        rows = [self.measure(document) for document in batch.documents]
        values = np.array(rows, np.float64).reshape(len(rows), len(self.measures))
        by_name = dict(zip(self.measures, values.T, strict=True))
        return np.column_stack([values, self.first_rule(by_name, len(rows))])

    def first_rule(self, values: Mapping[str, np.ndarray], n: int) -> np.ndarray:
        """Return (n,) int64: the number of the first rule that fires, or 0."""
        fired = np.zeros((len(self.limits) + 1, n), bool)
        for number, rule in enumerate(self.limits):
            fired[number] = rule.fires(values[rule.measure])
        fired[-1] = True
        return (np.argmax(fired, axis=0) + 1) % (len(self.limits) + 1)
