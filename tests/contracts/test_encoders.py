"""What every encoder must do: one suite over the registry."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizer

from mixpipe.embed.encoders import DISTILLERS, ENCODERS, Encoder, Settings
from mixpipe.registry import load_plugin

LETTERS = "abcdefghijklmnopqrstuvwxyz.,()+:="
EDGES = ["", " ", "\0", "\n\n\t", "😀😀🎉", "nan", "[SEP]", "%s {0} ../..", "\u202eabc\ufeff", "数据", "x" * 5_000_000]
PLAIN = ["The court heard the case.", "Sugar, butter and two eggs.", "def f(x): return x + 1"] * 3


def save_tiny_model(folder: Path) -> Path:
    """Write a sentence-transformers model of one layer with random weights and a vocabulary of letters."""
    pieces = [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizer(vocab={piece: i for i, piece in enumerate(vocabulary)}).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=64)
    SentenceTransformer(modules=[transformer, Pooling(16)], device="cpu").save(str(folder / "model"))
    return folder / "model"


@pytest.fixture(scope="module", params=sorted(ENCODERS))
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("model")
    model = save_tiny_model(folder)
    if request.param in DISTILLERS:
        load_plugin(DISTILLERS, request.param, "encoder")(model, folder / "distilled.safetensors")
        model = folder / "distilled.safetensors"
    make: Callable[[Settings], Encoder] = load_plugin(ENCODERS, request.param, "encoder")
    return make(Settings(model, 64, "float32", "cpu"))


def test_any_text_gets_a_finite_unit_vector(encoder):
    vectors = encoder.encode(EDGES)
    assert vectors.shape[0] == len(EDGES)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_same_texts_give_the_same_bytes(encoder):
    np.testing.assert_array_equal(encoder.encode(PLAIN + EDGES), encoder.encode(PLAIN + EDGES))


def test_rows_follow_their_texts(encoder):
    forward, backward = encoder.encode(PLAIN + EDGES), encoder.encode((PLAIN + EDGES)[::-1])
    np.testing.assert_allclose(forward, backward[::-1], atol=1e-4)


def test_equal_texts_are_equal_and_different_ones_are_not(encoder):
    cosines = encoder.encode(PLAIN) @ encoder.encode(PLAIN).T
    assert cosines[0, 3] > 0.9999 > cosines[0, 1]
