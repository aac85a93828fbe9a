from mixpipe.report.facts.diversity import read_diversity


def test_measures_stand_before_and_after_in_all_and_by_domain(artefacts):
    found = read_diversity(artefacts)
    assert found.sample == 20_000
    assert (found.whole.corpus["vendi"], found.whole.plan["vendi"]) == (40, 50)
    assert found.domains[3].corpus["vendi"] == 23
    assert found.domains[0].plan is None


def test_before_the_plan_and_without_a_sample_there_is_none(artefacts, edited):
    assert read_diversity({}) is None
    assert read_diversity(edited("plan", "diversity.json", lambda found: {**found, "sample": 0})) is None
