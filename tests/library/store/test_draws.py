import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64

from mixpipe.store.draws import keyed_hashes, keyed_uniforms


def test_a_hash_is_xxh3_seeded_with_the_hash_of_the_key():
    seed = xxh3_64(b"copies:0").intdigest()
    assert keyed_hashes(["é"], "copies:0").tolist() == [xxh3_64("é".encode(), seed=seed).intdigest()]


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.text(), max_size=20), st.text())
def test_a_draw_belongs_to_its_id_and_key(ids, key):
    uniforms = keyed_uniforms(ids, key)
    assert ((uniforms >= 0) & (uniforms < 1)).all()
    assert uniforms.tolist() == [keyed_uniforms([name], key)[0] for name in ids]


def test_draws_are_uniform_and_independent_between_keys():
    ids = [f"{i:032x}" for i in range(20_000)]
    a, b = keyed_uniforms(ids, "a"), keyed_uniforms(ids, "b")
    assert abs(a.mean() - 0.5) < 0.01
    assert np.histogram(a, bins=10, range=(0, 1))[0].min() > 1800
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.03
