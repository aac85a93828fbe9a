from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.search.texts import Texts


def gathered(lengths: list[int], owners: int = 2) -> Texts:
    documents = [
        (place * owners // len(lengths), np.arange(1, n + 1, dtype=np.uint16), n) for place, n in enumerate(lengths)
    ]
    return Texts.gather(documents, owners=owners, end_of_text=0)


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=8), context=st.integers(1, 17))
def test_windows_predict_every_token_once_and_no_end_of_text(lengths: list[int], context: int) -> None:
    texts = gathered(lengths)
    predicted: list[int] = []
    for first, last, less in texts.windows(context):
        assert 1 <= last - first <= context
        predicted += range(first + 1 - less, last + 1 - less)
        assert (texts.tokens[first + 1 : last + 1] > 0).all()
    assert predicted == list(range(texts.n_predicted))


def test_losses_are_bits_per_byte() -> None:
    texts = gathered([3, 5, 2, 6])
    # One bit for every token, and every token stands for one byte.
    np.testing.assert_allclose(texts.losses(np.full(16, -np.log(2))), [1.0, 1.0])


def test_an_owner_without_texts_has_no_loss() -> None:
    texts = Texts.gather([(0, np.array([4], dtype=np.uint16), 1)], owners=2, end_of_text=0)
    losses = texts.losses(np.array([-1.0]))
    assert np.isfinite(losses[0]) and np.isnan(losses[1])


def test_reads_what_it_wrote(tmp_path: Path) -> None:
    texts = gathered([3, 5])
    texts.write(tmp_path / "texts.npz")
    again = Texts.read(tmp_path / "texts.npz")
    for name in ("tokens", "starts", "owners", "n_bytes"):
        np.testing.assert_array_equal(getattr(texts, name), getattr(again, name))
    assert again.tokens.dtype == np.uint16
