"""Batches and samples made of texts."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from mixpipe.scores.protocol import Batch, Sample
from mixpipe.store.fingerprint import text_id

DIMENSIONS = 8


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    """Return (count, 8) float32 unit rows."""
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSIONS))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def columns_of(texts: Sequence[str], domains: Sequence[int] | None) -> dict[str, object]:
    """Return the fields of a batch: random vectors, one token per four characters."""
    return {
        "ids": [text_id(text) for text in texts],
        "texts": list(texts),
        "vectors": unit_rows(len(texts)),
        "domains": np.zeros(len(texts), np.int32) if domains is None else np.array(domains, np.int32),
        "tokens": np.array([len(text) // 4 + 1 for text in texts], np.int64),
    }


@pytest.fixture
def make_batch() -> Callable[..., Batch]:
    """Return a maker of batches from texts and domains."""
    return lambda texts, domains=None: Batch(**columns_of(texts, domains))


@pytest.fixture
def make_sample() -> Callable[..., Sample]:
    """Return a maker of samples from texts and domains, with 12 target vectors."""

    def make(texts: Sequence[str], domains: Sequence[int] | None = None) -> Sample:
        fields = columns_of(texts, domains)
        count = int(fields["domains"].max(initial=0)) + 1
        sums = np.zeros((count, DIMENSIONS))
        np.add.at(sums, fields["domains"], fields["vectors"])
        counts = np.bincount(fields["domains"], minlength=count)
        return Sample(**fields, target_vectors=unit_rows(12, 1), domain_sums=sums, domain_counts=counts)

    return make
