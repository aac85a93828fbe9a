import numpy as np
import pytest

from mixpipe.domains.gate import check_structure, divergence, structure
from mixpipe.errors import GateError

LIMITS = {"max_largest_share": 0.5, "min_entropy": 0.4, "where": "a test"}


def test_figures_of_even_and_single_domains() -> None:
    assert structure(np.array([5, 5, 5, 5])) == {"domains": 4, "largest_share": 0.25, "entropy": pytest.approx(1)}
    assert structure(np.array([7])) == {"domains": 1, "largest_share": 1.0, "entropy": 0.0}
    assert structure(np.array([0, 0]))["entropy"] == 0


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([10], r"at least 2 domains to mix, found 1 in a test"),
        ([80, 10, 10], r"largest of 3 domains to hold at most 50\.0% of the tokens, found 80\.0%"),
        ([80, 20], r"at most 75\.0%"),
        ([490, 490, *[1] * 20], r"entropy of at least 0\.40"),
    ],
)
def test_lopsided_domains_are_refused_with_the_figures(tokens: list[int], message: str) -> None:
    with pytest.raises(GateError, match=message):
        check_structure(structure(np.array(tokens)), **LIMITS)


def test_uneven_domains_pass() -> None:
    check_structure(structure(np.array([40, 30, 20, 10])), **LIMITS)
    check_structure(structure(np.array([70, 30])), **LIMITS)


def test_divergence_is_between_nothing_and_one_bit() -> None:
    assert divergence(np.array([1, 2]), np.array([10, 20])) == pytest.approx(0)
    assert divergence(np.array([1, 0]), np.array([0, 9])) == pytest.approx(1)
    # 0.75 * log2(0.75 / 0.5) ... by hand for (3/4, 1/4) against (1/4, 3/4)
    assert divergence(np.array([3, 1]), np.array([1, 3])) == pytest.approx(0.75 * np.log2(1.5) + 0.25 * np.log2(0.5))
