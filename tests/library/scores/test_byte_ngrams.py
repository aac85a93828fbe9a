import numpy as np
import pytest

from mixpipe.scores.byte_ngrams import HEAD_BYTES, UNIFORM_BITS, ByteModel, head


def test_a_head_is_never_longer_than_its_bytes_and_never_fails():
    assert head("é" * HEAD_BYTES) == "é".encode() * (HEAD_BYTES // 2)
    assert head("\ud800") == b"?"


def test_arrays_are_those_of_the_disk():
    model = ByteModel.of(["abab", "ab"])
    assert [values.dtype for values in model] == [np.uint16, np.float16, np.float16]
    assert len({len(values) for values in model}) == 1


def test_nothing_counted_costs_a_uniform_byte():
    model = ByteModel.of([])
    assert model.bits_per_byte(["abc", ""]) == pytest.approx([UNIFORM_BITS, UNIFORM_BITS])


def test_what_was_counted_is_cheap():
    model = ByteModel.of(["the cat sat on the mat"] * 9)
    known, unknown = model.bits_per_byte(["the cat sat", "zq#~ ^^ 0x"])
    assert known < 2 < 8 <= unknown
