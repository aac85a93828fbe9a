"""What every evaluator must do: one suite over the registry.

Four domains: three made-up languages, and one without any text. The targets are the languages in another order.
"""

import sys
from dataclasses import replace

import numpy as np
import pytest

from mixpipe.search.config import CommandConfig, ProxyConfig
from mixpipe.search.evaluators import EVALUATORS, JUDGE, load_evaluator, trains
from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.texts import Texts
from mixpipe.search.training import log_probabilities, train_proxies
from mixpipe.store.files import write_arrays

VOCABULARY, END_OF_TEXT, TOKENS = 32, 31, 3000
TARGETS = (2, 0, 1)  # the language of each target
MIXED = np.array([0.5, 0.25, 0.25, 0])
PROXY = ProxyConfig(width=16, heads=1, layers=1, context=16, batch=4, tokens=TOKENS, learning_rate=2e-2)
# A trainer of the user: frequencies of tokens, a little off by the seed.
TRAINER = """
import json, sys
import numpy as np
asked = json.load(open(sys.argv[1]))
counts = np.full(asked["vocabulary"], 0.1 + asked["seed"] / 1000)
for number, share in asked["weights"].items():
    pool = np.load(f"{asked['data']}/domain-{int(number):03d}.npy")
    counts += share * asked["tokens"] * np.bincount(pool, minlength=len(counts)) / max(len(pool), 1)
def loss(texts):
    tokens = np.delete(np.load(f"{asked['data']}/{texts['file']}"), texts["starts"][:-1])
    return -np.log2((counts / counts.sum())[tokens]).sum() / texts["n_bytes"]
found = {"losses": {texts["name"]: loss(texts) for texts in asked["targets"]},
         "domain_losses": {str(texts["domain"]): loss(texts) for texts in asked["held_out"]}}
json.dump(found, open(asked["out"], "w"))
"""


def made_up_document(language: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return tokens of one language: ten of its own, each of which is likely followed by the next but two."""
    steps = np.where(rng.random(length) < 0.8, 3, rng.integers(10, size=length))
    return (np.cumsum(steps) % 10 + 10 * language).astype(np.uint16)


def made_up_texts(languages: list[int], owners: int, rng: np.random.Generator) -> Texts:
    rows = [(owner, made_up_document(kind, 40, rng), 80) for owner, kind in enumerate(languages) for _ in range(3)]
    return Texts.gather(rows, owners=owners, end_of_text=END_OF_TEXT)


def recorded_runs(data: ProxyData, rng: np.random.Generator) -> str:
    """Runs as others may have recorded them: each target falls with the share of its language; columns in any order."""
    head = [f"y:{name}" for name in data.target_names] + [f"w:{name}" for name in data.domain_names[::-1]]
    rows = [[*(3 - row[list(TARGETS)]), *row[::-1]] for row in rng.dirichlet(np.full(4, 0.5), size=40)]
    return "\n".join(",".join(map(str, row)) for row in [head, *rows])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ProxyData:
    """All that any evaluator may read: pools, texts, experts with their weights, and a command."""
    folder, rng = tmp_path_factory.mktemp("evaluators"), np.random.default_rng(0)
    end = np.array([END_OF_TEXT], dtype=np.uint16)
    pools = [
        np.concatenate([piece for _ in range(25) for piece in (end, made_up_document(language, 40, rng))])
        for language in range(3)
    ]
    (folder / "trainer.py").write_text(TRAINER)
    command = CommandConfig(argv=(sys.executable, str(folder / "trainer.py"), "{mixture}"), retries=0)
    data = ProxyData(
        PROXY,
        VOCABULARY,
        (*pools, np.empty(0, np.uint16)),
        made_up_texts(list(TARGETS), 3, rng),
        made_up_texts([0, 1], 4, rng),
        {domain: folder / f"experts-domain-{domain:03d}.npz" for domain in range(3)},
        ("prose", "ledger", "runes", "nothing"),
        ("code", "law", "verse"),
        command,
        str(folder / "runs.csv"),
    )
    (folder / "runs.csv").write_text(recorded_runs(data, rng))
    for domain, path in data.experts.items():
        model = train_proxies(data.pools, np.eye(4)[[domain]], PROXY, vocabulary=VOCABULARY, tokens=TOKENS, seeds=[0])
        targets, held_out = (log_probabilities(model, texts)[0] for texts in (data.targets, data.held_out))
        size = np.array(model.size)
        write_arrays(path, targets=targets, held_out=held_out, model_size=size, weights=model.weights()[0])
    return data


@pytest.fixture(scope="module", params=sorted(EVALUATORS))
def evaluator(request: pytest.FixtureRequest) -> Evaluator:
    return load_evaluator(request.param)


def measured(evaluator: Evaluator, data: ProxyData, mixture: np.ndarray, *, seed: int = 1) -> Measured:
    return evaluator.measure(data, mixture, tokens=TOKENS, seed=seed)


def assert_equal(one: Measured, two: Measured) -> None:
    np.testing.assert_array_equal(one.target_losses, two.target_losses)
    np.testing.assert_array_equal(one.domain_losses, two.domain_losses)
    assert one[2:] == two[2:]


def test_every_target_and_every_domain_with_texts_gets_a_loss(evaluator, data):
    found = measured(evaluator, data, MIXED)
    assert found.status == "ok"
    assert found.target_losses.shape == (3,) and found.domain_losses.shape == (4,)
    # Two bytes a token: no less than half the 1.2 bits of a token's entropy, no more than a model that knows nothing.
    assert ((found.target_losses > 0.5) & (found.target_losses < np.log2(VOCABULARY))).all()
    held_out = [True, True, False, False] if evaluator.measures_domains else [False] * 4
    assert np.isfinite(found.domain_losses).tolist() == held_out
    assert found.tokens >= TOKENS and found.model_size >= 0
    assert isinstance(found.tokens, int) and isinstance(found.model_size, int)


def test_the_same_trial_gives_the_same_losses(evaluator, data):
    assert_equal(measured(evaluator, data, MIXED), measured(evaluator, data, MIXED))


def test_many_mixtures_are_measured_as_each_is_alone(evaluator, data):
    exact = replace(data, proxy=PROXY.model_copy(update={"dtype": "float32"}))
    mixtures, seeds = np.array([MIXED, [0.1, 0.2, 0.7, 0], MIXED]), [1, 1, 2]
    many = evaluator.measure_many(exact, mixtures, tokens=TOKENS, seeds=seeds)
    for mixture, seed, one in zip(mixtures, seeds, many, strict=True):
        alone = measured(evaluator, exact, mixture, seed=seed)
        np.testing.assert_allclose(one.target_losses, alone.target_losses, atol=1e-3)
        np.testing.assert_allclose(one.domain_losses, alone.domain_losses, atol=1e-3)
        assert one[2:] == alone[2:]


def test_losses_follow_the_seed_where_a_trial_trains_and_only_there(evaluator, data):
    one, two = (measured(evaluator, data, MIXED, seed=seed) for seed in (1, 2))
    assert bool((one.target_losses != two.target_losses).any()) is evaluator.trains


def test_domains_and_targets_keep_their_order(evaluator, data):
    rows = [measured(evaluator, data, alone) for alone in np.eye(4)[:3]]
    np.testing.assert_array_equal(np.argmin([row.target_losses for row in rows], axis=0), TARGETS)
    if evaluator.measures_domains:
        np.testing.assert_array_equal(np.argmin([row.domain_losses[:2] for row in rows], axis=0), [0, 1])


def test_what_it_is_given_stays_as_it_is(evaluator, data):
    mixture, before = MIXED.copy(), [pool.copy() for pool in data.pools]
    measured(evaluator, data, mixture)
    np.testing.assert_array_equal(mixture, MIXED)
    for pool, kept in zip(data.pools, before, strict=True):
        np.testing.assert_array_equal(pool, kept)


def test_a_run_that_fails_is_a_status(evaluator, data):
    wild = PROXY.model_copy(update={"learning_rate": float("inf")})
    crash = data.command.model_copy(update={"argv": (sys.executable, "-S", "-c", "raise SystemExit(3)")})
    found = measured(evaluator, replace(data, proxy=wild, experts={}, command=crash), MIXED)
    if not evaluator.trains and not evaluator.needs_experts:
        return assert_equal(found, measured(evaluator, data, MIXED))  # there is nothing that could fail
    assert found.status != "ok" and "\n" not in found.status and found.status
    assert found.target_losses.shape == (3,) and np.isnan(found.target_losses).all()
    assert found.domain_losses.shape == (4,) and np.isnan(found.domain_losses).all()


def test_it_says_what_it_needs(evaluator):
    said = (
        evaluator.trains,
        evaluator.needs_experts,
        evaluator.needs_weights,
        evaluator.reads_outside,
        evaluator.measures_domains,
        evaluator.together,
    )
    assert all(isinstance(word, bool) for word in said)
    assert evaluator.needs_experts or not evaluator.needs_weights


def test_the_judge_trains():
    assert trains(JUDGE) and load_evaluator(JUDGE).trains and not load_evaluator(JUDGE).needs_experts
