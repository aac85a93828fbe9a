import numpy as np
import pytest

from mixpipe.embed.encoders import Settings
from mixpipe.embed.encoders.sentence import SentenceEncoder
from mixpipe.errors import ConfigError


def test_float32_agrees_with_sentence_transformers_itself(sentence, texts):
    expected = sentence.model.encode(texts)
    assert (sentence.encode(texts) * expected).sum(axis=1).min() > 0.999999


def test_bfloat16_is_close_to_float32(sentence, model, texts):
    cosines = (SentenceEncoder(Settings(model, 256, "bfloat16", "cpu")).encode(texts) * sentence.encode(texts)).sum(1)
    assert cosines.mean() > 0.9995
    assert cosines.min() > 0.999


def test_a_texts_vector_does_not_depend_on_its_company(sentence, texts):
    alone = np.concatenate([sentence.encode([text]) for text in texts[:6]])
    np.testing.assert_allclose(sentence.encode(texts)[:6], alone, atol=1e-5)


def test_max_tokens_hides_the_rest(model):
    encoder = SentenceEncoder(Settings(model, 8, "float32", "cpu"))
    near, far = encoder.encode(["a b c d e f", "a b c d e f and then something else"])
    np.testing.assert_allclose(near, far, atol=1e-5)


def test_a_model_without_a_transformer_is_refused(sentence, tmp_path):
    static = pytest.importorskip("sentence_transformers.sentence_transformer.modules").StaticEmbedding
    made = type(sentence.model)(
        modules=[static(sentence.model.tokenizer.backend_tokenizer, embedding_weights=np.eye(30522, 4))]
    )
    made.save(str(tmp_path))
    with pytest.raises(ConfigError, match="transformer"):
        SentenceEncoder(Settings(tmp_path, 8, "float32", "cpu"))


def test_no_texts_are_no_rows(sentence):
    assert sentence.encode([]).shape == (0, 384)
