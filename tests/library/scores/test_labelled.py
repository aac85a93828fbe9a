import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.labelled import labelled_digests, read_labelled
from mixpipe.scores.sample import CHARACTERS
from mixpipe.store.fingerprint import text_id
from mixpipe.store.stage import Context
from mixpipe.tables import DOCUMENTS, embeddings_schema

TEXTS = [f"labelled text number {n}" for n in range(40)]
EMBEDDINGS = embeddings_schema(2)


@pytest.fixture
def context(tmp_path, document, seal_tables):
    """Return a maker of contexts: labelled texts by label and piece, every other text of a piece encoded as (n, 0)."""

    def make(labelled, *, mask=False, encoded=True, **settings):
        pieces = {
            f"labelled-{label}-{n:05d}": [document(text, 0) for text in texts]
            for label, cut in labelled.items()
            for n, texts in enumerate(cut)
        }
        vectors = {
            name: [{"id": row["id"], "vector": np.array([n, 0], np.float16)} for n, row in enumerate(rows)][::2]
            for name, rows in pieces.items()
            if encoded
        }
        tables = {
            "targets": {name: (DOCUMENTS, rows) for name, rows in pieces.items()},
            "embed": {name: (EMBEDDINGS, rows) for name, rows in vectors.items()},
            "ingest": {},
        }
        inputs = {name: seal_tables(tmp_path, name, found, {}) for name, found in tables.items()}
        inputs["ingest"].manifest.identity["config"] = {"mask": mask}
        return Context(ScoresConfig(**settings), inputs, tmp_path)

    return make


def test_texts_and_vectors_of_each_label_with_the_ids_of_documents(context):
    found = read_labelled(context({"positive": [TEXTS[:20]], "negative": [TEXTS[20:]]}))
    assert sorted(found) == ["negative", "positive"]
    for label, texts in (("positive", TEXTS[:20]), ("negative", TEXTS[20:])):
        assert sorted(found[label].texts) == sorted(texts)
        assert found[label].ids == [text_id(text) for text in found[label].texts]
        numbers = {text_id(text): n for n, text in enumerate(texts)}
        assert sorted(found[label].encoded) == sorted(text_id(text) for text in texts[::2])
        assert found[label].vectors[:, 0].tolist() == [numbers[name] for name in found[label].encoded]


def test_any_cut_gives_the_same_choice_and_equal_texts_count_once(context):
    whole = context({"positive": [TEXTS]}, sample_documents=16)
    pieces = context({"positive": [TEXTS[30:], TEXTS[:30], TEXTS[5:9]]}, sample_documents=16)
    assert read_labelled(whole)["positive"].texts == read_labelled(pieces)["positive"].texts
    assert len(set(read_labelled(pieces)["positive"].texts)) == 16


def test_texts_are_masked_where_the_corpus_is_and_have_the_ids_of_its_documents(context):
    texts = [f"write to number{n}@example.org" for n in range(20)] + TEXTS
    plain, masked = (read_labelled(context({"positive": [texts]}, mask=mask))["positive"] for mask in (False, True))
    assert sum("@" in text for text in plain.texts) == 20
    assert not any("@" in text for text in masked.texts)
    assert set(masked.ids) == {text_id(text) for text in [*TEXTS, "write to <email>"]}
    assert set(masked.encoded) <= set(masked.ids)


def test_texts_that_are_equal_once_masked_are_one_whatever_the_order_of_pieces(context):
    pieces = [[f"write to number{n}@example.org", *TEXTS[n::3]] for n in range(3)]
    found = [read_labelled(context({"positive": order}, mask=True))["positive"] for order in (pieces, pieces[::-1])]
    assert found[0].ids == found[1].ids
    assert found[0].encoded == found[1].encoded


def test_long_texts_are_cut_and_without_an_encoder_there_are_no_vectors(context):
    texts = [f"{n} " * CHARACTERS for n in range(8)]
    found = read_labelled(context({"negative": [texts]}, encoded=False))["negative"]
    assert {len(text) for text in found.texts} == {CHARACTERS}
    assert not len(found.vectors) and not found.encoded


def test_what_two_models_cannot_be_fitted_on_is_refused(context):
    with pytest.raises(InputError, match=r"targets\.labelled\.positive, found 1 different"):
        read_labelled(context({"positive": [TEXTS[:1] * 5]}))


def test_nothing_given_is_nothing_read(context):
    assert read_labelled(context({})) == labelled_digests(context({})) == {}
