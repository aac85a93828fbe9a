import pytest

from mixpipe.report.facts.search import NOISE, read_search


def test_points_are_the_noise_and_the_rounds_without_failed_trials(artefacts):
    points = read_search(artefacts).points
    assert [point.round for point in points].count(NOISE) == 3
    assert [point.round for point in points].count("round-1") == 15  # of 16, one failed
    assert not {point.round for point in points} & {"finalists", "final"}


def test_the_noise_trials_are_measured_with_the_searchs_objective(artefacts, edited):
    def shift(found):
        found["objective"]["centre"] = {name: value + 0.05 for name, value in found["objective"]["centre"].items()}
        return found

    before, after = (read_search(run).natural for run in (artefacts, edited("search", "search.json", shift)))
    assert after == pytest.approx(before - 1)  # every scale is 0.05


def test_noise_of_another_fidelity_is_left_out(edited):
    rounds = edited(
        "search", "search.json", lambda found: {**found, "rounds": [{**found["rounds"][0], "name": "final"}]}
    )
    search = read_search(rounds)
    assert search.natural is None


def test_targets_have_weights_that_sum_to_one(artefacts):
    targets = read_search(artefacts).targets
    assert sum(target.weight for target in targets) == pytest.approx(1)
    assert {target.name: target.weak for target in targets if target.weak is not None} == {"tech_docs": 1.4}


def test_failed_trials_are_counted_by_reason(artefacts):
    assert read_search(artefacts).refused == {"the loss is not a number": 1}


def test_without_a_search_there_is_none(given):
    assert read_search({}) is None
    assert read_search(given) is None
