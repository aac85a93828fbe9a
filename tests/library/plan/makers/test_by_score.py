import numpy as np
import pytest

from mixpipe.plan.makers import load_maker
from mixpipe.plan.makers.protocol import Candidates


@pytest.mark.parametrize("name", ["top", "tempered"])
def test_the_score_named_is_asked_for_and_is_the_value(name):
    maker = load_maker(name, {"column": "leak_share"})
    assert maker.columns == ("leak_share",)
    scores = np.array([0.1, 0.9], np.float32)
    found = maker.value(Candidates(["a", "b"], np.zeros(2, np.int32), np.ones(2), {"leak_share": scores}), {})
    assert found.tolist() == scores.tolist()
