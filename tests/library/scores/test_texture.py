import numpy as np
import pytest

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.texture import Texture

TEXTS = [f"the cat number {n} sat on the mat, and then it slept.\nthe end." for n in range(60)]


@pytest.fixture
def texture(make_sample):
    return Texture(Texture.fit(make_sample(TEXTS), ScoresConfig()))


def measured(texture, make_batch, text):
    return dict(zip(texture.columns, texture.score(make_batch([text]))[0].tolist(), strict=True))


def test_common_words_are_those_of_the_sample(texture, make_batch):
    assert measured(texture, make_batch, "The CAT sat")["texture_common"] == pytest.approx(9 / 11)
    assert measured(texture, make_batch, "zebras run")["texture_common"] == 0


def test_common_needs_no_english(make_sample, make_batch):
    french = Texture(Texture.fit(make_sample([f"où est le café {n}" for n in range(20)]), ScoresConfig()))
    assert measured(french, make_batch, "le café")["texture_common"] == pytest.approx(6 / 7)


def test_repetition_compresses_better_than_is_usual(texture, make_batch):
    same = "the end. " * 8
    noise = "".join(chr(33 + n) for n in np.random.default_rng(0).integers(0, 90, 72))
    found = [measured(texture, make_batch, text)["texture_compression"] for text in (same, TEXTS[0], noise)]
    assert found[0] < -0.1 < found[1] < 0.1 < found[2]


def test_spaces_and_line_ends(texture, make_batch):
    values = measured(texture, make_batch, "if (x) {\n\ty();\n}\nmenu")
    assert values["texture_line_ends"] == 0.75
    assert values["texture_spaces"] == pytest.approx(6 / 21)


@pytest.mark.parametrize("text", ["été à Besançon, “déjà”", "naïve — “quoted”", "日本語です。", "¡Ah! ¿qué?"])
def test_mojibake_is_damage_and_the_text_itself_is_not(texture, make_batch, text):
    broken = text.encode().decode("cp1252", "replace")
    assert measured(texture, make_batch, text)["texture_damage"] == 0
    assert measured(texture, make_batch, broken)["texture_damage"] > 0


@pytest.mark.parametrize("text", ["lost \ufffd byte", "a\x00b", "\x1b[31mred"])
def test_lost_bytes_and_control_codes_are_damage(texture, make_batch, text):
    assert measured(texture, make_batch, text)["texture_damage"] > 0


def test_an_empty_text_gives_zeros(texture, make_batch):
    assert set(measured(texture, make_batch, "").values()) == {0.0}
