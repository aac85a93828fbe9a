import numpy as np

from mixpipe.duplicates.matching import pairs_of


def pairs(*buckets):
    """Return the pairs of buckets of (rank, document)."""
    rows = [(key, rank, document) for key, bucket in enumerate(buckets) for rank, document in bucket]
    keys, ranks, documents = (np.array(column, np.uint64) for column in zip(*rows, strict=True))
    return pairs_of(keys, documents, ranks).tolist()


def test_each_is_paired_with_the_best_of_its_bucket_and_the_next_better():
    assert pairs([(3, 30), (1, 10), (2, 20), (4, 40)]) == [[20, 10], [30, 10], [30, 20], [40, 10], [40, 30]]


def test_a_pair_of_several_buckets_is_named_once_and_singles_never():
    assert pairs([(1, 10), (2, 20)], [(2, 20), (1, 10)], [(3, 30)]) == [[20, 10]]


def test_no_keys_make_no_pairs():
    none = np.zeros(0, np.uint64)
    assert pairs_of(none, none, none).shape == (0, 2)
