from dataclasses import replace

import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.scores.classifier import Classifier
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Labelled, Sample, halves
from mixpipe.store.fingerprint import text_id


def towards(axis, count, seed):
    """Return unit rows around one axis."""
    rows = np.random.default_rng(seed).normal(scale=0.3, size=(count, 8))
    rows[:, axis] += 2
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def make(corpus, targets):
    ids = [text_id(str(n)) for n in range(len(corpus))]
    zeros = np.zeros(len(corpus), np.int32)
    return Sample(ids=ids, texts=ids, vectors=corpus, domains=zeros, tokens=zeros + 1, target_vectors=targets)


def test_documents_like_the_targets_score_high():
    sample = make(np.concatenate([towards(0, 90, 0), towards(1, 10, 1)]), towards(1, 20, 2))
    scores = Classifier(Classifier.fit(sample, ScoresConfig())).score(sample)[:, 0]
    assert scores[:90].max() < 0.5 < scores[90:].min()


@pytest.mark.parametrize("targets", [10, 1000])
def test_one_half_means_as_likely_as_the_corpus_whatever_the_sizes(targets):
    sample = make(towards(0, 200, 0), towards(0, targets, 1))
    scores = Classifier(Classifier.fit(sample, ScoresConfig())).score(sample)[:, 0]
    assert abs(scores.mean() - 0.5) < 0.05


def test_a_document_is_judged_by_the_model_of_the_other_half():
    sample = make(towards(0, 40, 0), towards(1, 20, 1))
    state = dict(Classifier.fit(sample, ScoresConfig()))
    before = Classifier(state).score(sample)[:, 0]
    state["biases"] = state["biases"] + np.array([1, 0], np.float32)
    changed = Classifier(state).score(sample)[:, 0] != before
    assert changed.tolist() == (halves(sample.ids) == 1).tolist()


def test_targets_are_needed():
    with pytest.raises(InputError, match="targets"):
        Classifier.fit(make(towards(0, 4, 0), np.zeros((0, 8), np.float32)), ScoresConfig())


def test_labelled_vectors_take_the_place_of_targets_and_corpus():
    corpus = make(np.concatenate([towards(0, 20, 0), towards(1, 20, 1)]), np.zeros((0, 8), np.float32))
    given = {"positive": towards(1, 30, 2), "negative": towards(0, 300, 3)}
    labelled = {
        label: Labelled([], [], rows, [text_id(f"{label} {n}") for n in range(len(rows))])
        for label, rows in given.items()
    }
    scores = Classifier(Classifier.fit(replace(corpus, labelled=labelled), ScoresConfig())).score(corpus)[:, 0]
    assert scores[:20].max() < 0.5 < scores[20:].min()


def test_labelled_texts_without_vectors_are_named():
    nothing = {"negative": Labelled(["bad"], [text_id("bad")], np.zeros((0, 0), np.float32), [])}
    with pytest.raises(InputError, match=r"targets\.labelled\.negative"):
        Classifier.fit(replace(make(towards(0, 4, 0), towards(1, 4, 1)), labelled=nothing), ScoresConfig())
