import numpy as np
import pytest

from mixpipe.plan.makers.dsir import Dsir, gumbel_keys
from mixpipe.plan.makers.protocol import Candidates, Sample
from mixpipe.store.fingerprint import text_id

TRIPLES = 20_000


def drawn(m, **settings):
    """Return (3,) shares of the draws of m of three documents with weights .5, .3, .2 in which each is."""
    ids = [text_id(f"{n}") for n in range(3 * TRIPLES)]
    keys = gumbel_keys(np.tile(np.log([0.5, 0.3, 0.2]), TRIPLES), ids, **{"temperature": 1.0, "seed": 0, **settings})
    chosen = np.argsort(-keys.reshape(TRIPLES, 3), axis=1)[:, :m]
    return np.bincount(chosen.ravel(), minlength=3) / TRIPLES


@pytest.mark.parametrize(("m", "shares"), [(1, [0.5, 0.3, 0.2]), (2, [0.83929, 0.67500, 0.48571]), (3, [1, 1, 1])])
def test_the_known_shares_of_draws_without_replacement(m, shares):
    assert drawn(m) == pytest.approx(shares, abs=4 * np.sqrt(0.25 / TRIPLES))


def test_temperature_goes_from_the_best_alone_to_chance():
    assert drawn(1, temperature=0.0).tolist() == [1, 0, 0]
    assert drawn(1, temperature=1e6) == pytest.approx([1 / 3] * 3, abs=4 * np.sqrt(0.25 / TRIPLES))
    assert drawn(1, temperature=2.0) == pytest.approx(
        np.sqrt([0.5, 0.3, 0.2]) / np.sqrt([0.5, 0.3, 0.2]).sum(), abs=0.015
    )


def test_the_seed_and_the_id_decide_the_noise():
    ids, weights = [text_id(f"{n}") for n in range(50)], np.zeros(50)
    keys = gumbel_keys(weights, ids, temperature=1.0, seed=0)
    assert np.array_equal(gumbel_keys(weights, ids[::-1], temperature=1.0, seed=0), keys[::-1])
    assert not np.array_equal(gumbel_keys(weights, ids, temperature=1.0, seed=1), keys)


def test_values_are_percentiles_of_the_keys_inside_the_domain_or_the_corpus():
    n = 400
    held = {
        "ids": [text_id(f"{i}") for i in range(n)],
        "domains": (np.arange(n) % 2).astype(np.int32),
        "tokens": np.ones(n, np.int64),
        "columns": {"dsir": np.where(np.arange(n) % 2, 50, -50).astype(np.float32)},
    }
    sample = Sample(**held, weights=np.ones(n))
    inside, over_all = (maker.value(Candidates(**held), maker.fit(sample)) for maker in (Dsir(), Dsir(within="corpus")))
    assert inside[1::2].mean() == pytest.approx(inside[::2].mean()) == pytest.approx(0.5)
    assert over_all[1::2].min() > 0.5 > over_all[::2].max()
