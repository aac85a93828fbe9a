from mixpipe.report.facts.plan import read_plan


def test_the_plan_has_a_row_per_domain_and_its_waterfall(artefacts):
    plan = read_plan(artefacts)
    assert len(plan.domains) == 12
    assert plan.planned_tokens == plan.budget_tokens
    assert sum(plan.dropped.values()) + plan.not_drawn + plan.drawn == sum(d.available_documents for d in plan.domains)


def test_before_the_plan_there_is_none():
    assert read_plan({}) is None
