from dataclasses import replace

import numpy as np
import pytest

from mixpipe.search.methods import load_method
from mixpipe.search.methods.entropy import Entropy


def test_shares_are_proportional_to_the_exponential_of_the_entropy_of_the_variant(make_problem):
    search = make_problem(3, entropies={"ce": np.log([1.0, 2, 5]), "se": np.log([2.0, 1, 1])})
    assert load_method("entropy").recommend(search, []).mixture == pytest.approx([0.125, 0.25, 0.625], abs=1e-4)
    assert load_method("entropy:se").recommend(search, []).mixture == pytest.approx([0.5, 0.25, 0.25], abs=1e-4)


def test_an_empty_domain_gets_nothing(make_problem):
    search = make_problem(3, entropies={"ce": np.zeros(3)})
    empty = replace(search, available_tokens=search.available_tokens * [1, 1, 0])
    assert Entropy().recommend(empty, []).mixture == pytest.approx([0.5, 0.5, 0])


@pytest.mark.parametrize("entropies", [None, {"se": np.zeros(3)}, {"ce": np.array([np.nan, 1, 1])}])
def test_without_its_entropies_it_is_natural(entropies, make_problem):
    search = make_problem(3, entropies=entropies)
    assert Entropy().recommend(search, []).mixture == pytest.approx(search.natural, abs=1e-4)
