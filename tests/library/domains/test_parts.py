from collections.abc import Callable

import numpy as np

from mixpipe.domains.parts import BATCH_DOCUMENTS, read_embeddings, text_batches
from mixpipe.store.artefact import Artefact
from mixpipe.store.stage import Context


def test_batches_follow_each_other(tmp_path, unlabelled, inputs: Callable[..., dict[str, Artefact]]) -> None:
    n = 2 * BATCH_DOCUMENTS + 3
    many = unlabelled.rows(np.arange(n) % 120)
    sealed = inputs(many, size=n)
    (name,) = sealed["ingest"].names()
    batches = list(text_batches(sealed["ingest"].file(name), ["text"]))
    assert [start for start, _ in batches] == [0, BATCH_DOCUMENTS, 2 * BATCH_DOCUMENTS]
    assert [text for _, batch in batches for text in batch["text"].to_pylist()] == list(many.texts)
    assert read_embeddings(Context(None, sealed, tmp_path), name).shape == (n, 8)
