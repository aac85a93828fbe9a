import pytest
from pydantic import ValidationError

from mixpipe.config import load_config
from mixpipe.errors import ConfigError
from mixpipe.scores.config import ScoresConfig


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scorers": ("quality", "nosuch")}, "nosuch"),
        ({"scorers": ("gopher",)}, "quality among them"),
        ({"scorers": ("gopher", "gopher", "quality")}, "once"),
        ({"drop": ("nosuch:rule",)}, "nosuch"),
        ({"scorers": ("texture", "quality"), "drop": ("gopher",)}, "gopher"),
    ],
)
def test_wrong_settings_are_named(fields, message):
    with pytest.raises(ValidationError, match=message):
        ScoresConfig(**fields)


def test_where_frozen_scorers_lie_is_no_identity():
    assert ScoresConfig(frozen="a").identity() == ScoresConfig().identity()


def test_preselect_without_a_search_is_refused_with_the_configuration():
    with pytest.raises(ValueError, match=r"scores\.trials"):
        ScoresConfig(scorers=("preselect", "texture", "quality"))


def test_bad_words_without_a_list_are_refused_with_the_configuration():
    with pytest.raises(ValueError, match=r"scores\.bad_words, a file"):
        ScoresConfig(scorers=("bad_words", "texture", "quality"))


def test_where_texts_lie_is_no_part_of_identity():
    given = ScoresConfig(reference="a", trials="b", bad_words="c")
    assert given.identity() == ScoresConfig().identity()


def test_a_scorer_that_lacks_its_file_is_one_line_without_the_whole_configuration(tmp_path):
    path = tmp_path / "mix.yaml"
    path.write_text(
        "ingest: {paths: [x]}\ntargets: {sets: {a: {path: x}}}\nbudget_tokens: 9\nscores: {scorers: [quality, grade]}\n"
    )
    with pytest.raises(ConfigError, match=r"for the scorer grade; found none; `mixpipe init`"):
        load_config(path)
