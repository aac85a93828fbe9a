import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.mixture.quality_curve import copies_at
from mixpipe.plan.budgets import draw_curves
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS, draft_copies, value_bins
from mixpipe.plan.makers import load_maker
from mixpipe.plan.makers.protocol import Filled, Sample
from mixpipe.plan.makers.quadmix import Curve, QuaDMix
from mixpipe.store.draws import keyed_uniforms

KNOWN = Curve(steepness=100, reach=0.05, power=1, floor=0.001)


def sample(n=10_000, n_domains=2, **columns):
    rng = np.random.default_rng(0)
    given = columns or {"quality": rng.random(n)}
    return Sample(
        ids=[f"{i}" for i in range(n)],
        domains=(np.arange(n) % n_domains).astype(np.int32),
        tokens=rng.integers(1, 100, n),
        columns={name: np.asarray(values, np.float32) for name, values in given.items()},
        names=["one", "two"][:n_domains],
        weights=np.ones(n),
    )


def test_the_known_values_of_the_curve():
    assert copies_at(KNOWN.parameters(), np.array([0, 0.05, 0.0501]))[0] == pytest.approx(
        [1.98761, 1.001, 0.001], abs=5e-6
    )


def copies_of(maker, found, max_epochs=4.0):
    """Return the expected copies of each document when the budget is what the curves come to, and that budget."""
    tokens = np.zeros((len(found.names), VALUE_BINS), np.int64)
    bins = value_bins(maker.value(found, maker.fit(found)))
    np.add.at(tokens, (found.domains, bins), found.tokens)
    relative = maker.preference(Filled(tokens, np.zeros(len(tokens)), max_epochs, True, found.names))
    return relative[found.domains, bins], tokens


@pytest.mark.parametrize("reach", [0.01, 0.05, 0.5])
def test_expected_tokens_are_the_integral_of_the_curve(reach):
    found = sample()
    maker = QuaDMix(reach=reach)
    copies, tokens = copies_of(maker, found)
    ranks = (np.arange(100_000) + 0.5) / 100_000
    integral = tokens.sum() * copies_at(maker.parameters(), ranks).mean()
    assert copies @ found.tokens == pytest.approx(integral, rel=0.01)
    assert copies.max() <= np.ceil(2**maker.power + maker.floor)
    best_first = np.argsort(-found.columns["quality"][found.domains == 0])
    assert (np.diff(copies[found.domains == 0][best_first]) <= 1e-12).all()
    draft = draft_copies(copies, keyed_uniforms(found.ids, "copies:0"), 4.0)
    drawn = (draft.floor + (draft.margin < 0)) @ found.tokens
    chances = copies % 1
    assert abs(drawn - copies @ found.tokens) <= 3 * np.sqrt((found.tokens**2 * chances * (1 - chances)).sum())


def test_without_curve_and_floor_it_is_the_best_of_every_domain():
    copies, _ = copies_of(QuaDMix(reach=0.25, power=0, floor=0), found := sample())
    for domain in (0, 1):
        mine = found.domains == domain
        order = np.argsort(-found.columns["quality"][mine])
        taken = np.cumsum(found.tokens[mine][order]) / found.tokens[mine].sum()
        assert (copies[mine][order][taken < 0.24] == 1).all()
        assert (copies[mine][order][taken > 0.26] == 0).all()


def test_filters_are_merged_by_domain_and_may_count_against():
    rng = np.random.default_rng(1)
    good, bad = rng.random(4000), rng.random(4000)
    found = sample(4000, c4=good, perplexity=1000 * bad)
    domains = {"two": {"filters": {"perplexity": -1.0}, "reach": 0.1}}
    maker = load_maker("quadmix", {"reach": 0.2, "floor": 0, "filters": {"c4": 1.0}, "domains": domains})
    assert maker.columns == ("c4", "perplexity")
    copies, _ = copies_of(maker, found)
    first, second = found.domains == 0, found.domains == 1
    assert good[first][copies[first] > 0].min() > 0.75
    assert bad[second][copies[second] > 0].max() < 0.15


def test_settings_of_domains_are_checked():
    with pytest.raises(ConfigError, match=r"expected steepness, .* in domains.one, found rech"):
        load_maker("quadmix", {"domains": {"one": {"rech": 0.1}}})
    with pytest.raises(ConfigError, match="less than or equal to 1"):
        load_maker("quadmix", {"domains": {"one": {"reach": 2}}})
    config = PlanConfig(budget_tokens=1, maker="quadmix", settings={"domains": {"nosuch": {"reach": 0.1}}})
    with pytest.raises(ConfigError, match=r"names of domains .*\(one\), found nosuch"):
        draw_curves(np.ones((1, VALUE_BINS), np.int64), config, ["one"], np.ones(1))


def test_settings_may_lie_in_a_file(tmp_path):
    path = tmp_path / "quadmix.json"
    path.write_text('{"reach": 0.07, "domains": {"one": {"power": 0.5}}}')
    config = PlanConfig(budget_tokens=1, maker="quadmix", settings=str(path))
    assert config.settings["reach"] == 0.07 and config.settings["domains"] == {"one": {"power": 0.5}}
    assert PlanConfig.model_validate(config.model_dump(mode="json")) == config
