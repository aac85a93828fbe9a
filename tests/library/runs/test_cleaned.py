import pytest

from mixpipe.errors import ConfigError, InputError
from mixpipe.runs.cleaned import Cleaned, check_out, written_shards

COUNTS = {"documents": 10, "tokens": 2000, "response_tokens": 1000, "kept_documents": 9, "kept_tokens": 600}


def test_what_was_cleaned_is_said_in_words_and_numbers(tmp_path):
    found = Cleaned(tmp_path, {**COUNTS, "keep": 0.6})
    first, second, third = found.lines()
    assert first == "600 of 1,000 tokens of responses keep their label (60.0%), of 2,000"
    assert second.startswith("9 of 10 documents")
    assert str(tmp_path) in third
    assert found.as_json() == {"folder": str(tmp_path), **COUNTS, "keep": 0.6}


def test_only_a_folder_of_its_own_is_written_to(tmp_path):
    check_out(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    check_out(tmp_path / "empty")
    (tmp_path / "earlier" / "data").mkdir(parents=True)
    (tmp_path / "earlier" / "cleaning.json").write_text("{}")
    check_out(tmp_path / "earlier")
    (tmp_path / "other" / "data").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    for place in ("other", "file"):
        with pytest.raises(ConfigError, match=f"at --out .*{place}"):
            check_out(tmp_path / place)


def test_what_is_no_run_has_no_shards(tmp_path):
    with pytest.raises(InputError, match="run folder"):
        written_shards(tmp_path)
