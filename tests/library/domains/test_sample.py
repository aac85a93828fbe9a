from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mixpipe.domains.config import DomainsConfig
from mixpipe.domains.lexical import count_words, words_of
from mixpipe.domains.sample import Sample, plan_sample, read_sample, run_sample
from mixpipe.store.artefact import Artefact
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.fingerprint import text_id
from mixpipe.store.stage import Context

Inputs = Callable[..., dict[str, Artefact]]


def sampled(folder: Path, inputs: dict[str, Artefact], documents: int) -> Sample:
    folder.mkdir()
    context = Context(DomainsConfig(sample_documents=documents, seed=7), inputs, folder)
    for part in plan_sample(context):
        run_sample(context, part)
    return read_sample(context)


def test_the_smallest_hashes_are_sampled(tmp_path: Path, unlabelled, inputs: Inputs) -> None:
    order = np.argsort(keyed_uniforms([text_id(text) for text in unlabelled.texts], "domains:7"))[:16]
    expected = [unlabelled.texts[i] for i in order]
    sample = sampled(tmp_path / "out", inputs(unlabelled), 16)
    assert sample.tokens.tolist() == [len(text.split()) for text in expected]
    assert (sample.counts != count_words([words_of(text) for text in expected])).nnz == 0
    cosines = (sample.embeddings * unlabelled.vectors[order]).sum(axis=1) / np.linalg.norm(
        unlabelled.vectors[order], axis=1
    )
    assert cosines == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("size", [7, 120])
def test_parts_do_not_matter(tmp_path: Path, unlabelled, inputs: Inputs, size: int) -> None:
    one, other = (sampled(tmp_path / str(n), inputs(unlabelled, size=n), 50) for n in (size, 40))
    assert (one.embeddings == other.embeddings).all() and one.tokens.tolist() == other.tokens.tolist()


def test_duplicates_are_sampled_once(tmp_path: Path, unlabelled, inputs: Inputs) -> None:
    twice = unlabelled.rows(np.arange(240) % 120)
    assert len(sampled(tmp_path / "out", inputs(twice), 1000).tokens) == 120
