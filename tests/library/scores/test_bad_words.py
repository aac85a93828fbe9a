import pytest

from mixpipe.errors import ConfigError
from mixpipe.scores.bad_words import BadWords
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.removal import drop_reasons


@pytest.fixture
def judge(make_batch, make_sample, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("Darn\nbloody heck\nc++\nくそ\nb.d\n", encoding="utf-8")
    scorer = BadWords(BadWords.fit(make_sample([]), ScoresConfig(bad_words=str(words))))

    def judged(*texts):
        found = scorer.score(make_batch(texts))
        assert (found[:, 1] == (found[:, 0] > 0)).all()
        return found[:, 0].tolist()

    judged.scorer = scorer
    return judged


@pytest.mark.parametrize("text", ["darn", "Oh, DARN!", "a\ndarn\nb", "oh (bloody heck)", "in c++.", "b.d"])
def test_one_word_between_characters_of_no_word_is_enough(judge, text):
    assert judge(text) == [1]


@pytest.mark.parametrize("text", ["darned", "a_darn", "2darn", "bloody  heck", "bloody", "bed", "c+", ""])
def test_parts_of_words_and_of_phrases_are_none(judge, text):
    assert judge(text) == [0]


def test_scripts_without_spaces_match_anywhere(judge):
    assert judge("これはくそです", "これはです") == [1, 0]


def test_different_entries_are_counted_once_each(judge):
    assert judge("darn darn, bloody heck, darned", "darned, then darn") == [2, 1]


def test_it_drops_only_where_asked(judge, make_batch):
    texts = ["darn it", "all is well"]
    columns = dict(zip(judge.scorer.columns, judge.scorer.score(make_batch(texts)).T, strict=True))
    none = {"duplicate": [False, False]}
    rules = {"bad_words": judge.scorer.rules}
    assert drop_reasons(("bad_words",), rules, columns, none) == ["bad_words:any", None]
    assert drop_reasons((), rules, columns, none) == [None, None]


def test_a_list_is_needed(make_sample):
    with pytest.raises(ConfigError, match=r"scores\.bad_words"):
        BadWords.fit(make_sample([]), ScoresConfig())
