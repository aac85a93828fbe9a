import json
from collections import Counter

import numpy as np
import pytest

from mixpipe.scores.byte_ngrams import MOST_BITS, ORDER
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.perplexity import Perplexity
from mixpipe.scores.protocol import halves
from mixpipe.store.fingerprint import text_id

TEXTS = [f"the {a} sat on the {b} and saw {n} birds." for n in range(20) for a, b in [("cat", "mat"), ("dog", "log")]]


def bits_by_dictionary(training, text):
    """Return bits per byte by the defining recursion over dictionaries, with a discount of 1."""
    gap = b"\0" * ORDER
    data = gap + gap.join(item.encode() for item in training)
    grams = [Counter(data[i - n + 1 : i + 1] for i in range(ORDER, len(data))) for n in range(1, ORDER + 1)]

    def chance(context, byte, n):
        if n == 0:
            return 1 / 256
        follow = {gram: count for gram, count in grams[n - 1].items() if gram[:-1] == context[len(context) - n + 1 :]}
        lower = chance(context, byte, n - 1)
        total = sum(follow.values())
        if not total:
            return lower
        own = max(follow.get(context[len(context) - n + 1 :] + byte, 0) - 1, 0) / total
        return own + (1 - sum(count - 1 for count in follow.values()) / total) * lower

    whole = gap + text.encode()
    places = range(ORDER, len(whole))
    bits = [-np.log2(chance(whole[i - ORDER + 1 : i], whole[i : i + 1], ORDER)) for i in places]
    return float(np.mean(np.minimum(bits, MOST_BITS)))


def test_equals_the_recursion_over_dictionaries(make_sample, make_batch):
    model = Perplexity(Perplexity.fit(make_sample(TEXTS), ScoresConfig()))
    texts = ["the cat sat on the log", "zebra", "a"]
    which = halves([text_id(text) for text in TEXTS])
    for text, found in zip(texts, model.score(make_batch(texts))[:, 0], strict=True):
        other = 1 - halves([text_id(text)])[0]
        training = [t for t, half in zip(TEXTS, which, strict=True) if half == other]
        assert found == pytest.approx(bits_by_dictionary(training, text), rel=2e-3)


def test_no_document_is_judged_by_a_model_that_saw_it(make_sample, make_batch):
    odd = "xqzj kvwp" * 30
    model = Perplexity(Perplexity.fit(make_sample([*TEXTS, odd]), ScoresConfig()))
    without = Perplexity(Perplexity.fit(make_sample(TEXTS), ScoresConfig()))
    assert model.score(make_batch([odd])) == without.score(make_batch([odd]))
    assert model.score(make_batch([odd])) > 6


def test_like_text_is_cheaper_than_noise(make_sample, make_batch):
    model = Perplexity(Perplexity.fit(make_sample(TEXTS), ScoresConfig()))
    like, noise = model.score(make_batch(["the dog saw the cat.", "0xF3#~^ QQZ"]))[:, 0]
    assert like < 3 < 6 < noise


def test_order_and_batch_do_not_matter(make_sample, make_batch):
    model = Perplexity(Perplexity.fit(make_sample(TEXTS), ScoresConfig()))
    together = model.score(make_batch(TEXTS))[:, 0]
    assert model.score(make_batch(TEXTS[::-1]))[::-1, 0].tolist() == together.tolist()
    assert [model.score(make_batch([text]))[0, 0] for text in TEXTS] == together.tolist()


def test_an_empty_text_costs_a_uniform_byte(make_sample, make_batch):
    model = Perplexity(Perplexity.fit(make_sample(TEXTS), ScoresConfig()))
    assert model.score(make_batch(["", "a cat"]))[0, 0] == 8


def test_fits_on_nothing(make_sample, make_batch):
    model = Perplexity(Perplexity.fit(make_sample([]), ScoresConfig()))
    assert model.score(make_batch(["abc"]))[0, 0] == pytest.approx(8)


def test_a_reference_makes_its_own_kind_of_text_cheap(make_sample, make_batch, tmp_path):
    corpus = [f"0x{n:08x};{n * n:b}" * 20 for n in range(40)]
    reference = tmp_path / "reference.txt"
    reference.write_text(" ".join(f"On day {n} the old captain went to see the harbour." for n in range(2000)))
    batch = make_batch([corpus[0], "The captain went to see the old harbour on the day."])
    own, other = (
        Perplexity(Perplexity.fit(make_sample(corpus), ScoresConfig(**given))).score(batch)[:, 0]
        for given in ({}, {"reference": str(reference)})
    )
    assert own[0] < own[1]
    assert other[1] < own[1] - 1
    assert other[1] < other[0]


def test_the_corpus_given_as_its_own_reference_changes_nothing(make_sample, tmp_path):
    corpus = [f"line {n} of a text about {n * 7} birds" for n in range(60)]
    lines = tmp_path / "corpus.jsonl"
    lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in corpus))
    sample = make_sample(corpus)
    scores = [
        Perplexity(Perplexity.fit(sample, config)).score(sample)
        for config in (ScoresConfig(), ScoresConfig(reference=str(lines)))
    ]
    assert np.allclose(*scores, atol=0.02)
