from dataclasses import replace

import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.ngram_classifier import NGramClassifier, TextSet, fit_halves
from mixpipe.scores.protocol import Evaluations, Labelled, halves
from mixpipe.store.fingerprint import text_id


def texts(vocabulary, count, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(vocabulary, 12)) for _ in range(count)]


SEA = ["boat", "sail", "wave", "harbour", "tide", "the", "and", "of"]
TOWN = ["tram", "street", "shop", "square", "roof", "the", "and", "of"]


@pytest.fixture
def sample(make_sample):
    corpus = texts(SEA, 20, 0) + texts(TOWN, 100, 1)
    return replace(make_sample(corpus), targets=Evaluations(texts(SEA, 40, 2), np.zeros(40, np.int32), ("sea",)))


def test_documents_with_the_targets_words_score_high(sample, make_batch):
    classifier = NGramClassifier(NGramClassifier.fit(sample, ScoresConfig()))
    scores = classifier.score(make_batch(texts(SEA, 50, 3) + texts(TOWN, 50, 4)))[:, 0]
    assert scores[:50].min() > scores[50:].max()
    assert scores[50:].max() < 0.5


def labelled(vocabulary):
    found = texts(vocabulary, 40, 5)
    return Labelled(found, [text_id(text) for text in found], np.zeros((0, 0), np.float32), [])


def test_labelled_texts_take_the_place_of_targets_and_corpus(sample, make_batch):
    given = replace(sample, labelled={"positive": labelled(TOWN), "negative": labelled(SEA)})
    classifier = NGramClassifier(NGramClassifier.fit(given, ScoresConfig()))
    scores = classifier.score(make_batch([*texts(SEA, 5, 6), *texts(TOWN, 5, 7)]))
    assert scores[:5].max() < 0.5 < scores[5:].min()


def test_line_breaks_are_spaces_and_the_classes_sum_to_one(make_batch):
    one, other = (TextSet(texts(vocabulary, 40, 0), None) for vocabulary in (SEA, TOWN))
    there, back = NGramClassifier(fit_halves(one, other)), NGramClassifier(fit_halves(other, one))
    batch = make_batch(["boat\nsail\r\nwave", "boat sail wave"])
    assert there.score(batch)[0] == there.score(batch)[1] > 0.5
    assert there.score(batch) + back.score(batch) == pytest.approx(1, abs=1e-3)


def test_a_document_is_judged_by_the_model_of_the_other_half(sample):
    state = dict(NGramClassifier.fit(sample, ScoresConfig()))
    before = NGramClassifier(state).score(sample)[:, 0]
    state["biases"] = state["biases"] + np.array([1, 0], np.float32)
    changed = NGramClassifier(state).score(sample)[:, 0] != before
    assert changed.tolist() == (halves(sample.ids) == 1).tolist()


def test_a_model_has_not_seen_the_other_half():
    mine, other = texts(TOWN, 30, 0), texts(TOWN, 30, 1)
    ids = [text_id(text) for text in mine]
    first = fit_halves(TextSet(other, None), TextSet(mine, ids))
    kept = [n for n, half in enumerate(halves(ids)) if half == 0]
    again = fit_halves(TextSet(other, None), TextSet([mine[n] for n in kept], [ids[n] for n in kept]))
    assert np.array_equal(first["weights"][0], again["weights"][0])
    assert not again["weights"][1].any()


@pytest.mark.parametrize(("positives", "negatives"), [(600, 60), (60, 600)])
def test_classes_weigh_the_same_whatever_their_sizes(make_batch, positives, negatives):
    mine = texts(TOWN, negatives, 1)
    state = fit_halves(TextSet(texts(TOWN, positives, 0), None), TextSet(mine, [text_id(text) for text in mine]))
    scores = NGramClassifier(state).score(make_batch(texts(TOWN, 100, 2)))[:, 0]
    assert 0.2 < scores.mean() < 0.8  # by the number of texts it would be 0.91 and 0.09


def test_both_classes_are_needed(make_sample):
    with pytest.raises(InputError, match="no positive"):
        NGramClassifier.fit(make_sample(TOWN), ScoresConfig())
