import numpy as np
import pytest

from mixpipe.plan import sample
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.makers.bands import Bands
from mixpipe.plan.stage import PLAN


@pytest.fixture
def drawn(tmp_path, upstream, build, monkeypatch):
    """Returns the sample that a maker is fitted on."""

    def draw(documents, cuts=(), most=60):
        seen = []
        fit = Bands.fit
        monkeypatch.setattr(sample, "SAMPLE_DOCUMENTS", most)
        monkeypatch.setattr(Bands, "fit", lambda self, found: seen.append(found) or fit(self, found))
        inputs = upstream(documents, cuts, [0.6, 0.4])
        build(tmp_path, PLAN, PlanConfig(budget_tokens=500, maker="bands"), inputs)
        return seen[0]

    return draw


def uneven(document):
    domains = [0] * 1200 + [1] * 40
    return [document(f"{n}", d, tokens=7, perplexity=float(n)) for n, d in enumerate(domains)]


def test_a_large_domain_is_cut_and_each_document_stands_for_many(drawn, document):
    found = drawn(uneven(document), [500, 1210])
    assert np.bincount(found.domains).tolist() == [60, 40]
    assert (found.weights[found.domains == 1] == 1).all()
    assert found.weights[found.domains == 0].sum() == pytest.approx(1200, rel=4 / np.sqrt(60))
    assert found.names == ["domain-0", "domain-1"]
    assert found.tokens.tolist() == [7] * 100


def test_the_sample_hangs_on_no_order(drawn, document):
    one = drawn(uneven(document), [500])
    other = drawn(uneven(document)[::-1], [3, 700])
    assert one.ids == other.ids
    assert np.array_equal(one.columns["perplexity"], other.columns["perplexity"])


def test_a_small_corpus_is_taken_whole(drawn, document):
    found = drawn(uneven(document), most=5000)
    assert len(found.ids) == 1240 and (found.weights == 1).all()
