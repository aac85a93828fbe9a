from dataclasses import replace

import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.dsir import DSIR, log_weights
from mixpipe.scores.hashed import HashedNGrams
from mixpipe.scores.protocol import Evaluations

RATIO = np.log(np.array([0.9, 0.1]) + 1e-8) - np.log(np.array([0.5, 0.5]) + 1e-8)
ADVERBS = ("slowly", "often", "early", "late", "again")
SEA = [f"the boat {one} and {other} sailed over the sea" for one in ADVERBS for other in ADVERBS]
TOWN = [f"the tram {one} and {other} stopped in the street" for one in ADVERBS for other in ADVERBS]


@pytest.mark.parametrize(("counts", "weight"), [((10, 0), 5.878), ((5, 5), -5.108), ((0, 10), -16.094)])
def test_the_log_weight_of_known_counts(counts, weight):
    ngrams = HashedNGrams(np.zeros(10, np.int64), np.repeat([0, 1], counts), 1, 2)
    assert log_weights(ngrams, RATIO, 0.0)[0] == pytest.approx(weight, abs=5e-4)
    assert log_weights(ngrams, RATIO, 1.0)[0] == pytest.approx(weight / 10, abs=5e-5)


def scored(sample, texts, make_batch, **settings):
    return DSIR(DSIR.fit(sample, ScoresConfig(**settings))).score(make_batch(texts))[:, 0]


@pytest.fixture
def sample(make_sample):
    return replace(make_sample(SEA[:2] + TOWN), targets=Evaluations(SEA[2:8], np.zeros(6, np.int32), ("sea",)))


def test_documents_with_the_targets_words_weigh_more(sample, make_batch):
    weights = scored(sample, SEA[8:] + TOWN, make_batch)
    assert weights[:17].min() > 0 > weights[17:].max()


def test_length_decides_only_where_it_is_asked_to(sample, make_batch):
    texts = [TOWN[0], " ".join([TOWN[0]] * 50)]
    mean, root, total = (scored(sample, texts, make_batch, length_norm=norm) for norm in ("mean", "sqrt", "none"))
    assert mean[1] == pytest.approx(mean[0], rel=0.2)
    assert root[1] < 5 * root[0] < 0
    assert total[1] < 40 * total[0] < 0


def test_every_target_set_weighs_the_same(make_sample, make_batch):
    owners = np.array([0] + [1] * 9, np.int32)
    targets = Evaluations(["boat sails"] + ["tram stops"] * 9, owners, ("sea", "town"))
    sea, town = scored(
        replace(make_sample(["boat sails", "tram stops"]), targets=targets), targets.texts[:2], make_batch
    )
    assert sea == pytest.approx(town)


def test_targets_are_needed(make_sample):
    with pytest.raises(InputError, match="dsir"):
        DSIR.fit(make_sample(TOWN), ScoresConfig())
