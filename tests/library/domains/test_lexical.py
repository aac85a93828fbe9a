from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer

from mixpipe.domains.lexical import (
    BUCKETS,
    READ_CHARACTERS,
    count_words,
    fit_lexical,
    hash_words,
    lexical_vectors,
    words_of,
)

TEXTS = ["the cat sat on the mat", "the dog sat", "int x = 3; int y;", "return x + y;", "a cat and a dog"]


def test_words_and_signs_are_counted_in_lower_case() -> None:
    assert words_of("If (A) a; \n") == Counter({"a": 2, "if": 1, "(": 1, ")": 1, ";": 1})


def test_only_the_beginning_is_read() -> None:
    assert words_of("a " * READ_CHARACTERS) == Counter({"a": READ_CHARACTERS // 2})


def test_counts_lie_in_the_buckets_of_their_words() -> None:
    counts = count_words([words_of(text) for text in TEXTS])
    assert counts.shape == (5, BUCKETS)
    assert counts[0, hash_words(["the"])[0]] == 2
    assert counts.sum() == sum(words_of(text).total() for text in TEXTS)


def test_weights_and_projection_agree_with_scikit_learn_and_an_exact_svd() -> None:
    counts = count_words([words_of(text) for text in TEXTS])
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts).toarray()
    vectors = lexical_vectors(counts, fit_lexical(counts, 5, seed=0))
    # all five dimensions are kept, so cosines are those of the weighted counts themselves
    assert vectors @ vectors.T == pytest.approx(weighted @ weighted.T, abs=1e-5)
    two = fit_lexical(counts, 2, seed=0).projection
    used = np.flatnonzero(weighted.sum(axis=0))
    exact = np.zeros((BUCKETS, 2))
    exact[used] = np.linalg.svd(weighted[:, used])[2][:2].T
    assert two @ (two.T @ exact) == pytest.approx(exact, abs=1e-4)


def test_documents_without_known_words_are_zero() -> None:
    lexical = fit_lexical(count_words([words_of(text) for text in TEXTS]), 3, seed=0)
    vectors = lexical_vectors(count_words([Counter(), words_of("unseen"), words_of("the cat")]), lexical)
    assert (vectors[:2] == 0).all()
    assert np.linalg.norm(vectors[2]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("texts", [[""], ["", ""], ["one"], ["same words"] * 3])
def test_degenerate_samples_have_finite_features(texts: list[str]) -> None:
    counts = count_words([words_of(text) for text in texts])
    vectors = lexical_vectors(counts, fit_lexical(counts, 10, seed=0))
    assert len(vectors) == len(texts) and np.isfinite(vectors).all()


def test_counting_nothing_gives_no_rows() -> None:
    assert isinstance(count_words([]), sp.csr_matrix)
    assert count_words([]).shape == (0, BUCKETS)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    counts = count_words([words_of(text) for text in TEXTS])
    lexical = fit_lexical(counts, 3, seed=0)
    alone = np.vstack([lexical_vectors(counts[i], lexical) for i in range(5)])
    assert (alone == lexical_vectors(counts, lexical)).all()
