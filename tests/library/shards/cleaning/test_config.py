import pytest

from mixpipe.errors import ConfigError
from mixpipe.shards.cleaning.config import cleaning_config

MODELS = {"base": "a", "reference": "b"}


def test_where_the_models_lie_is_no_identity():
    one, other = cleaning_config(MODELS), cleaning_config({"base": "c", "reference": "d"})
    assert one.identity() == other.identity()
    assert one.keep == 0.6


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keep": 0.0}, r"--keep: .*greater than 0, found 0\.0"),
        ({"scope": "all"}, r"--scope: .*'global' or 'sample', found 'all'"),
        ({"window": 1}, "--window: .*found 1"),
        ({"response_after": ""}, "--response-after: .*found ''"),
        ({"prompt_after": "<u>"}, "expected --response-after beside --prompt-after, found none"),
    ],
)
def test_what_is_wrong_is_said_in_the_options_words(wrong, message):
    with pytest.raises(ConfigError, match=message):
        cleaning_config({**MODELS, **wrong})


def test_a_folder_is_found_from_anywhere_and_a_name_stays_one(tmp_path, monkeypatch):
    (tmp_path / "small").mkdir()
    monkeypatch.chdir(tmp_path)
    config = cleaning_config({"base": "small", "reference": "someone/tuned"})
    assert (config.base, config.reference) == (str(tmp_path / "small"), "someone/tuned")
