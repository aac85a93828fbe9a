import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.scores.hashed import hashed_ngrams


@pytest.mark.parametrize(("text", "bucket"), [("Alice", 6720), ("alice went", 114)])
def test_buckets_are_those_of_dsir(text, bucket):
    assert hashed_ngrams([text], 10_000).buckets[-1] == bucket


def test_a_sentence_of_five_words_has_nine_features():
    ngrams = hashed_ngrams(["Alice went to the store"], 10_000)
    assert ngrams.sizes.tolist() == [9]
    assert ngrams.counts().sum() == 9


def test_marks_are_tokens_of_their_own_and_case_is_folded():
    one, other = (hashed_ngrams([text], 1 << 40).buckets.tolist() for text in ("Is it?!", "is IT ?!"))
    assert one == other
    assert len(one) == 5


def test_a_bigram_does_not_reach_into_the_next_text():
    together = hashed_ngrams(["a b", "", "c"], 1 << 40)
    assert together.sizes.tolist() == [3, 0, 1]
    apart = [hashed_ngrams([text], 1 << 40).buckets for text in ("a b", "c")]
    assert sorted(together.buckets) == sorted(np.concatenate(apart))


def test_equal_ngrams_are_counted_once_each_time():
    counts = hashed_ngrams(["go go go"], 64).counts()
    assert sorted(counts.data.tolist()) == [2, 3]


def test_no_texts():
    assert hashed_ngrams([], 8).counts().shape == (0, 8)


def test_lone_surrogates_have_a_bucket():
    assert hashed_ngrams(["\ud800 x"], 8).sizes.tolist() == [3]


@given(st.lists(st.text(max_size=30), max_size=5))
def test_texts_have_the_same_ngrams_together_and_apart(texts):
    together = hashed_ngrams(texts, 1 << 20)
    for n, text in enumerate(texts):
        alone = hashed_ngrams([text], 1 << 20)
        assert sorted(together.buckets[together.owners == n]) == sorted(alone.buckets)
        assert alone.sizes[0] == 0 or alone.sizes[0] % 2 == 1
