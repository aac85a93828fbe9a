"""Natural is every domain's share of the corpus, whatever the budget."""

import numpy as np
import pytest

from mixpipe.search.methods.natural import Natural


@pytest.mark.parametrize("budget", [1.0, 1110.0, 2000.0])
def test_it_is_the_share_of_the_corpus_at_every_budget(sized, budget: float) -> None:
    found = Natural().recommend(sized([10, 100, 1000], budget=budget, epochs=2), []).mixture
    assert found == pytest.approx(np.array([10, 100, 1000]) / 1110, abs=2e-5)  # a lattice step is 1.5e-5
