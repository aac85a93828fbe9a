import pytest

from mixpipe.report.facts.search import NOISE, read_search


def test_points_are_the_noise_and_the_rounds_without_failed_trials(artefacts):
    points = read_search(artefacts).points
    assert [point.round for point in points].count(NOISE) == 3
    assert [point.round for point in points].count("round-1") == 15  # of 16, one failed
    assert not {point.round for point in points} & {"finalists", "final"}


def test_the_natural_mixture_is_the_mean_of_the_noise_trials(artefacts, edited):
    def shift(found):
        found["noise"]["trials"] = [{**row, "objective": row["objective"] - 1} for row in found["noise"]["trials"]]
        return found

    before, after = (read_search(run).natural for run in (artefacts, edited("search", "search.json", shift)))
    assert after == pytest.approx(before - 1)


def test_noise_that_is_not_comparable_is_no_point(edited):
    def without(found):
        return {**found, "noise": {**found["noise"], "trials": []}}

    assert read_search(edited("search", "search.json", without)).natural is None


def test_the_front_has_the_losses_of_the_targets_that_count(artefacts, edited):
    front = read_search(artefacts).front
    assert [found.objective for found in front] == sorted(found.objective for found in front)
    assert {len(found.losses) for found in front} == {4}

    def unweighted(found):
        return {**found, "targets": {**found["targets"], "tech_docs": 0.0}}

    fewer = read_search(edited("search", "search.json", unweighted)).front
    assert [found.losses for found in fewer] == [found.losses[:3] for found in front]


def test_targets_have_weights_that_sum_to_one(artefacts):
    targets = read_search(artefacts).targets
    assert sum(target.weight for target in targets) == pytest.approx(1)
    assert {target.name: target.weak for target in targets if target.weak is not None} == {"tech_docs": 1.4}


def test_failed_trials_are_counted_by_reason(artefacts):
    assert read_search(artefacts).refused == {"the loss is not a number": 1}


def test_without_a_search_there_is_none(given):
    assert read_search({}) is None
    assert read_search(given) is None
