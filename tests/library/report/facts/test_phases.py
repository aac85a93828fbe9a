from mixpipe.report.facts.phases import read_phases


def test_phases_stand_in_their_order_with_shares_by_domain(artefacts):
    found = read_phases(artefacts)
    assert [phase.name for phase in found.phases] == ["warm-up", "end"]
    assert [phase.documents for phase in found.phases] == [77, 77]
    assert set(found.phases[0].weights) == set(range(11))
    assert set(found.phases[0].epochs) == set(found.names) == set(range(11))
    assert found.phases[0].epochs[0] == 3 * found.phases[1].epochs[0] > 0
    assert found.reused == 41


def test_before_the_plan_and_of_a_single_phase_there_is_none(edited):
    assert read_phases({}) is None
    assert read_phases(edited("plan", "mixture.json", lambda found: {"phases": found["phases"][:1]})) is None
