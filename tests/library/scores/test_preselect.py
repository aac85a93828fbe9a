from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from mixpipe.errors import ConfigError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.preselect import PreSelect, predictive_strength
from mixpipe.store.artefact import Manifest
from mixpipe.store.files import write_json, write_table
from mixpipe.store.install import file_entry
from mixpipe.tables import TRIALS

NAMES = ("sea", "town", "moor")
WORDS = {0: "boat sail wave tide the of", 1: "tram shop street roof the of", 2: "heath bog grouse the of"}
OBJECTIVE = -np.arange(6.0)  # from the weakest model to the strongest


@pytest.mark.parametrize(
    ("losses", "strength"),
    [
        ((3, 2.8, 2.5, 2.4, 2.2, 2.0), 1.0),
        ((2, 2, 2, 2, 2, 2), 0.0),
        ((3, 2.5, 2.8, 2.4, 2.2, 2.0), 14 / 15),
        ((2.0, 2.2, 2.4, 2.5, 2.8, 3), 0.0),
    ],
)
def test_known_strengths(losses, strength):
    assert predictive_strength(OBJECTIVE, np.array(losses)[:, None])[0] == pytest.approx(strength)


def test_the_order_of_the_trials_does_not_matter():
    losses = np.random.default_rng(0).normal(size=(6, 4))
    order = np.random.default_rng(1).permutation(6)
    assert np.array_equal(predictive_strength(OBJECTIVE, losses), predictive_strength(OBJECTIVE[order], losses[order]))


def test_models_that_are_equal_make_no_pair():
    assert predictive_strength(np.array([1.0, 1, 0]), np.array([[2.0], [1], [0]]))[0] == 1


def test_a_block_that_was_not_measured_has_no_strength():
    assert np.isnan(predictive_strength(OBJECTIVE, np.full((6, 1), np.nan)))[0]


def search(folder, *, names=NAMES, count=6, status="ok", longer=0, strata=1):
    """Seal a search in which the losses on domain 0 follow the target's, on domain 1 run against it, on 2 do both."""
    rows = []
    for n in range(count + longer):
        losses = {"0": 3 - n / 10, "1": 2 + n / 10, "2": 2 + (n % 2) / 10}
        if n >= count:  # trained for longer: all losses fall
            losses = dict.fromkeys(losses, 1 - n / 100)
        losses = {str(int(d) * strata + s): loss + s for d, loss in losses.items() for s in range(strata)}
        common = {
            "method": "m",
            "round": "r",
            "mixture": [0.3, 0.3, 0.4],
            "model_size": 1,
            "tokens": 1 + (n >= count),
            "seed": 0,
        }
        measured = {"target_losses": [("t", 3 - n / 10)], "domain_losses": list(losses.items())}
        rows.append({**common, **measured, "trial": str(n), "status": status, "trajectory": []})
    folder.mkdir()
    write_table(folder / "trials.parquet", pa.Table.from_pylist(rows, schema=TRIALS), TRIALS)
    shares = {} if strata == 1 else {"strata": [[1 / strata / len(names)] * strata] * len(names)}
    write_json(folder / "mixture.json", {"domains": list(names), **shares})
    files = tuple(file_entry(folder, folder / name) for name in ("mixture.json", "trials.parquet"))
    rest = {"identity": {}, "parts": (), "counts": {}, "provenance": {}}
    manifest = Manifest(stage="search", version=1, fingerprint="0" * 32, files=files, **rest)
    write_json(folder / "manifest.json", manifest.model_dump(mode="json"))
    return ScoresConfig(trials=str(folder))


def texts(domains, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS[domain].split(), 12)) for domain in domains]


@pytest.fixture
def sample(make_sample):
    domains = [n % 3 for n in range(150)]
    return replace(make_sample(texts(domains, 0), domains), domain_names=NAMES)


def test_words_of_the_strong_domain_score_above_those_of_the_weak(sample, make_batch, tmp_path):
    scorer = PreSelect(PreSelect.fit(sample, search(tmp_path / "search")))
    domains = np.array([0] * 60 + [1] * 60)
    scores = scorer.score(make_batch(texts(domains, 1)))[:, 0]
    assert roc_auc_score(domains == 0, scores) > 0.95


def test_a_search_is_needed(sample):
    with pytest.raises(ConfigError, match=r"scores\.trials"):
        PreSelect.fit(sample, ScoresConfig())


def test_other_domains_are_refused(sample, tmp_path):
    with pytest.raises(ConfigError, match=r"sea, town, moor.*sea, town, fen"):
        PreSelect.fit(sample, search(tmp_path / "search", names=("sea", "town", "fen")))


@pytest.mark.parametrize("few", [{"count": 3}, {"status": "diverged"}])
def test_too_few_trials_are_refused(sample, tmp_path, few):
    with pytest.raises(ConfigError, match="at least 4 trials of one size"):
        PreSelect.fit(sample, search(tmp_path / "search", **few))


def test_trials_of_another_length_are_left_out(sample, tmp_path):
    one, other = (PreSelect.fit(sample, search(tmp_path / str(n), longer=n)) for n in (0, 5))
    assert np.array_equal(one["weights"], other["weights"])


def test_a_search_over_strata_tells_the_same_of_its_domains(sample, tmp_path):
    one, other = (PreSelect.fit(sample, search(tmp_path / str(n), strata=n)) for n in (1, 4))
    assert np.array_equal(one["weights"], other["weights"])


def test_one_domain_is_refused(make_sample, tmp_path):
    sample = replace(make_sample(texts([0] * 30, 0)), domain_names=NAMES)
    with pytest.raises(ConfigError, match="different predictive strength"):
        PreSelect.fit(sample, search(tmp_path / "search"))
