import numpy as np
import pytest

from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.stage import DUPLICATES
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import text_id


@pytest.fixture
def built(tmp_path, upstream, document, build):
    def run(texts, cuts=()):
        sealed = upstream([document(text, 0) for text in texts], list(cuts), [1.0])
        inputs = {**sealed, "embed": sealed["domains"]}  # near duplicates look at neither
        config = DuplicatesConfig(semantic=SemanticConfig(enabled=False))
        return build(tmp_path, DUPLICATES, config, inputs)

    return run


def copies(name, count):
    """Return near copies of 80 words, the first of them the longest."""
    words = [f"{name}{number}" for number in range(80)]
    return [" ".join([*words, "longest", "of", "all"]), *(" ".join([*words, f"end{n}"]) for n in range(count - 1))]


def test_the_largest_group_comes_first_with_the_text_that_is_kept(built):
    few, many = copies("few", 2), copies("many", 4)
    found = built([*few, "alone in the world", *many], cuts=[2, 4])
    largest = read_json(found.file("largest.json"))
    assert [(group["id"], group["texts"]) for group in largest] == [(text_id(many[0]), 4), (text_id(few[0]), 2)]
    assert largest[0]["text"] == many[0][:400]
    assert (found.counts["near_groups"], found.counts["near_marked"]) == (2, 4)
    assert found.counts["semantic_marked"] == 0


def test_without_near_duplicates_there_is_no_group(built):
    found = built([" ".join(f"{a}w{b}" for b in range(20)) for a in np.arange(3)])
    assert read_json(found.file("largest.json")) == []
