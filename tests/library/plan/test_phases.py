"""Plans of several phases: RS2's known answers, schedules of two mixtures, and what stays as it is in one phase."""

import numpy as np
import pytest
from pydantic import ValidationError

from mixpipe.errors import ConfigError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.stage import PLAN
from mixpipe.store.files import read_json, read_table

WEIGHTS = [0.5, 0.3, 0.2]


@pytest.fixture
def make_plan(tmp_path, upstream, build):
    def make(documents, *, cuts=(), weights=WEIGHTS, **config):
        return build(tmp_path, PLAN, PlanConfig(**config), upstream(documents, cuts, weights))

    return make


def by_phase(plan):
    """Return copies (n_docs, n_phases) and domains (n_docs,), in corpus order."""
    rows = [row for name in plan.names() for row in read_table(plan.file(name)).to_pylist()]
    assert [row["copies"] for row in rows] == [sum(row["copies_by_phase"]) for row in rows]
    return np.array([row["copies_by_phase"] for row in rows]), np.array([row["domain"] for row in rows])


def thousand(document):
    return [document(f"text {n}", 0, tokens=10) for n in range(1000)]


def test_rs2_covers_what_independent_draws_cover(make_plan, document):
    config = {"weights": [1.0], "budget_tokens": 10_000, "maker": "domains", "phases": 10, "redraw": True}
    plan = make_plan(thousand(document), cuts=[300], max_epochs=10, **config)
    copies, _ = by_phase(plan)
    assert (copies.sum(axis=0) == 100).all() and copies.max() == 1
    covered = int((copies.sum(axis=1) > 0).sum())
    assert abs(covered - 651.3) <= 40
    record = read_json(plan.file("mixture.json"))
    assert [phase["share"] for phase in record["phases"]] == [0.1] * 10
    assert record["reused_documents"] == int((copies.sum(axis=1) > 1).sum()) > 0
    assert record["domains"][0]["docs"] == covered


def test_rs2_without_replacement_is_one_epoch(make_plan, document):
    config = {"weights": [1.0], "budget_tokens": 10_000, "maker": "domains", "phases": 10}
    plan = make_plan(thousand(document), **config)
    copies, _ = by_phase(plan)
    assert (copies.sum(axis=0) == 100).all()
    assert (copies.sum(axis=1) == 1).all()
    assert read_json(plan.file("mixture.json"))["reused_documents"] == 0


def test_draws_of_all_phases_together_keep_the_cap(make_plan, document):
    config = {"weights": [1.0], "budget_tokens": 10_000, "maker": "domains", "phases": 10, "redraw": True}
    copies, _ = by_phase(make_plan(thousand(document), max_epochs=2, **config))
    assert copies.sum(axis=1).max() == 2
    assert (copies.sum(axis=0) == 100).all()


def test_draws_that_leave_no_room_for_the_budget_are_refused(make_plan, document):
    config = {"weights": [1.0], "budget_tokens": 20_000, "maker": "domains", "phases": 4, "max_epochs": 2}
    with pytest.raises(ConfigError, match=r"phases drawn afresh.*within 2 epochs.*plan\.redraw=false"):
        make_plan(thousand(document), redraw=True, **config)
    copies, _ = by_phase(make_plan(thousand(document), **config))
    assert (copies.sum(axis=1) == 2).all()


@pytest.mark.parametrize("redraw", [False, True])
def test_two_phases_have_the_mixtures_asked_for(make_plan, documents, redraw):
    corpus = documents(900)
    late = {"domain-0": 0.1, "domain-1": 0.2, "domain-2": 0.7}
    phases = [{"name": "early", "share": 0.6}, {"name": "late", "share": 0.4, "mixture": late}]
    plan = make_plan(corpus, cuts=[150, 500], budget_tokens=12_000, phases=phases, redraw=redraw, max_epochs=6)
    copies, domain = by_phase(plan)
    tokens = np.array([document["n_tokens"] for document in corpus])
    found = np.array([[(copies[domain == d, p] @ tokens[domain == d]) for d in range(3)] for p in range(2)])
    wanted = 12_000 * np.array([0.6 * np.array(WEIGHTS), 0.4 * np.array(list(late.values()))])
    longest = np.array([tokens[domain == d].max() for d in range(3)])
    assert (np.abs(found - wanted) <= longest).all()
    assert (np.abs((found - wanted).sum(axis=0)) <= longest).all()
    record = read_json(plan.file("mixture.json"))
    assert [phase["name"] for phase in record["phases"]] == ["early", "late"]
    weights = [portion["weight"] for portion in record["phases"][1]["domains"]]
    assert weights == pytest.approx(list(late.values()))
    epochs = [portion["epochs"] for phase in record["phases"] for portion in phase["domains"]]
    available = [tokens[domain == d].sum() for d in range(3)]
    assert epochs == pytest.approx((found / available).ravel().tolist())
    assert sum(portion["planned_tokens"] for portion in record["domains"]) == found.sum()


@pytest.mark.parametrize("kind", ["two-phase", "annealing"])
def test_a_design_is_two_phases_of_its_usual_shares(make_plan, documents, kind):
    corpus, last = documents(900), {"domain-1": 0.25, "domain-2": 0.75}
    plan = make_plan(corpus, budget_tokens=9_000, phases={"kind": kind, "last": last}, max_epochs=6)
    copies, domain = by_phase(plan)
    tokens = np.array([document["n_tokens"] for document in corpus])
    share = {"two-phase": 0.4, "annealing": 0.1}[kind]
    for d, (early, late) in enumerate(zip(WEIGHTS, [0, 0.25, 0.75], strict=True)):
        mine, longest = domain == d, tokens[domain == d].max()
        assert abs(copies[mine, 0] @ tokens[mine] - 9_000 * (1 - share) * early) <= longest
        assert abs(copies[mine, 1] @ tokens[mine] - 9_000 * share * late) <= longest
    record = read_json(plan.file("mixture.json"))["phases"][1]
    assert (record["name"], record["rate"]) == {"two-phase": ("late", "stable"), "annealing": ("anneal", "decay")}[kind]
    assert record["share"] == share
    assert record.get("end_rate") == (0 if kind == "annealing" else None)


def test_the_cap_holds_over_all_phases_together(make_plan, documents):
    corpus = documents(300)
    available = sum(document["n_tokens"] for document in corpus if document["domain"] == 2)
    only = {"domain-2": 1.0}
    phases = [{"name": "a", "share": 0.5, "mixture": only}, {"name": "b", "share": 0.5, "mixture": only}]
    copies, _ = by_phase(make_plan(corpus, budget_tokens=3 * available, phases=phases, max_epochs=3))
    assert copies.sum(axis=1).max() == 3
    with pytest.raises(ConfigError, match=r"within 2 epochs.*domain-2"):
        make_plan(corpus, budget_tokens=3 * available, phases=phases, max_epochs=2)


@pytest.mark.parametrize("shares", ["search", "documents"])
def test_phases_of_one_mixture_hold_what_one_phase_holds(make_plan, documents, shares):
    corpus = documents(500)
    phases = [{"name": "a", "share": 0.3}, {"name": "b", "share": 0.7}]
    config = {"budget_tokens": 9_000, "shares": shares}
    one, _ = by_phase(make_plan(corpus, **config))
    two, _ = by_phase(make_plan(corpus, cuts=[77], phases=phases, **config))
    moved = np.abs(two.sum(axis=1) - one[:, 0]).sum()
    assert moved <= 10  # where the cut of the first phase was not at 0, a few documents trade places
    assert two.min() >= 0


def test_phases_hang_on_no_order(make_plan, documents):
    corpus = documents(300)
    for redraw in (False, True):
        config = {"budget_tokens": 4_000, "phases": 3, "redraw": redraw}
        one, _ = by_phase(make_plan(corpus, **config))
        many, _ = by_phase(make_plan(corpus[::-1], cuts=[10, 200], **config))
        assert np.array_equal(one, many[::-1])


def test_a_phase_for_domains_that_are_not_there_is_refused(make_plan, documents):
    phases = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "mixture": {"nosuch": 1.0}}]
    with pytest.raises(ConfigError, match="in the phase b, found a sum of 0 and no domains nosuch"):
        make_plan(documents(50), budget_tokens=100, phases=phases)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"phases": 0}, "greater than or equal to 1"),
        ({"phases": {"kind": "two-phase", "last_share": 1.0}}, "less than 1"),
        ({"phases": {"kind": "three-phase"}}, "'two-phase' or 'annealing'"),
        ({"phases": [{"name": "a", "share": 0.5}]}, "sum 0.5"),
        ({"phases": [{"name": "a", "share": 0.5}, {"name": "a", "share": 0.5}]}, "different names"),
        (
            {"phases": [{"name": "a", "share": 1.0, "mixture": {"x": 1.0}}], "shares": "documents"},
            "without a mixture where plan.shares is documents",
        ),
    ],
)
def test_phases_that_make_no_whole_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        PlanConfig(budget_tokens=10, **wrong)
