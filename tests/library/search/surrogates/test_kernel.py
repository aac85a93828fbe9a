import numpy as np
import pytest

from mixpipe.search.surrogates.kernel import fit_kernel


def test_closed_forms_equal_refits_without_the_fold() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 3))
    kernel = np.exp(-0.5 * ((x[:, None] - x) ** 2).sum(axis=2))
    losses = np.column_stack([np.sin(x[:, 0]), x[:, 1] + 0.3 * rng.standard_normal(20)])
    fold = np.arange(20) % 4
    fit = fit_kernel(kernel, losses)
    held_out = fit.without_folds(fold)
    for target in range(2):
        noise = fit.noise[target] * np.eye(20)
        for number in range(4):
            rest, rows = fold != number, fold == number
            solved = np.linalg.solve((kernel + noise)[np.ix_(rest, rest)], losses[rest, target])
            assert held_out[rows, target] == pytest.approx(kernel[np.ix_(rows, rest)] @ solved)
    assert fit.noise[0] < fit.noise[1]


def test_the_posterior_is_the_textbook_one() -> None:
    rng = np.random.default_rng(1)
    x, new = rng.random((15, 1)), rng.random((4, 1))
    losses = x + 0.1 * rng.standard_normal((15, 1))
    fit = fit_kernel(np.exp(-np.abs(x - x.T)), losses)
    cross = np.exp(-np.abs(new - x.T))
    inverse = np.linalg.inv(np.exp(-np.abs(x - x.T)) + fit.noise[0] * np.eye(15))
    mean, sd = fit.predict(cross, np.ones(4))
    assert mean == pytest.approx(cross @ inverse @ losses)
    variance = fit.amplitude[0] * (1 - np.einsum("ij,jk,ik->i", cross, inverse, cross))
    assert sd[:, 0] ** 2 == pytest.approx(variance)
