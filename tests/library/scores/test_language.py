"""Languages are told apart, codes survive a round trip through float32, and only wanted ones keep the rule quiet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.language import Language, language_name, language_number

TEXTS = {
    "en": "The cat sat on the mat while the rain fell upon the roof of the old house, and nobody said a word.",
    "fr": "Le chat était assis sur le tapis pendant que la pluie tombait sur le toit de la vieille maison.",
    "de": "Die Katze saß auf der Matte, während der Regen auf das Dach des alten Hauses fiel.",
    "es": "El gato estaba sentado en la alfombra mientras la lluvia caía sobre el tejado de la casa vieja.",
    "ru": "Кошка сидела на коврике, пока дождь падал на крышу старого дома, и никто не говорил ни слова.",
    "ja": "雨が古い家の屋根に降っている間、猫はマットの上に座っていて、誰も何も言いませんでした。",
}


def config(languages):
    return ScoresConfig(languages=languages, scorers=(*ScoresConfig().scorers, "language"))


def scored(make_batch, make_sample, texts, languages=()):
    language = Language(Language.fit(make_sample(["a"]), config(languages)))
    return dict(zip(language.columns, language.score(make_batch(texts)).T, strict=True))


def test_languages_are_told_apart(make_batch, make_sample):
    values = scored(make_batch, make_sample, list(TEXTS.values()))
    assert [language_name(int(number)) for number in values["language_code"]] == list(TEXTS)
    assert (values["language_confidence"] > 0.7).all()
    assert not values["language_rule"].any()


def test_only_those_asked_for_are_wanted(make_batch, make_sample):
    values = scored(make_batch, make_sample, list(TEXTS.values()), ("en", "fr"))
    assert values["language_wanted"].tolist() == [1, 1, 0, 0, 0, 0]
    assert values["language_rule"].tolist() == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("text", ["", "12 345 ---", "\x00\x00", "😀 😀"])
def test_without_letters_there_is_no_language(make_batch, make_sample, text):
    values = scored(make_batch, make_sample, [text], ("en",))
    assert (values["language_code"], values["language_confidence"], values["language_wanted"]) == (0, 0, 0)
    assert language_name(0) == "und"


def test_number_by_hand():
    assert language_number("en") == 5 * 27 + 14 == 149


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=3))
def test_codes_survive_float32(name):
    assert language_name(int(np.float32(language_number(name)))) == name


@pytest.mark.parametrize("name", ["english", "EN", "e", ""])
def test_a_code_is_two_or_three_letters(name):
    with pytest.raises(ValidationError, match="languages"):
        config((name,))


def test_languages_without_the_scorer_are_refused():
    with pytest.raises(ValidationError, match="scorer language"):
        ScoresConfig(languages=("en",))
