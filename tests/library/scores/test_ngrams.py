from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.scores.ngrams import NGrams

DOCUMENTS = st.lists(st.lists(st.sampled_from(["a", "bb", "ccc", "dd"]), max_size=40), min_size=1, max_size=5)


def top_by_dictionary(words, n):
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    if not grams:
        return 0
    gram, count = Counter(grams).most_common(1)[0]
    return len(" ".join(gram)) * count


def repeated_by_scan(words, n):
    seen, total, at = set(), 0, 0
    while at < len(words) - n + 1:
        gram = tuple(words[at : at + n])
        if gram in seen:
            total += len("".join(gram))
            at += n
        else:
            seen.add(gram)
            at += 1
    return total


@given(DOCUMENTS)
def test_equals_a_dictionary_per_document(documents):
    ngrams = NGrams(documents)
    for n in range(1, 8):
        ngrams.lengthen()
        assert ngrams.top_characters().tolist() == [top_by_dictionary(words, n) for words in documents]
        assert ngrams.repeated_characters().tolist() == [repeated_by_scan(words, n) for words in documents]


@pytest.mark.parametrize("documents", [[], [[]], [[], ["a"], []]])
def test_few_words(documents):
    ngrams = NGrams(documents)
    for _ in range(3):
        ngrams.lengthen()
    assert ngrams.top_characters().tolist() == [0] * len(documents)
    assert ngrams.repeated_characters().tolist() == [0] * len(documents)


def test_equal_ngrams_of_two_documents_are_no_repeat():
    ngrams = NGrams([["a", "b"], ["a", "b"]])
    ngrams.lengthen()
    ngrams.lengthen()
    assert ngrams.repeated_characters().tolist() == [0, 0]
