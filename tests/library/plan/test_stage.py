import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixpipe.errors import ConfigError, StageError
from mixpipe.plan import sample
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.stage import PLAN
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json, read_table

WEIGHTS = [0.5, 0.3, 0.2]


def planned(artefact):
    rows = [read_table(artefact.file(name)).to_pylist() for name in artefact.names()]
    return [row for part in rows for row in part]


@pytest.fixture
def make_plan(tmp_path, upstream, build):
    def make(documents, *, cuts=(), weights=WEIGHTS, backwards=False, **config):
        inputs = upstream(documents, cuts, weights)
        return build(tmp_path, PLAN, PlanConfig(**config), inputs, backwards=backwards)

    return make


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_each_domain_meets_its_budget_to_within_one_document(make_plan, documents, strength):
    corpus = documents(600)
    plan = make_plan(corpus, budget_tokens=12_000, settings={"strength": strength})
    tokens = np.zeros(3)
    for document, row in zip(corpus, planned(plan), strict=True):
        assert row["id"] == document["id"]
        tokens[row["domain"]] += row["copies"] * document["n_tokens"]
    longest = [max(d["n_tokens"] for d in corpus if d["domain"] == k) for k in range(3)]
    assert (np.abs(tokens - np.array(WEIGHTS) * 12_000) <= longest).all()


def test_no_document_exceeds_the_cap_and_better_ones_are_drawn_more(make_plan, documents):
    corpus = documents(600)
    plan = make_plan(corpus, budget_tokens=20_000, settings={"strength": 1.0}, max_epochs=3)
    rows = planned(plan)
    assert max(row["copies"] for row in rows) == 3
    for domain in range(3):
        pairs = [(d["quality"], r["expected"]) for d, r in zip(corpus, rows, strict=True) if d["domain"] == domain]
        expected = [copies for _, copies in sorted(pairs)]
        assert expected == sorted(expected)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(1, 149), max_size=4), seed=st.integers(0, 3), shuffle=st.randoms(use_true_random=False)
)
def test_order_and_division_of_the_corpus_change_no_copies(make_plan, documents, cuts, seed, shuffle):
    corpus = documents(150)
    permuted = list(corpus)
    shuffle.shuffle(permuted)
    config = {"budget_tokens": 5_000, "seed": seed}
    one = {row["id"]: row["copies"] for row in planned(make_plan(corpus, **config))}
    many = {row["id"]: row["copies"] for row in planned(make_plan(permuted, cuts=sorted(cuts), **config))}
    assert one == many


def test_kept_duplicates_are_cut_one_by_one(make_plan, document):
    corpus = [document("same text", 0, tokens=100, duplicate=i > 0) for i in range(40)]
    plan = make_plan(corpus, cuts=[7, 20], weights=[1.0], budget_tokens=1_000)
    assert sum(row["copies"] for row in planned(plan)) == 10


def test_every_document_is_planned_dropped_or_not_drawn(make_plan, documents, document):
    corpus = [
        *documents(200),
        document("", 0),
        document("bad", 1, drop_reason="c4"),
        document("b", 1, drop_reason="c4"),
    ]
    plan = make_plan(corpus, cuts=[60], budget_tokens=2_000)
    waterfall = read_json(plan.file("plan.json"))["waterfall"]
    flow = waterfall["documents"]
    assert flow["in"] == 203
    assert flow["dropped"] == {"c4": 2, "no_tokens": 1}
    assert flow["in"] == flow["planned"] + flow["not_drawn"] + sum(flow["dropped"].values())
    assert waterfall["tokens"]["in"] == sum(d["n_tokens"] for d in corpus)
    assert [row["copies"] for row in planned(plan)[-3:]] == [0, 0, 0]
    assert plan.counts["documents_planned"] == flow["planned"]


def test_mixture_record_leaves_out_what_has_no_share(make_plan, documents):
    plan = make_plan(documents(300), weights=[0.75, 0.0, 0.25], budget_tokens=6_000)
    record = read_json(plan.file("mixture.json"))
    domains = record["phases"][0]["domains"]
    assert record["schema"] == "mixpipe.mixture/1"
    assert [(domain["id"], domain["weight"]) for domain in domains] == [("d000", 0.75), ("d002", 0.25)]
    assert record["total_tokens"] == sum(domain["planned_tokens"] for domain in domains) == plan.counts["tokens"]
    for domain in domains:
        assert domain["epochs"] == pytest.approx(domain["planned_tokens"] / domain["available_tokens"])
        assert domain["tokens_per_doc"] == pytest.approx(domain["planned_tokens"] / domain["copies"])


def test_a_budget_above_the_epoch_cap_names_the_domain_and_the_shortfall(make_plan, document):
    corpus = [document("a", 0, tokens=100), document("b", 1, tokens=10)]
    with pytest.raises(ConfigError, match=r"domain-1: 60 tokens wanted, 10 available, 40 short.*max_epochs to 6"):
        make_plan(corpus, weights=[0.4, 0.6], budget_tokens=100, max_epochs=2)


def test_quality_is_not_read_when_the_plan_ignores_it(make_plan, document):
    corpus = [document(f"{i}", 0, tokens=10, quality=None) for i in range(10)]
    plan = make_plan(corpus, weights=[1.0], budget_tokens=50, maker="domains")
    assert plan.counts["tokens"] == 50
    with pytest.raises(StageError, match=r"expected a number in quality"):
        make_plan(corpus, weights=[1.0], budget_tokens=50)


def test_shares_that_do_not_sum_to_one_are_refused(make_plan, documents):
    with pytest.raises(StageError, match="summing to 1"):
        make_plan(documents(20), weights=[0.5, 0.2, 0.2], budget_tokens=100)


def test_parts_run_in_any_order_give_the_same_files(tmp_path, upstream, build, documents):
    inputs = upstream(documents(200), [50, 120], WEIGHTS)
    config = PlanConfig(budget_tokens=4_000)
    forwards = build(tmp_path / "a", PLAN, config, inputs)
    backwards = build(tmp_path / "b", PLAN, config, inputs, backwards=True)
    assert forwards.manifest.files == backwards.manifest.files
    names = {entry.name for entry in forwards.manifest.files}
    assert names == {*forwards.names(), "mixture.json", "plan.json", "diversity.json"}
    assert json.loads(forwards.file("plan.json").read_text())["planned_tokens"] == forwards.counts["tokens"]


def test_parts_that_differ_in_the_seed_alone_are_never_taken_for_each_other(tmp_path, upstream, document):
    """One domain at exactly two epochs: the curves and cuts are the same under every seed."""
    corpus = [document(f"text {number}", 0, tokens=10) for number in range(6)]
    inputs = upstream(corpus, (), [1.0])
    identities = set()
    for seed in (0, 1):
        config = PlanConfig(budget_tokens=120, maker="domains", seed=seed)
        job = open_stage(tmp_path, PLAN, config, inputs)
        for step in job.steps:
            parts = job.plan(step)
            for part in parts:
                run_part(job, step, part)
            finish_step(job, step)
        identities |= {job.reuse_key(part) for part in parts}
    assert len(identities) == 2


def tokens_by_domain(corpus, plan, n_domains=3):
    tokens = np.zeros(n_domains)
    for document, row in zip(corpus, planned(plan), strict=True):
        tokens[row["domain"]] += row["copies"] * document["n_tokens"]
    return tokens


@pytest.mark.parametrize("maker", ["samplemix", "quadmix", "bands", "bertin", "top"])
def test_one_budget_over_all_domains_is_met_to_one_document(make_plan, documents, maker):
    corpus = documents(600)
    plan = make_plan(corpus, cuts=[100, 350], budget_tokens=9_000, maker=maker, shares="documents")
    tokens = tokens_by_domain(corpus, plan)
    assert abs(tokens.sum() - 9_000) <= max(d["n_tokens"] for d in corpus)
    assert max(row["copies"] for row in planned(plan)) <= 4
    record = read_json(plan.file("mixture.json"))
    weights = {domain["id"]: domain["weight"] for domain in record["phases"][0]["domains"]}
    assert [weights[f"d{d:03d}"] for d in range(3)] == pytest.approx(tokens / tokens.sum())
    assert read_json(plan.file("plan.json"))["maker"] == maker


def test_a_budget_below_the_shortest_document_plans_nothing(make_plan, document):
    corpus = [document(f"text {n}", n % 2, tokens=500) for n in range(10)]
    plan = make_plan(corpus, weights=[0.5, 0.5], budget_tokens=3, shares="documents")
    domains = read_json(plan.file("plan.json"))["domains"]
    assert [domain["planned_tokens"] for domain in domains] == [0, 0]
    assert sum(domain["weight"] for domain in domains) == pytest.approx(1)


def test_natural_shares_are_those_of_what_may_be_planned(make_plan, documents):
    corpus = documents(600)
    tokens = tokens_by_domain(corpus, make_plan(corpus, budget_tokens=9_000, shares="natural"))
    available = np.zeros(3)
    for document in corpus:
        available[document["domain"]] += document["n_tokens"]
    longest = [max(d["n_tokens"] for d in corpus if d["domain"] == k) for k in range(3)]
    assert (np.abs(tokens - 9_000 * available / available.sum()) <= longest).all()


@pytest.mark.parametrize("maker", ["bands", "quadmix", "bertin"])
def test_a_fitted_maker_hangs_on_no_order_even_where_the_sample_is_cut(make_plan, documents, monkeypatch, maker):
    monkeypatch.setattr(sample, "SAMPLE_DOCUMENTS", 20)
    corpus = documents(200)
    config = {"budget_tokens": 1_500, "maker": maker, "settings": {}}
    one = {row["id"]: row["copies"] for row in planned(make_plan(corpus, **config))}
    many = {row["id"]: row["copies"] for row in planned(make_plan(corpus[::-1], cuts=[33, 120], **config))}
    assert one == many


def test_what_a_maker_leaves_out_is_never_planned(make_plan, documents):
    corpus = documents(400, n_domains=1)
    settings_ = {"band": "low", "rate": 50}
    rows = planned(make_plan(corpus, weights=[1.0], budget_tokens=3_000, maker="bands", settings=settings_))
    drawn = [d["quality"] for d, row in zip(corpus, rows, strict=True) if row["copies"]]
    assert max(drawn) <= np.quantile([d["quality"] for d in corpus], 0.505)


def test_a_maker_that_leaves_too_little_is_named_with_the_remedy(make_plan, document):
    corpus = [document(f"{i}", 0, tokens=10, quality=i / 20) for i in range(20)]
    config = {"weights": [1.0], "budget_tokens": 300, "maker": "bands", "settings": {"band": "low", "rate": 25}}
    with pytest.raises(
        ConfigError, match=r"maker bands .*domain-0: 300 tokens wanted, \d+ taken by it; let it take more"
    ):
        make_plan(corpus, **config)


def test_a_corpus_of_nothing_but_dropped_documents_is_refused(make_plan, document):
    corpus = [document("a", 0, tokens=10, drop_reason="c4")]
    with pytest.raises(ConfigError, match="10 tokens wanted, 0 available"):
        make_plan(corpus, weights=[1.0], budget_tokens=10, maker="bands", shares="documents")
