import numpy as np
import pytest

from mixpipe.keyed import in_range, named, ranges_of


@pytest.mark.parametrize(("place", "row"), [(0, 0), (7, 5), (2**20, 2**32 - 1)])
def test_a_name_holds_part_and_row(place, row):
    name = int(named(place, np.array([row]))[0])
    assert divmod(name, 2**32) == (place, row)


@pytest.mark.parametrize("at_once", [100, 3, 1])
def test_ranges_hold_every_key_once_with_document_and_rank(tmp_path, at_once):
    keys = [np.array([0, 5, 2**63, 2**64 - 1], np.uint64), np.array([5, 2**64 - 1], np.uint64), np.zeros(0, np.uint64)]
    rows, ranks = [[1, 0, 1, 0], [1, 0], []], [[70, 71], [80, 81], []]
    for part, columns in enumerate(zip(keys, rows, ranks, strict=True)):
        for name, column, dtype in zip(("keys", "rows", "ranks"), columns, ("u8", "u4", "u8"), strict=True):
            np.save(tmp_path / f"hash-{part}-of-3-{name}.npy", np.array(column, dtype))
    parts = ranges_of(tmp_path, "hash", "match", at_once)
    assert [part.name for part in parts] == [f"match-{n:05d}-of-{len(parts):05d}" for n in range(-(-6 // at_once))]
    found = [
        row for part in parts for row in zip(*map(np.ndarray.tolist, in_range(tmp_path, "hash", part)), strict=True)
    ]
    first, second = ([int(named(part, np.array([row]))[0]) for row in (0, 1)] for part in (0, 1))
    expected = [(0, first[1], 71), (5, first[0], 70), (2**63, first[1], 71), (2**64 - 1, first[0], 70)]
    assert sorted(found) == sorted([*expected, (5, second[1], 81), (2**64 - 1, second[0], 80)])
