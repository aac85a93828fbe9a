"""Scores: how each score column is spread inside each domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixpipe.report.facts import Artefacts
from mixpipe.store.files import read_json

__all__ = ["Score", "read_scores"]


@dataclass(frozen=True, eq=False)
class Score:
    """One score column by domain.

    Attributes:
        means: (n_domains,) float64 means over documents.
        edges: (n_bins + 1,) float64 edges of the histograms.
        counts: (n_domains, n_bins) float64 documents.
    """

    means: np.ndarray
    edges: np.ndarray
    counts: np.ndarray


def read_scores(artefacts: Artefacts) -> dict[str, Score]:
    """Return the score columns by name; empty before scores."""
    if "scores" not in artefacts:
        return {}
    found: Mapping[str, Any] = read_json(artefacts["scores"].file("scores.json"))["columns"]
    return {name: _score(column) for name, column in found.items()}


def _score(column: Mapping[str, Any]) -> Score:
    rows = [column["domains"][str(number)] for number in range(len(column["domains"]))]
    return Score(
        means=np.array([row["mean"] for row in rows], dtype=np.float64),
        edges=np.array(column["edges"], dtype=np.float64),
        counts=np.array([row["histogram"] for row in rows], dtype=np.float64),
    )
