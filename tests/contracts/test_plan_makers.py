"""What every registered plan maker must do; a new one is checked without an edit here."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.errors import ConfigError
from mixpipe.plan.budgets import draw_curves
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS, value_bins
from mixpipe.plan.makers import MAKERS, load_maker, maker_settings
from mixpipe.plan.makers.protocol import Candidates, Filled, Pool, Sample, fits, selects
from mixpipe.store.fingerprint import text_id

# The stage puts a block in the order of its ids before a maker that picks sees it.
valuing = pytest.mark.parametrize("name", [name for name in sorted(MAKERS) if not selects(load_maker(name))])
every_maker = pytest.mark.parametrize("name", sorted(MAKERS))
NAMES = ["prose", "code", "verse"]
SHARES = np.array([0.5, 0.3, 0.2])
# what a search over two quality strata of each domain may have found
STRATA = SHARES[:, None] * np.array([0.4, 0.6])
DIMENSIONS = 8


class Columns(dict):
    """Whatever column a maker asks for."""

    def __init__(self, scores):
        self.scores = scores.astype(np.float32)

    def __missing__(self, column):
        return 2 + self.scores if column == "perplexity" else self.scores


def corpus(n, n_domains=3, *, constant=False, seed=0):
    """Return candidates with any column in 0..1, perplexities above 1, or the same score for all."""
    rng = np.random.default_rng(seed)
    scores = np.full(n, 0.5) if constant else rng.random(n)

    return Candidates(
        ids=[text_id(f"{seed}/{i}") for i in range(n)],
        domains=(np.arange(n) % n_domains).astype(np.int32),
        tokens=rng.integers(1, 400, n),
        columns=Columns(scores),
        names=NAMES[:n_domains],
    )


def pooled(found, maker):
    """Return the candidates as the maker's block, with texts of few words, hostile ones among them."""
    rng = np.random.default_rng(1)
    words = np.array(["the", "cat", "sat", "mat", "def", "\x00", "🧪", "return", ""])
    vectors = rng.normal(size=(len(found.ids), DIMENSIONS))
    return Pool(
        ids=found.ids,
        texts=[" ".join(row) for row in words[rng.integers(len(words), size=(len(found.ids), 12))]],
        sources=[f"source-{i % 2}" for i in range(len(found.ids))],
        vectors=(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        tokens=found.tokens,
        columns={name: found.columns[name] for name in maker.columns},
    )


def values(maker, found):
    """Return the values as the stage finds them, a selection maker's from one block for each domain."""
    if selects(maker):
        result = np.zeros(len(found.ids))
        for domain in np.unique(found.domains):
            rows = np.flatnonzero(found.domains == domain)
            order = maker.order(pooled(taken(found, rows), maker), np.random.default_rng(0))
            assert np.array_equal(np.sort(order), np.arange(len(rows)))
            result[rows[order]] = 1 - (np.arange(len(rows)) + 0.5) / len(rows)
        return result
    return maker.value(found, state(maker, found))


def state(maker, found):
    if not fits(maker):
        return {}
    held = {name: getattr(found, name) for name in Candidates.__dataclass_fields__}
    return maker.fit(Sample(**held, weights=np.ones(len(found.ids))))


def taken(found, rows):
    return replace(
        found,
        ids=[found.ids[row] for row in rows],
        domains=found.domains[rows],
        tokens=found.tokens[rows],
        columns=Columns(found.columns.scores[rows]),
    )


def binned(maker, found, n_domains=3):
    tokens = np.zeros((n_domains, VALUE_BINS), np.int64)
    np.add.at(tokens, (found.domains, value_bins(values(maker, found))), found.tokens)
    return tokens


@every_maker
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("size", [1, 300])
def test_values_lie_in_the_unit_interval_and_repeat(name, size, constant):
    maker, found = load_maker(name), corpus(size, constant=constant)
    first = values(maker, found)
    assert first.shape == (size,)
    assert ((first >= 0) & (first <= 1)).all()
    assert np.array_equal(first, values(load_maker(name), corpus(size, constant=constant)))


@valuing
@pytest.mark.parametrize("constant", [False, True])
def test_the_order_of_documents_and_the_numbers_of_domains_change_no_value(name, constant):
    maker, found = load_maker(name), corpus(200, constant=constant)
    rows = np.random.default_rng(3).permutation(200)
    assert np.array_equal(values(maker, taken(found, rows)), values(maker, found)[rows])
    turned = replace(found, domains=2 - found.domains, names=found.names[::-1])
    assert np.array_equal(values(maker, turned), values(maker, found))


@every_maker
@pytest.mark.parametrize("shared", [False, True])
def test_preferences_are_finite_and_follow_the_domains(name, shared):
    maker = load_maker(name)
    tokens = binned(maker, corpus(300))
    filled = Filled(tokens, SHARES * 20_000, 4.0, shared, NAMES, STRATA)
    found = maker.preference(filled)
    assert found.shape == tokens.shape
    assert np.isfinite(found).all() and (found >= 0).all()
    turned = Filled(tokens[::-1], filled.targets[::-1], 4.0, shared, NAMES[::-1], STRATA[::-1])
    assert np.allclose(maker.preference(turned), found[::-1], rtol=1e-12)


@every_maker
@pytest.mark.parametrize("shares", ["search", "natural", "documents"])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(("size", "n_domains"), [(1, 1), (300, 1), (300, 3)])
def test_copies_meet_the_budget_under_the_cap(name, shares, constant, size, n_domains):
    maker, found = load_maker(name), corpus(size, n_domains, constant=constant)
    config = PlanConfig(budget_tokens=int(found.tokens.sum() // 2) or 1, maker=name, shares=shares)
    tokens = binned(maker, found, n_domains)
    wanted = np.array([[1.0], [0.4, 0.6], SHARES][n_domains - 1])
    curves = draw_curves(tokens, config, NAMES[:n_domains], wanted, STRATA[:n_domains])
    assert (curves.copies * tokens).sum() == pytest.approx(config.budget_tokens, rel=1e-9)
    assert curves.copies.max() <= config.max_epochs
    reached = (curves.copies * tokens).sum(axis=1) / config.budget_tokens
    assert np.allclose(curves.weights, reached)
    if shares != "documents":
        natural = tokens.sum(axis=1) / tokens.sum()
        assert np.allclose(reached, wanted if shares == "search" else natural)


@every_maker
def test_settings_are_complete_and_checked(name):
    found = maker_settings(load_maker(name))
    assert maker_settings(load_maker(name, found)) == found
    assert PlanConfig(budget_tokens=1, maker=name).settings == found
    with pytest.raises(ConfigError, match=f"plan maker {name} among"):
        load_maker(name, {"nosuch": 1})


def test_unknown_makers_list_the_known():
    with pytest.raises(ConfigError, match="tilt"):
        load_maker("nosuch")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 10**6), min_size=VALUE_BINS, max_size=VALUE_BINS), min_size=1, max_size=4).filter(
        lambda rows: any(map(any, rows))
    ),
    st.sampled_from(["domains", "tilt", "top", "tempered", "samplemix", "bertin"]),
    st.floats(0.01, 1.0),
    st.sampled_from([0.5, 1.0, 2.5, 4.0]),
)
def test_one_scale_over_all_domains_fills_the_budget(rows, name, part, cap):
    """Water-filling: under the cap all copies are one multiple of the preference, in every domain."""
    tokens = np.array(rows)
    budget = int(part * cap * tokens.sum()) or 1
    config = PlanConfig(budget_tokens=min(budget, int(cap * tokens.sum())) or 1, max_epochs=cap, maker=name)
    names = [str(d) for d in range(len(rows))]
    if cap * tokens.sum() < 1:
        return
    config = config.model_copy(update={"shares": "documents"})
    curves = draw_curves(tokens, config, names, np.full(len(rows), 1 / len(rows)))
    assert (curves.copies * tokens).sum() == pytest.approx(config.budget_tokens, rel=1e-9)
    assert curves.copies.max() <= cap
    assert curves.weights.sum() == pytest.approx(1)
    shares = tokens.sum(axis=1) / tokens.sum()
    wanted = config.chosen.preference(Filled(tokens, shares * config.budget_tokens, cap, True, names))
    free = (curves.copies < cap) & (wanted > 0)
    scales = curves.copies[free] / wanted[free]
    assert np.allclose(scales, scales[:1], rtol=1e-9)
