from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.domains.lexical import count_words, fit_lexical, words_of
from mixpipe.domains.merge import recut, ward_tree
from mixpipe.domains.model import DomainModel
from mixpipe.kmeans import nearest
from mixpipe.vectors import unit_rows

WORDS = [words_of(text) for text in ("court appeal", "flour oven", "court flour")]


def model() -> DomainModel:
    return DomainModel(
        centroids=np.eye(4, 7, dtype=np.float32),
        domain=np.array([0, 0, 1, 1]),
        means=unit_rows(np.eye(4, 7)[::2] + np.eye(4, 7)[1::2]),
        tokens=np.array([9, 4]),
        lexical=fit_lexical(count_words(WORDS), 3, seed=0),
        weight=1.0,
        names=("für-elise", "b"),
        terms=(("für", "elise"), ()),
    )


def test_a_saved_model_is_the_same_model(tmp_path: Path) -> None:
    model().save(tmp_path / "a.npz")
    loaded = DomainModel.load(tmp_path / "a.npz")
    loaded.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (loaded.names, loaded.terms, loaded.labels) == (model().names, model().terms, ())
    embeddings = np.ones((3, 4), dtype=np.float32)
    assert (loaded.vectors(embeddings, WORDS) == model().vectors(embeddings, WORDS)).all()


@given(st.integers(0, 1000), st.integers(1, 6))
def test_merging_then_assigning_is_assigning_then_merging(seed: int, count: int) -> None:
    """Each document's domain is that of its cell, and the one whose nearest cell is nearest."""
    rng = np.random.default_rng(seed)
    cells, rows = (unit_rows(rng.standard_normal((n, 5))).astype(np.float32) for n in (6, 40))
    ones = np.ones(6, np.int64)
    domain = recut(ward_tree(cells.astype(np.float64), ones, ones), count)
    found = replace(model(), centroids=cells, domain=domain).assign(rows)
    assert found.cell.tolist() == domain[nearest(rows, cells).cell].tolist()
    merged = np.stack([(rows @ cells[domain == number].T).max(axis=1) for number in range(count)], axis=1)
    assert found.cell.tolist() == merged.argmax(axis=1).tolist()


def test_cells_lead_to_their_domains() -> None:
    found = model().assign(np.eye(4, 7, dtype=np.float32)[[3, 0, 2]])
    assert found.cell.tolist() == [1, 0, 1]
    assert found.distance.tolist() == [0, 0, 0]
