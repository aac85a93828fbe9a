"""Sentences that come again: hashes and owners; `test_stage.py` has shares and what drops by them."""

import numpy as np

from mixpipe.keyed import Keyed
from mixpipe.scores.sentences import repeats_of, sentence_hashes


def test_case_and_marks_do_not_matter_and_short_ones_do_not_count():
    text = "The QUICK brown fox jumped -- again! Short one.\nThe quick, brown fox jumped again"
    assert len(sentence_hashes(text, 20)) == 1
    assert len(sentence_hashes(text, 5)) == 2
    assert len(sentence_hashes("", 1)) == 0


def test_of_equal_hashes_all_but_the_best_repeat():
    keys, names, ranks = (
        np.array(row, np.uint64) for row in ([5, 5, 5, 7, 9, 9], [1, 2, 3, 1, 2, 1], [3, 1, 2, 3, 1, 3])
    )
    documents, counts = repeats_of(Keyed(keys, names, ranks))
    assert (documents.tolist(), counts.tolist()) == ([1, 3], [2, 1])
    none = np.zeros(0, np.uint64)
    assert len(repeats_of(Keyed(none, none, none))[0]) == 0
