import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit

from mixpipe.scores.protocol import halves
from mixpipe.scores.two_models import Rows, TwoModels, fit_two_models
from mixpipe.store.fingerprint import text_id

IDS = [text_id(str(n)) for n in range(40)]
FIT = {"inverse_ridge": 1.0, "iterations": 200}


def rows(seed, count=40):
    return np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)


def test_rows_are_judged_by_the_model_of_the_other_half():
    models = TwoModels(np.array([[1, 0], [0, 2]], np.float32), np.array([0, 1], np.float32))
    features = rows(0)[:, :2]
    expected = np.where(halves(IDS) == 1, expit(features[:, 0]), expit(2 * features[:, 1] + 1))
    assert models.probabilities(features, IDS)[:, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", [np.array, csr_matrix])
def test_a_score_does_not_depend_on_what_else_is_in_the_batch(kind):
    features, ids = np.random.default_rng(0).normal(size=(200, 768)).astype(np.float32), IDS * 5
    models = TwoModels(np.random.default_rng(1).normal(size=(2, 768)).astype(np.float32) / 8, np.zeros(2, np.float32))
    whole = models.probabilities(kind(features), ids)
    for cut in (1, 2, 3, 7):
        assert np.array_equal(models.probabilities(kind(features[:cut]), ids[:cut]), whole[:cut])


def test_a_model_sees_one_half_of_what_has_ids_and_all_that_has_none():
    first = halves(IDS) == 0
    whole = fit_two_models(Rows(rows(0), None), Rows(rows(1) + 1, IDS), **FIT)
    half = fit_two_models(Rows(rows(0), None), Rows((rows(1) + 1)[first], None), **FIT)
    assert np.array_equal(whole["weights"][0], half["weights"][0])
    assert not np.array_equal(whole["weights"][0], whole["weights"][1])


def test_dense_and_sparse_rows_are_the_same_rows():
    dense = fit_two_models(Rows(rows(0), None), Rows(rows(1) + 1, IDS), **FIT)
    sparse = fit_two_models(Rows(csr_matrix(rows(0)), None), Rows(csr_matrix(rows(1) + 1), IDS), **FIT)
    assert sparse["weights"] == pytest.approx(dense["weights"], abs=1e-3)
    found = [
        TwoModels(**state).probabilities(kind(rows(2)), IDS)
        for state, kind in ((dense, np.array), (sparse, csr_matrix))
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-3)


def test_an_empty_class_leaves_everything_even():
    state = fit_two_models(Rows(rows(0, 0), None), Rows(rows(1), IDS), **FIT)
    assert (TwoModels(**state).probabilities(rows(2), IDS) == 0.5).all()
