import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.quadratic import (
    QuadraticLaw,
    all_pairs,
    cycle_pairs,
    fit_quadratic,
    scheffe_matrix,
    seed_mixtures,
)

LINEAR = np.array([1, 0.8, 0.2])
QUADRATIC = -np.array([[2, 0.3, 0], [0.3, 1.5, 0.1], [0, 0.1, 1]])


def test_the_form_is_the_plain_quadratic():
    mixtures = np.random.default_rng(0).dirichlet(np.ones(3), 20)
    plain = 0.3 + mixtures @ LINEAR + np.einsum("ni,ij,nj->n", mixtures, QUADRATIC, mixtures)
    assert QuadraticLaw.of(LINEAR, QUADRATIC, 0.3).predict(mixtures) == pytest.approx(plain)


def test_the_known_optimum():
    law = QuadraticLaw.of(LINEAR, QUADRATIC)
    best = law.optimum(np.random.default_rng(0))
    assert best == pytest.approx([0.3260, 0.3516, 0.3223], abs=1e-4)
    assert law.predict(best[None])[0] == pytest.approx(0.0784, abs=1e-4)


def test_without_products_the_best_domain_takes_all():
    law = QuadraticLaw.of(LINEAR, np.zeros((3, 3)))
    assert law.optimum(np.random.default_rng(0)) == pytest.approx([1, 0, 0], abs=1e-6)


def test_an_indefinite_form_has_several_peaks_and_the_highest_is_found():
    quadratic = np.array([[1.0, -4, 2, 0], [-4, 1.1, 0, 1], [2, 0, -1, -2], [0, 1, -2, 0.5]])
    law = QuadraticLaw.of(np.zeros(4), quadratic)
    tried = np.vstack([np.random.default_rng(0).dirichlet(np.full(4, 0.5), 20_000), np.eye(4), all_pairs(4)])
    best = law.optimum(np.random.default_rng(1))
    assert law.predict(best[None])[0] >= law.predict(tried).max() - 1e-9


@pytest.mark.parametrize(
    ("pairs", "rank", "condition"), [(np.empty((0, 5)), 10, np.inf), (cycle_pairs(5), 15, 51), (all_pairs(5), 15, 10.5)]
)
def test_the_seeds_alone_do_not_identify_it(pairs, rank, condition):
    design = np.vstack([seed_mixtures(5), pairs])
    law = fit_quadratic(design, np.arange(len(design), dtype=float))
    assert len(design) == 11 + len(pairs)
    assert law.rank == rank == np.linalg.matrix_rank(scheffe_matrix(design))
    assert law.condition == pytest.approx(condition, rel=0.01)


def test_an_identified_law_is_recovered():
    rng = np.random.default_rng(0)
    half = rng.normal(0, 1, (5, 5))
    law = QuadraticLaw.of(rng.normal(0, 1, 5), half + half.T, 40.0)
    design, new = np.vstack([seed_mixtures(5), all_pairs(5)]), rng.dirichlet(np.ones(5), 50)
    fitted = fit_quadratic(design, law.predict(design), ridge=1e-9)
    assert fitted.predict(new) == pytest.approx(law.predict(new), abs=1e-5)


def test_domains_have_no_order_and_scores_no_unit():
    design, order = np.vstack([seed_mixtures(4), cycle_pairs(4)]), [2, 0, 3, 1]
    scores = np.random.default_rng(0).normal(0, 1, len(design))
    plain, rng = fit_quadratic(design, scores), np.random.default_rng
    permuted = fit_quadratic(design[:, order], scores)
    assert permuted.predict(design[:, order]) == pytest.approx(plain.predict(design))
    assert permuted.optimum(rng(0)) == pytest.approx(plain.optimum(rng(0))[order], abs=1e-4)
    assert fit_quadratic(design, 100 * scores + 7).predict(design) == pytest.approx(100 * plain.predict(design) + 7)


def test_few_runs_are_regularised_and_none_refused():
    law = fit_quadratic(seed_mixtures(5)[:4], np.array([1.0, 2, 3, 4]))
    assert (law.rank, law.condition) == (4, np.inf)
    assert np.abs(law.predict(np.eye(5)) - 2.5).max() < 2
    with pytest.raises(InputError, match="found 0 runs"):
        fit_quadratic(np.empty((0, 3)), np.empty(0))
