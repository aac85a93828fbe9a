import pytest

from mixpipe.report.facts.mixture import read_mixture


def test_portions_are_shares_under_their_caps(artefacts):
    mixture = read_mixture(artefacts)
    assert sum(portion.weight for portion in mixture.portions) == pytest.approx(1)
    assert all(portion.weight <= portion.cap + 1e-9 for portion in mixture.portions)
    assert all(portion.epochs <= mixture.max_epochs + 1e-3 for portion in mixture.portions)
    assert all(portion.unconstrained is not None for portion in mixture.portions)


def test_tokens_that_are_read_again_are_worth_less(artefacts, edited):
    """Up to once all are fresh; 4 epochs of 10 tokens are worth 37.26 (Muennighoff et al. 2023)."""

    def four_epochs(plan):
        plan["domains"][0] |= {"available_tokens": 10, "planned_tokens": 40}
        plan["domains"][1] |= {"available_tokens": 10, "planned_tokens": 5}
        return plan

    first, second = read_mixture(edited("plan", "plan.json", four_epochs)).portions[:2]
    assert (first.epochs, first.effective_tokens) == (4, pytest.approx(37.26, abs=0.01))
    assert (second.epochs, second.effective_tokens) == (0.5, pytest.approx(5))
    for portion in read_mixture(artefacts).portions:
        assert 0 <= portion.effective_tokens <= portion.tokens + 1e-9


def test_before_the_plan_tokens_are_those_foreseen(artefacts):
    foreseen = read_mixture({name: artefacts[name] for name in ("domains", "search")})
    for portion in foreseen.portions:
        assert portion.tokens == pytest.approx(portion.weight * foreseen.budget_tokens)
        assert portion.epochs == pytest.approx(portion.tokens / portion.domain.tokens)


def test_a_given_mixture_says_how_far_it_was_moved(given):
    mixture = read_mixture(given)
    assert mixture.change == 0.031
    assert {portion.unconstrained for portion in mixture.portions} == {None}


def test_strata_are_shares_of_their_domain(artefacts, edited):
    def halves(mixture):
        strata = [[weight / 4, weight * 3 / 4] for weight in mixture["weights"]]
        strata[-1] = [0.0, 0.0]
        return {**mixture, "weights": [*mixture["weights"][:-1], 0.0], "strata": strata}

    *others, last = read_mixture(edited("search", "mixture.json", halves)).portions
    assert all(portion.strata == pytest.approx((0.25, 0.75)) for portion in others)
    assert last.strata == ()
    assert {portion.strata for portion in read_mixture(artefacts).portions} == {()}


def test_before_the_search_there_is_none(artefacts):
    assert read_mixture({"domains": artefacts["domains"]}) is None
