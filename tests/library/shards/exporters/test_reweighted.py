import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.mixture.given import GivenMixture, GivenPhase
from mixpipe.shards.exporters.published import read_blend
from mixpipe.shards.exporters.reweighted import reweighted

PLAIN = [(0.5, 5_000_000, 50_000), (0.3, 3_000_000, 1000), (0.2, 2_000_000, 20_000)]
LATE = [(0.1, 200_000, 2000), (0.2, 400_000, 200), (0.7, 1_400_000, 14_000)]
WHOLE = [(5.2 / 12, 5_200_000, 52_000), (3.4 / 12, 3_400_000, 1200), (3.4 / 12, 3_400_000, 34_000)]


def given(*phases):
    return GivenMixture(tuple(GivenPhase(name, share, weights) for name, share, weights in phases), {})


def test_shares_are_of_as_many_tokens_and_documents_keep_their_length(published):
    blend = read_blend(published(PLAIN))
    found = reweighted(blend, given(("main", 1.0, {"name 1": 0.8, "name 2": 0.2, "name 0": 0.0})))
    assert [(portion.id, portion.share, portion.tokens) for portion in found.whole.portions] == [
        ("d001", 0.8, 8_000_000 // 3000 * 3000 + 3000),
        ("d002", 0.2, 2_000_000),
    ]
    assert [portion.held for portion in found.whole.portions] == [1000, 20_000]
    assert [portion.tokens_per_document for portion in found.whole.portions] == pytest.approx([3000, 100])
    assert found.left_out == ("name 0",)
    assert found.phases == (found.whole,)


def test_a_static_mixture_holds_in_every_phase_of_the_data(published):
    blend = read_blend(published(PLAIN, LATE, whole=WHOLE))
    found = reweighted(blend, given(("main", 1.0, {"name 0": 0.5, "name 2": 0.5})))
    assert [phase.name for phase in found.phases] == ["phase 0", "phase 1"]
    assert [phase.folder for phase in found.phases] == ["data/phase-1", "data/phase-2"]
    assert all(phase.token_shares() == pytest.approx([0.5, 0.5]) for phase in found.phases)
    assert found.whole.tokens == pytest.approx(12_000_000, rel=1e-3)


def test_phases_over_data_of_one_read_it_again_and_count_it(published):
    blend = read_blend(published(PLAIN))
    found = reweighted(blend, given(("a", 0.6, {"name 0": 1.0}), ("b", 0.4, {"name 0": 0.5, "name 1": 0.5})))
    assert [(phase.name, phase.share, phase.folder) for phase in found.phases] == [
        ("a", 0.6, "data"),
        ("b", 0.4, "data"),
    ]
    assert found.whole.token_shares() == pytest.approx([0.8, 0.2])
    assert found.whole.portions[0].tokens == pytest.approx(8_000_000, abs=200)
    assert np.sum([phase.tokens for phase in found.phases]) == found.whole.tokens


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([("main", 1.0, {"nosuch": 1.0})], r"domains with documents .*name 0, name 1, name 2.* found nosuch"),
        ([(name, 1 / 3, {"name 0": 1.0}) for name in "abc"], "expected 1 or 2 phases, .* found 3"),
    ],
)
def test_a_mixture_that_the_shards_cannot_have_is_refused(published, phases, message):
    with pytest.raises(ConfigError, match=message):
        reweighted(read_blend(published(PLAIN, LATE, whole=WHOLE)), given(*phases))
