from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixpipe.domains.config import DomainsConfig
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

Inputs = Callable[..., dict[str, Artefact]]
Build = Callable[..., Artefact]


def assignments(artefact: Artefact) -> pa.Table:
    return pa.concat_tables(read_table(artefact.file(name)) for name in artefact.names())


def test_the_same_bytes_whatever_the_order_of_parts_and_however_often(
    tmp_path: Path, three: DomainsConfig, unlabelled, inputs: Inputs, build: Build
) -> None:
    given = inputs(unlabelled)
    first, second = (build(tmp_path / root, three, given) for root in ("a", "b"))
    assert first.manifest.files == second.manifest.files
    whole = build(tmp_path / "c", three, inputs(unlabelled, size=120))
    assert whole.digest("model.npz") == first.digest("model.npz")


def test_texts_without_words_or_vectors_get_a_domain(
    tmp_path: Path, three: DomainsConfig, three_kinds, inputs: Inputs, build: Build
) -> None:
    blank = type(three_kinds)([" ", "\t\n", "\u200b"], np.zeros((3, 8)))
    corpus = type(three_kinds)([*three_kinds.texts, *blank.texts], np.vstack([three_kinds.vectors, blank.vectors]))
    artefact = build(tmp_path / "root", three.model_copy(update={"clusters": 8}), inputs(corpus))
    distances = assignments(artefact)["distance"].to_numpy()
    assert len(distances) == 123 and np.isfinite(distances).all()


def test_the_embedding_alone_suffices(
    tmp_path: Path, three: DomainsConfig, unlabelled, inputs: Inputs, build: Build
) -> None:
    config = three.model_copy(update={"lexical_weight": 0.0})
    artefact = build(tmp_path / "root", config, inputs(unlabelled))
    assert read_table(artefact.file("domains.parquet"))["documents"].to_pylist() == [60, 40, 20]
