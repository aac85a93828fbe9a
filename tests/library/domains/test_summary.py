import numpy as np
import pytest

from mixpipe.domains.summary import MEDOIDS, Medoid, Totals, example, places


def totals(start: int) -> Totals:
    medoids = [[Medoid(0.1 * (start + i), f"id{start + i}", "text") for i in range(4)], []]
    return Totals(np.array([4, 0]), np.array([40, 0]), np.array([1.5, 0.0]), medoids)


def test_totals_add_up_and_keep_the_nearest() -> None:
    sums = Totals.empty(2)
    for start in (3, 0, 3):
        sums.add(totals(start))
    assert sums.documents.tolist() == [12, 0] and sums.tokens.tolist() == [120, 0]
    assert sums.distance.tolist() == [4.5, 0]
    assert [medoid.id for medoid in sums.medoids[0]] == [f"id{i}" for i in range(MEDOIDS)]


def test_totals_survive_json() -> None:
    assert Totals.from_json(totals(1).to_json()).to_json() == totals(1).to_json()


def test_examples_are_one_printable_line() -> None:
    assert example("a\n\n b\x1b[31m\u202ec\x00") == "a b [31m c"
    assert len(example("word " * 1000)) <= 200


def test_places_keep_distances_of_a_plane() -> None:
    plane = np.array([[0, 0, 0], [3, 0, 0], [0, 2, 0], [3, 2, 0]], dtype=np.float32)
    placed = places(plane)
    gaps, true = (np.linalg.norm(rows[:, None] - rows, axis=2) for rows in (placed, plane))
    assert gaps / gaps.max() == pytest.approx(true / true.max(), abs=1e-6)
    assert np.abs(placed).max() == pytest.approx(1)


@pytest.mark.parametrize("rows", [np.ones((1, 3)), np.ones((3, 3)), np.eye(2, 3)])
def test_places_of_few_or_equal_domains_are_finite(rows: np.ndarray) -> None:
    placed = places(rows.astype(np.float32))
    assert placed.shape == (len(rows), 2) and np.isfinite(placed).all()
