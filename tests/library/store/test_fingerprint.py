import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.errors import ConfigError
from mixpipe.store.fingerprint import canonical_json, differences, file_digest, fingerprint, text_id

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_key_order_does_not_change_the_fingerprint(value):
    assert fingerprint({"a": value, "b": 1}) == fingerprint({"b": 1, "a": value})


@given(json_values, json_values)
def test_different_json_has_different_fingerprints(left, right):
    if canonical_json(left) != canonical_json(right):
        assert fingerprint(left) != fingerprint(right)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [1, math.nan]}, "value.a[1]"),
        ({"a": {"b": math.inf}}, "value.a.b"),
        ({"f": print}, "value.f"),
        ({"s": {1, 2}}, "value.s"),
        ({"o": object()}, "value.o"),
        ({1: "x"}, "value"),
    ],
)
def test_what_has_no_stable_form_is_refused_with_its_place(value, where):
    with pytest.raises(ConfigError, match=where.replace("[", r"\[").replace("]", r"\]")):
        fingerprint(value)


def test_known_digests():
    # BLAKE2b-128 of `{}` and of the empty text, as `b2sum -l 128` prints them
    assert fingerprint({}) == "2afb9b83f9314e5d029766197f539792"
    assert text_id("") == "cae66941d9efbd404e4d88758ea67670"


def test_file_digest_is_sha256(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert file_digest(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_differences_name_the_field():
    old = {"config": {"k": 3, "same": 1}, "gone": True}
    new = {"config": {"k": 4, "same": 1}, "added": "x"}
    assert list(differences(old, new)) == ['added: null -> "x"', "config.k: 3 -> 4", "gone: true -> null"]
