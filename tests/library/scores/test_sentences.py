"""Sentences that come again: hashes and owners; `test_stage.py` has shares and what drops by them."""

import numpy as np
import pytest

from mixpipe.keyed import Keyed
from mixpipe.scores.sentences import repeats_of, sentence_hashes


def test_case_and_marks_do_not_matter_and_short_ones_do_not_count():
    text = "The QUICK brown fox jumped -- again! Short one.\nThe quick, brown fox jumped again"
    assert len(sentence_hashes(text, 20)) == 1
    assert len(sentence_hashes(text, 5)) == 2
    assert len(sentence_hashes("", 1)) == 0


@pytest.mark.parametrize("shift", [0, 3, 7])
def test_a_footer_of_ten_documents_is_kept_once_and_their_bodies_are(shift):
    footer = "All of these pages were written by the members of the club."
    texts = [f"Page {n} tells what happened to the {n * n} birds that came. {footer}" for n in range(10)]
    hashes = [sentence_hashes(text, 20) for text in texts[shift:] + texts[:shift]]
    owners = np.repeat(np.roll(np.arange(10, dtype=np.uint64), -shift), [len(found) for found in hashes])
    keys = np.concatenate(hashes)
    assert len(keys) == 20
    documents, counts = repeats_of(Keyed(keys, owners, owners))  # ranked by their numbers, whatever the order of files
    assert (documents.tolist(), counts.tolist()) == (list(range(1, 10)), [1] * 9)


def test_of_equal_hashes_all_but_the_best_repeat():
    keys, names, ranks = (
        np.array(row, np.uint64) for row in ([5, 5, 5, 7, 9, 9], [1, 2, 3, 1, 2, 1], [3, 1, 2, 3, 1, 3])
    )
    documents, counts = repeats_of(Keyed(keys, names, ranks))
    assert (documents.tolist(), counts.tolist()) == ([1, 3], [2, 1])
    none = np.zeros(0, np.uint64)
    assert len(repeats_of(Keyed(none, none, none))[0]) == 0
