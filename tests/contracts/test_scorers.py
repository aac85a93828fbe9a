"""One suite over every registered scorer: what `Scorer` promises, on ordinary and on hostile texts."""

import time

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Batch, Evaluations, Sample, Scorer
from mixpipe.store.artefact import Artefact, Manifest
from mixpipe.store.files import read_arrays, write_arrays, write_json, write_table
from mixpipe.store.fingerprint import text_id
from mixpipe.store.install import file_entry
from mixpipe.tables import TRIALS

DIMENSIONS = 8
NAMES = ("cats", "code")
ORDINARY = [
    *(f"The {n}th cat sat on the mat, and {n * 7} birds were seen by it.\nThen it slept." for n in range(40)),
    *(f"def f{n}(x):\n    return {{x: {n}}}\n" for n in range(20)),
]
HOSTILE = {
    "empty": "",
    "space": " \n\t\r\n ",
    "nul": "\x00" * 40,
    "one word of 2 MB": "x" * 2_000_000,
    "one line of 5 MB": "word " * 1_000_000,
    "five million lines": "a\n" * 2_500_000,
    "emoji": "🧪👩‍👩‍👧‍👦🏳️‍🌈 " * 50,
    "right to left": "\u202eabc\u202c שלום مرحبا",
    "lone marks": "\ufeff\ufffd\u0301\u200b",
    "line separators": "a\u2028b\u2029c\x85d\x0be",
    "formats": "%s {0} %(x)s nan NaN null true <|endoftext|>",
}


def fields(texts):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(texts), DIMENSIONS))
    return {
        "ids": [text_id(text) for text in texts],
        "texts": list(texts),
        "vectors": (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        "domains": (np.arange(len(texts)) % 2).astype(np.int32),
        "tokens": np.array([len(text) // 4 + 1 for text in texts], np.int64),
    }


def make_sample():
    content = fields(ORDINARY)
    sums = np.zeros((2, DIMENSIONS))
    np.add.at(sums, content["domains"], content["vectors"])
    counts = np.bincount(content["domains"])
    targets = Evaluations(content["texts"][:9], np.zeros(9, np.int32), ("birds",))
    measured = {"targets": targets, "target_vectors": content["vectors"][:9]}
    return Sample(**content, **measured, domain_sums=sums, domain_counts=counts, domain_names=NAMES)


@pytest.fixture(scope="module")
def config(tmp_path_factory, grading_model):
    """Return the defaults, with a search of five trials, a list of words and a model for the scorers that read them."""
    folder = tmp_path_factory.mktemp("search")
    rows = [
        {
            **dict.fromkeys(("method", "round"), "x"),
            **{"trial": f"t{n}", "mixture": [0.5, 0.5], "model_size": 1, "tokens": 1, "seed": 0, "status": "ok"},
            "target_losses": [("birds", 3.0 - n / 10)],
            "domain_losses": [("0", 3.0 - n / 10), ("1", 2.0 + n / 10)],
            "trajectory": [],
        }
        for n in range(5)
    ]
    write_table(folder / "trials.parquet", pa.Table.from_pylist(rows, schema=TRIALS), TRIALS)
    write_json(folder / "mixture.json", {"domains": list(NAMES), "weights": [0.5, 0.5]})
    files = tuple(file_entry(folder, folder / name) for name in ("mixture.json", "trials.parquet"))
    empty = {"identity": {}, "parts": (), "counts": {}, "provenance": {}}
    manifest = Manifest(stage="search", version=1, fingerprint="0" * 32, files=files, **empty)
    write_json(folder / "manifest.json", manifest.model_dump(mode="json"))
    words = folder / "words.txt"
    words.write_text("mat\nseen by\n{x", encoding="utf-8")
    return ScoresConfig(trials=str(Artefact.load(folder).path), bad_words=str(words), grader=str(grading_model))


@pytest.fixture(scope="module")
def fitted(config):
    """Return every scorer with its state, fitted in an order in which each finds the columns it reads."""
    sample, found = make_sample(), {}
    names = [*(name for name in ScoresConfig().scorers if name in SCORERS), *sorted(SCORERS)]
    for name in dict.fromkeys(names):
        plugin = load_plugin(SCORERS, name, "scorer")
        state = plugin.fit(sample, config)
        scorer = plugin(state)
        sample.columns.update(zip(scorer.columns, scorer.score(sample).T, strict=True))
        found[name] = (scorer, state)
    return found


@pytest.fixture(scope="module")
def hostile(fitted):
    """Return, by kind of text and scorer, the scores of a hostile text beside an ordinary one, and the CPU seconds."""
    found = {}
    for kind, text in HOSTILE.items():
        batch, found[kind] = Batch(**fields([text, ORDINARY[0]])), {}
        for name, (scorer, _) in fitted.items():
            started = time.process_time()
            scored = scorer.score(batch)
            found[kind][name] = scored, time.process_time() - started
            batch.columns.update(zip(scorer.columns, scored.T, strict=True))
    return found


def score_up_to(fitted, name, texts):
    """Score a batch with `name` after all scorers before it."""
    batch = Batch(**fields(texts))
    for other, (scorer, _) in fitted.items():
        scored = scorer.score(batch)
        if other == name:
            return scored
        batch.columns.update(zip(scorer.columns, scored.T, strict=True))
    raise AssertionError(name)


pytestmark = pytest.mark.parametrize("name", sorted(SCORERS))


def test_follows_the_protocol(fitted, name):
    scorer, _ = fitted[name]
    assert isinstance(scorer, Scorer)
    assert scorer.columns
    assert all(column == name or column.startswith(f"{name}_") for column in scorer.columns)


def test_rules_look_at_its_own_columns(fitted, name):
    scorer, _ = fitted[name]
    names = [rule.name for rule in scorer.rules]
    assert len(set(names)) == len(names)
    assert all(f"{name}_{rule.measure}" in scorer.columns for rule in scorer.rules)
    assert (f"{name}_rule" in scorer.columns) == bool(names)


def test_one_finite_row_per_document(fitted, name):
    scored = score_up_to(fitted, name, ORDINARY)
    assert scored.shape == (len(ORDINARY), len(fitted[name][0].columns))
    assert np.isfinite(scored).all()


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_are_finite_and_quick(hostile, name, kind):
    scored, seconds = hostile[kind][name]
    assert np.isfinite(scored.astype(np.float32)).all()
    assert seconds < 5


def test_a_document_scores_alike_in_any_company(fitted, name):
    together = score_up_to(fitted, name, ORDINARY)
    content = fields(ORDINARY)
    assert content["ids"][0] == text_id(ORDINARY[0])
    alone = score_up_to(fitted, name, ORDINARY[:1])
    assert np.allclose(alone[0], together[0])


def test_no_documents_no_rows(fitted, name):
    assert score_up_to(fitted, name, []).shape == (0, len(fitted[name][0].columns))


def test_is_rebuilt_from_arrays_on_disk(fitted, name, tmp_path):
    scorer, state = fitted[name]
    write_arrays(tmp_path / "state.npz", **state)
    batch = Batch(**fields(ORDINARY))
    for other, (earlier, _) in fitted.items():
        if other == name:
            break
        batch.columns.update(zip(earlier.columns, earlier.score(batch).T, strict=True))
    rebuilt = type(scorer)(read_arrays(tmp_path / "state.npz"))
    assert np.array_equal(rebuilt.score(batch), scorer.score(batch))


def test_fitting_twice_gives_the_same_state(fitted, config, name):
    _, state = fitted[name]
    sample = make_sample()
    for other, (scorer, _) in fitted.items():
        if other == name:
            break
        sample.columns.update(zip(scorer.columns, scorer.score(sample).T, strict=True))
    again = type(fitted[name][0]).fit(sample, config)
    assert again.keys() == state.keys()
    assert all(np.array_equal(again[key], state[key]) for key in state)


def test_unknown_names_list_the_known(name):
    with pytest.raises(ConfigError, match=name):
        load_plugin(SCORERS, "nosuch", "scorer")
