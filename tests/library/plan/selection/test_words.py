import time

import numpy as np
import pytest

from mixpipe.plan.selection.words import (
    READ_CHARACTERS,
    characteristic_words,
    masked_templates,
    read_words,
    shared_bigrams,
)

HOSTILE = ["", "\0", "\ud800 lone", "😀 😀", "x" * 5_000_000, "1 " * 2_500_000, '"' * 5_000_000, "' " * 2_500_000]


def test_words_are_folded_and_numbered_by_first_appearance():
    words = read_words(["The cat, the CAT", "", "a cat"])
    assert words.numbers.tolist() == [0, 1, 0, 1, 2, 1]
    assert words.starts.tolist() == [0, 4, 4, 6]
    assert words.owners.tolist() == [0, 0, 0, 0, 2, 2]


def test_only_the_beginning_is_read():
    assert len(read_words(["a " * READ_CHARACTERS]).numbers) == READ_CHARACTERS // 2


def test_characteristic_words_are_rare_shared_and_few():
    texts = ["the owl owl hoots", "the owl sleeps", "the fox runs", "the fox barks", "the fox eats", "nothing"]
    found = characteristic_words(read_words(texts), 2).toarray()
    # `the` is in most documents, `hoots` and the like in one: left are owl (two of six) and fox (three of six)
    expected = np.zeros((6, 2))
    expected[:2, 0] = [(1 + np.log(2)) * np.log(3), np.log(3)]
    expected[2:5, 1] = np.log(2)
    assert found == pytest.approx(expected)


def test_only_the_strongest_words_are_kept():
    texts = ["a b c", "a b c", "a c", "c d", "d d", "d"]  # df: a 3, b 2, c 4 (too frequent), d 3
    words = characteristic_words(read_words(texts), 1).toarray()
    assert (words > 0).sum(axis=1).tolist() == [1, 1, 0, 1, 1, 1]  # a is chosen once only and dropped
    assert words[0, 0] == pytest.approx(np.log(3))


def test_pairs_count_where_two_documents_of_a_cell_share_them():
    words = read_words(["a b c", "a b", "b c", "b c", "a b"])
    found = shared_bigrams(words, np.array([0, 0, 1, 1, 1])).toarray()
    columns = {tuple(column) for column in found.T.tolist()}
    assert columns == {(1, 1, 0, 0, 0), (0, 0, 1, 1, 0)}  # `a b` in cell 0, `b c` in cell 1


def test_no_pair_spans_two_documents():
    assert shared_bigrams(read_words(["a", "b", "a", "b"]), np.zeros(4, dtype=np.int64)).shape == (4, 0)


def test_templates_mask_numbers_and_quotes():
    found = masked_templates(
        ['paid 12 to "Ann"', 'paid 7 to "Bob Roe"', "paid 7 to Ann", "x = 'a'", "x = 'b'", "don't"]
    )
    assert found.tolist() == [0, 0, 1, 2, 2, 3]


@pytest.mark.parametrize("texts", [[], [""], HOSTILE])
def test_hostile_texts_are_read_in_no_time(texts):
    started = time.process_time()
    words = read_words(texts)
    assert characteristic_words(words, 3).shape[0] == len(texts)
    assert shared_bigrams(words, np.zeros(len(texts), dtype=np.int64)).shape[0] == len(texts)
    assert len(masked_templates(texts)) == len(texts)
    assert time.process_time() - started < 2
