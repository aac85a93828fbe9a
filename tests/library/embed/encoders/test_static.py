import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from mixpipe.embed.encoders import Settings
from mixpipe.embed.encoders.static import StaticEncoder, distil, rarity


def made(path, vectors):
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "north": 1, "east": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    save_file({"vectors": np.array(vectors, np.float16)}, path, {"tokenizer": tokenizer.to_str()})
    return StaticEncoder(Settings(path, 8, "float32"))


def test_a_text_is_the_mean_of_its_tokens(tmp_path):
    encoder = made(tmp_path / "made.safetensors", [[9, 9], [0, 2], [2, 0]])
    half = 0.5**0.5
    np.testing.assert_allclose(
        encoder.encode(["north", "north east", "nowhere", ""]),
        [[0, 1], [half, half], [half, half], [half, half]],
        atol=1e-6,
    )


def test_frequent_tokens_count_less():
    weights = rarity(1000)
    assert (np.diff(weights) > 0).all()
    # Zipf over ranks 2..1001: the first token has share (1/2) / (H(1001) - 1)
    share = 0.5 / sum(1 / rank for rank in range(2, 1002))
    np.testing.assert_allclose(weights[0], 1e-4 / (1e-4 + share), rtol=1e-5)


@pytest.mark.slow
def test_distilled_vectors_bring_texts_of_one_subject_together(model, tmp_path):
    distil(model, tmp_path / "distilled.safetensors")
    encoder = StaticEncoder(Settings(tmp_path / "distilled.safetensors", 64, "float32"))
    law, court, cake, bread = encoder.encode(
        [
            "The judge heard the appeal.",
            "A court overturned the verdict.",
            "Bake the cake with sugar.",
            "Knead the dough.",
        ]
    )
    assert min(law @ court, cake @ bread) > max(law @ cake, law @ bread, court @ cake, court @ bread)
