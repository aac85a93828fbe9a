import numpy as np
import pytest

from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.sketches import band_keys, minima


def pairs_of_texts(count, shared, own):
    """Return pairs that have `shared` word 5-grams in common and `own` more each."""
    for number in range(count):
        common = [f"c{number}x{i}" for i in range(shared + 4)]
        sides = [[f"{side}{number}x{i}" for i in range(own)] for side in "ab"]
        yield tuple(" ".join(common + side) for side in sides)


@pytest.mark.parametrize(
    ("bands", "rows", "shared", "own", "chance"),
    [
        (14, 8, 50, 25, 0.0533),
        (14, 8, 60, 20, 0.2111),
        (14, 8, 70, 15, 0.5645),
        (14, 8, 60, 10, 0.7716),
        (14, 8, 80, 10, 0.9235),
        (14, 8, 90, 5, 0.9996),
        (20, 13, 70, 15, 0.1769),
        (20, 13, 60, 10, 0.3818),
        (20, 13, 80, 10, 0.6773),
        (20, 13, 90, 5, 0.9972),
        (25, 5, 50, 25, 0.5478),
        (25, 5, 70, 15, 0.9899),
    ],
)
def test_pairs_share_a_key_as_often_as_the_formula_says(bands, rows, shared, own, chance):
    similarity = shared / (shared + 2 * own)
    assert 1 - (1 - similarity**rows) ** bands == pytest.approx(chance, abs=1e-4)
    config = DuplicatesConfig(bands=bands, rows=rows)
    texts = [text for pair in pairs_of_texts(1000, shared, own) for text in pair]
    keys, held = band_keys(texts, config)
    assert len(held) == 2000
    found = (keys[0::2] == keys[1::2]).any(axis=1).sum()
    assert abs(found - 1000 * chance) <= 3 * np.sqrt(1000 * chance * (1 - chance))


def test_the_share_of_equal_minima_estimates_the_similarity():
    config, errors = DuplicatesConfig(bands=16, rows=8), []
    for shared in range(10, 100, 10):
        own = (100 - shared) // 2
        texts = [text for pair in pairs_of_texts(40, shared, own) for text in pair]
        signatures, _ = minima(texts, config)
        exact = shared / (shared + 2 * own)
        errors += np.abs((signatures[0::2] == signatures[1::2]).mean(axis=1) - exact).tolist()
    assert np.mean(np.array(errors) < 0.1) >= 0.95


def test_texts_without_shingles_have_no_keys_and_move_none():
    texts = ["", "a b c d e f", "one two", "g h i j k l", "x"]
    keys, held = band_keys(texts, DuplicatesConfig())
    assert held.tolist() == [1, 3]
    assert (keys == band_keys([texts[1], texts[3]], DuplicatesConfig())[0]).all()
    assert len(band_keys(["", "x"], DuplicatesConfig())[0]) == 0
    assert len(band_keys([], DuplicatesConfig())[1]) == 0


def test_keys_are_the_same_on_every_machine():
    keys, _ = band_keys(["The quick brown fox jumps over the lazy dog, ten times a day."], DuplicatesConfig(bands=2))
    assert keys.tolist() == [[7412999746695084117, 13745761495832489565]]
