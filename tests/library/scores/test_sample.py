import numpy as np
import pytest

from mixpipe.errors import StageError
from mixpipe.scores.protocol import Evaluations
from mixpipe.scores.sample import CHARACTERS, bound, draw, merge
from mixpipe.store.files import write_arrays, write_table


def merged(folder, drawn, wanted, n_domains=20):
    for number, part in enumerate(drawn):
        write_table(folder / f"{number}-rows.parquet", part.table, part.table.schema)
        write_arrays(folder / f"{number}-sums.npz", sums=part.sums, counts=part.counts)
    rows, sums = sorted(folder.glob("*-rows.parquet")), sorted(folder.glob("*-sums.npz"))
    none = np.zeros((0, 8), np.float32)
    names = tuple(f"d{n}" for n in range(n_domains))
    held = {"targets": Evaluations(), "protected": Evaluations(), "target_vectors": none}
    return merge(rows, sums, **held, wanted=wanted, domain_names=names)


def test_parts_of_any_size_give_the_same_sample(tmp_path, make_batch):
    texts = [f"text {n}" for n in range(500)]
    none = np.zeros(500, bool)
    found = []
    for size in (500, 60):
        below = bound(500, 50)
        parts = [texts[n : n + size] for n in range(0, 500, size)]
        drawn = [draw(make_batch(part), none[: len(part)], below=below, seed=3) for part in parts]
        folder = tmp_path / str(size)
        folder.mkdir()
        found.append(merged(folder, drawn, 50).ids)
    assert len(found[0]) == 50
    assert found[0] == found[1]


def test_sums_are_over_all_documents_but_duplicates(tmp_path, make_batch):
    batch = make_batch([str(n) for n in range(6)], [0, 0, 2, 2, 2, 4])
    duplicate = np.array([False, True, False, False, False, True])
    sample = merged(tmp_path, [draw(batch, duplicate, below=1.0, seed=0)] * 2, 9, 7)
    assert sample.domain_counts.tolist() == [2, 0, 6, 0, 0, 0, 0]
    assert np.allclose(sample.domain_sums[2], 2 * batch.vectors[2:5].sum(axis=0))


def test_rows_keep_their_vectors_and_tokens(tmp_path, make_batch):
    batch = make_batch([f"text {n}" for n in range(20)], range(20))
    sample = merged(tmp_path, [draw(batch, np.zeros(20, bool), below=1.0, seed=0)], 7)
    for row, domain in enumerate(sample.domains.tolist()):
        assert sample.texts[row] == batch.texts[domain]
        assert np.array_equal(sample.vectors[row], batch.vectors[domain])
        assert sample.tokens[row] == batch.tokens[domain]


def test_long_texts_are_cut(tmp_path, make_batch):
    drawn = draw(make_batch(["x" * 100_000]), np.zeros(1, bool), below=1.0, seed=0)
    assert len(merged(tmp_path, [drawn], 9).texts[0]) == CHARACTERS


@pytest.mark.parametrize(("documents", "wanted", "least", "most"), [(10, 20, 1, 1), (100_000, 1000, 0.0115, 0.0116)])
def test_the_bound_is_a_little_above_the_share(documents, wanted, least, most):
    assert least <= bound(documents, wanted) <= most


def test_nothing_to_fit_on(tmp_path, make_batch):
    with pytest.raises(StageError, match="found none"):
        merged(tmp_path, [draw(make_batch([]), np.zeros(0, bool), below=1.0, seed=0)], 9)
    with pytest.raises(StageError, match="found none"):
        held = {"targets": Evaluations(), "protected": Evaluations(), "target_vectors": np.zeros((0, 8))}
        merge([], [], **held, wanted=9, domain_names=("a",))
